"""The sheet of findings in a workbook that was returned to a district and is sent again."""

from tasks.read.grid import Cells
from tasks.values import clean_text, label_key
from tasks.words import LISTING_SHEET, LISTING_TITLE


def is_listing_name(name: str) -> bool:
    """Whether a sheet may be one, by its name: "Lỗi", or "Lỗi (2)" where that was taken."""
    return label_key(name).startswith(label_key(LISTING_SHEET))


def is_listing(name: str, rows: list[Cells]) -> bool:
    """Whether a sheet is one: it holds nothing of the sender's, and is passed over."""
    first = rows[0][0] if rows and rows[0] else None
    return is_listing_name(name) and isinstance(first, str) and clean_text(first) == LISTING_TITLE
