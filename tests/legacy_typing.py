"""Vietnamese text as it was typed before Unicode: the other way round than the reader goes."""

import unicodedata

from tasks.legacy_text import TCVN3, VNI, WINDOWS_1258
from tasks.legacy_text.tables import BYTES, VNI_CODES

TONES = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")


def typed(text: str, name: str) -> str:
    """What a workbook holds when the text was typed in an encoding: its bytes as Latin-1 characters."""
    text = unicodedata.normalize("NFC", text)
    if name == WINDOWS_1258:
        return "".join(_typed_1258(letter) for letter in text)
    if name == VNI:
        codes: dict[str, str] = {}
        for code, letter in VNI_CODES.items():
            # Of two spellings the one of the fonts: í and î are one letter, a mark has the case of its vowel.
            if code[0] not in "iI" and code not in ("yï", "YÏ") and code in (code.lower(), code.upper()):
                codes[letter] = code
    else:
        codes = {letter: chr(code) for code, letter in BYTES[name].items()}
    if name == TCVN3:
        codes |= {letter.upper(): code for letter, code in codes.items() if letter.upper() not in codes}
    return "".join(codes.get(letter, letter) for letter in text)


def _typed_1258(letter: str) -> str:
    for tone in TONES[1:]:
        marks = unicodedata.normalize("NFD", letter)
        if letter not in "ÀÁÈÉÍÓÙÚàáèéíóùú" and tone in marks:
            letter = unicodedata.normalize("NFC", marks.replace(tone, "")) + tone
    return letter.encode("cp1258").decode("latin-1")
