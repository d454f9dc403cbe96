"""`report.docx`: the provincial report of a release, for the office to complete, number and sign.

The file is a pure function of the warehouse: no clock stands in it, equal figures make equal bytes.
"""

import datetime as dt
import io
from pathlib import Path

import duckdb
from docxtpl import DocxTemplate

from reports.document_template import TEMPLATE
from reports.narrative import report_fields
from reports.zipped import same_bytes


def write_document(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Write the report of the warehouse's last month. Raises OSError where the file can't be written."""
    fields = report_fields(connection)
    document = DocxTemplate(TEMPLATE)
    # Names and notes may hold & or <, which are not markup here.
    document.render(fields, autoescape=True)
    properties = document.docx.core_properties
    properties.created = properties.modified = dt.datetime.combine(fields["period"], dt.time())
    buffer = io.BytesIO()
    document.save(buffer)
    path.write_bytes(same_bytes(buffer.getvalue()))
