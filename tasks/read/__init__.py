"""Open one received file and return its tables, every value with the address it has in that file.

Reading judges nothing: what is missing or odd is returned as it is and named by the expectations.
"""

from tasks.read.model import Converted, CoverCell, ErrorCell, Hidden, Ignored, ReadWorkbook, Table
from tasks.read.workbook import read_file, read_workbook

__all__ = [
    "Converted",
    "CoverCell",
    "ErrorCell",
    "Hidden",
    "Ignored",
    "ReadWorkbook",
    "Table",
    "read_file",
    "read_workbook",
]
