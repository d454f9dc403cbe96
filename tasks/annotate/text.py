"""Sender's text made safe to stand in XML and in a cell."""

import re
from xml.sax.saxutils import escape

# What a spreadsheet cell holds at most.
CELL_CHARACTERS = 32_767
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Spreadsheets read _x0041_ as the letter A: an underscore that starts such a word is written as one itself.
_ESCAPE_WORD = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# Almost every cell's text: nothing in it needs an escape.
_PLAIN = re.compile(r"[ !#-%'-;=?-^`-~\u00a0-\ud7ff]*")
_ELLIPSIS = "…"


def clean(text: str, limit: int = CELL_CHARACTERS) -> str:
    """Text without characters that XML can't hold (each becomes �), cut at `limit` as a spreadsheet counts."""
    text = _NOT_XML.sub("\ufffd", text)
    if len(text) * 2 > limit and len(text.encode("utf-16-le")) > 2 * limit:
        # A character outside the basic plane counts twice; half of one is dropped.
        text = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + _ELLIPSIS
    return text


def cell_text(text: str, limit: int = CELL_CHARACTERS) -> str:
    """Clean text as a spreadsheet's XML writes it, before the escapes of XML itself."""
    return _ESCAPE_WORD.sub("_x005F_", clean(text, limit))


def xml_text(text: str, limit: int = CELL_CHARACTERS) -> str:
    """Text as the content of an element or of a quoted attribute of a spreadsheet's XML."""
    if 2 * len(text) <= limit and _PLAIN.fullmatch(text):
        return text
    return escape(cell_text(text, limit), {'"': "&quot;", "\r": "&#13;"})
