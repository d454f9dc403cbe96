"""The reports of a release, written beside its finished warehouse before it is sealed."""

from pathlib import Path

WAREHOUSE = "warehouse.duckdb"
WORKBOOK, DOCUMENT, PAGE = "report.xlsx", "report.docx", "report.html"


def write_reports(folder: Path) -> None:
    """Write every report of the release in `folder`, read from the warehouse that stands there.

    Equal warehouses make equal bytes. Raises OSError where a file can't be written.
    """
    # Writers of workbooks, documents and charts are imported only where a release is made.
    from reports.document import write_document
    from reports.figures import open_warehouse
    from reports.page import write_page
    from reports.workbook import write_workbook

    with open_warehouse(folder / WAREHOUSE) as connection:
        write_workbook(folder / WORKBOOK, connection)
        write_document(folder / DOCUMENT, connection)
    write_page(folder / WAREHOUSE, folder / PAGE)
