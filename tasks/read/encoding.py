"""Bring the text of a sheet to Unicode NFC, and say what it was (rule F12)."""

from collections.abc import Callable

from tasks.read.grid import Grid
from tasks.values import CellFault

# Letters of Vietnamese as Unicode has them, and the marks that stand beside them in any office's text. A sheet of
# nothing else was typed in Unicode: legacy fonts need letters that are not here.
_TONES = "aàáảãạ ăằắẳẵặ âầấẩẫậ eèéẻẽẹ êềếểễệ iìíỉĩị oòóỏõọ ôồốổỗộ ơờớởỡợ uùúủũụ ưừứửữự yỳýỷỹỵ đ"  # one word per vowel
_USUAL = frozenset(_TONES + _TONES.upper() + "–—−…“”‘’•\u00a0×≥≤" + "".join(map(chr, range(128))))


def to_unicode(grid: Grid) -> str | None:
    """Convert the sheet's text in place where it is in a legacy encoding; the name of what it was, or None.

    Decomposed letters are named and left: cleaning composes them.
    """
    texts = {value for value in set().union(*grid.rows) if type(value) is str}
    if _USUAL.issuperset("".join(texts)):
        return None
    # Imported where it is needed: almost no file does, and its tables take a while.
    from tasks.legacy_text import DECOMPOSED, detect_and_convert, is_decomposed

    encoding, convert = detect_and_convert(texts)
    if encoding is not None:
        _convert(grid, convert)
        return encoding
    return DECOMPOSED if is_decomposed(texts) else None


def _convert(grid: Grid, convert: Callable[[str], str]) -> None:
    converted: dict[str, str] = {}
    for cells in grid.rows:
        for column, value in enumerate(cells):
            if isinstance(value, str) and value and not isinstance(value, CellFault):
                if value not in converted:
                    converted[value] = convert(value)
                cells[column] = converted[value]
