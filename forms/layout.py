"""Where things stand in the workbook that this project writes. Rows and columns count from 0.

The reader does not rely on this: senders move things (see `tasks/read`).
"""

HEADER_ROW = 2
FIRST_DATA_ROW = 3
COVER_FIRST_ROW = 2
COVER_LABEL_COLUMN = 0
COVER_VALUE_COLUMN = 1
GUIDE_COLUMN = 3


def column_letter(index: int) -> str:
    """The letter of a column counted from 0: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
