"""Bring the text of a sheet to Unicode NFC, and say what it was (rule F12)."""

import re
from collections.abc import Callable, Iterable

from tasks.read.grid import Grid
from tasks.values import ERROR_TEXTS, CellFault, CellValue, clean_text

# Letters of Vietnamese as Unicode has them, and the marks that stand beside them in any office's text. A sheet of
# nothing else was typed in Unicode: legacy fonts need letters that are not here.
_TONES = "aàáảãạ ăằắẳẵặ âầấẩẫậ eèéẻẽẹ êềếểễệ iìíỉĩị oòóỏõọ ôồốổỗộ ơờớởỡợ uùúủũụ ưừứửữự yỳýỷỹỵ đ"  # one word per vowel
_LETTERS = re.escape(_TONES + _TONES.upper() + "–—−…“”‘’•×≥≤") + " -~"
_UNUSUAL = re.compile(f"[^{_LETTERS}\\0-\x1f\x7f\xa0]")
_UNCLEAN = re.compile(f"[^{_LETTERS}\\0]")


def to_unicode(grid: Grid) -> str | None:
    """Convert the sheet's text in place where it is in a legacy encoding; the name of what it was, or None.

    Decomposed letters are named and left: cleaning composes them. What cleaning does to which text is kept in the grid.
    """
    texts = _texts(grid)
    grid.has_errors = grid.has_errors or not ERROR_TEXTS.isdisjoint(texts)
    # All of them are looked at at once: hardly any sheet needs more than that.
    joined = "\0".join(texts)
    if _is_clean(joined):
        grid.cleaned = {"": None}
        return None
    encoding = None
    if _UNUSUAL.search(joined):
        # Imported where it is needed: almost no file does, and its tables take a while.
        from tasks.legacy_text import DECOMPOSED, detect_and_convert, is_decomposed

        encoding, convert = detect_and_convert(texts)
        if encoding is not None:
            _convert(grid, convert)
            texts = _texts(grid)
        elif is_decomposed(texts):
            encoding = DECOMPOSED
    grid.cleaned = cleaned(texts)
    return encoding


def cleaned(texts: Iterable[str]) -> dict[CellValue, str | None]:
    """Of these texts those that cleaning changes, and what it makes of them."""
    return {text: clean for text in texts if not (text and _is_clean(text)) and (clean := clean_text(text)) != text}


def _is_clean(joined: str) -> bool:
    """Whether texts, with \\0 between them, read as they are written: usual letters, single blanks between words."""
    ends = f"\0{joined}\0"
    return not (_UNCLEAN.search(joined) or "  " in joined or "\0 " in ends or " \0" in ends)


def _texts(grid: Grid) -> set[str]:
    """The different texts of a sheet."""
    return {value for value in set().union(*grid.rows) if type(value) is str}


def _convert(grid: Grid, convert: Callable[[str], str]) -> None:
    converted: dict[str, str] = {}
    for cells in grid.rows:
        for column, value in enumerate(cells):
            if isinstance(value, str) and value and not isinstance(value, CellFault):
                if value not in converted:
                    converted[value] = convert(value)
                cells[column] = converted[value]
