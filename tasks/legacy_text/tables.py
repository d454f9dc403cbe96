"""Which letter a code of each legacy encoding stands for, as facts that can be checked against the source named.

Every single-byte table is written in the order of its codes, so that a row can be held against a printed chart.
A place without a Vietnamese letter is a full stop.
"""

import re
import unicodedata

TCVN3 = "TCVN3 (ABC)"
VNI = "VNI"
VISCII = "VISCII"
VPS = "VPS"
WINDOWS_1258 = "windows-1258"

# TCVN 5712:1993, third set (VN3), the layout of the .VnTime fonts: 0xA0 to 0xFF, 67 small and 7 capital letters.
# Capitals with a tone do not exist in it: the capital fonts (.VnTimeH) draw the small letter's code as a capital.
_TCVN3_ROWS = """
.ĂÂÊÔƠƯĐăâêôơưđ.
.....àảãáạ.ằẳẵắ.
......ặầẩẫấậè.ẻẽ
éẹềểễếệìỉ...ĩíịò
.ỏõóọồổỗốộờởỡớợù
.ủũúụừửữứựỳỷỹýỵ.
"""

# RFC 1456 (1993): 0x80 to 0xFF, and six capitals in the place of control codes.
_VISCII_ROWS = """
ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐ
ỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ
Õắằặấầẩậẽẹếềểễệố
ồổỗỠƠộờởịỰỨỪỬơớƯ
ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳ
ĐứÒÓÔạỷừửÙÚỹỵÝỡư
àáâãảăữẫèéêẻìíĩỉ
đựòóôõỏọụùúũủýợỮ
"""
_VISCII_CONTROLS = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}

# VPS (Vietnamese Professionals Society), known to browsers as x-viet-vps: 0x80 to 0xFF, and fourteen capitals in
# the place of control codes. No standard prints it; the table agrees with three converters of separate origin.
_VPS_ROWS = """
ÀẢÃẤẦẨọỗĂếềểệẮẰẲ
Ế..ỀỂỄỐỒỔỖýỷỵỚỜỞ
.ắằẳẵặỠớÙờởỡŨỨợỪ
ổỬỲỸÍÌộỈĨÓửữÒỎÕự
ầÁÂấẩẫậđẻÉÊẹỉễịỹ
ƯỦồốÔỏơÈừứÚũưÝẺ.
àáâãảạă.èéêẽìí.ĩ
ẴĐòóôõ.Ơụùúủ.ỶẼỳ
"""
_VPS_CONTROLS = {
    0x02: "Ạ",
    0x03: "Ậ",
    0x04: "Ặ",
    0x05: "Ẹ",
    0x06: "Ệ",
    0x10: "Ị",
    0x11: "Ọ",
    0x12: "Ộ",
    0x13: "Ợ",
    0x14: "Ụ",
    0x15: "Ự",
    0x19: "Ỵ",
    0x1C: "Ẫ",
    0x1D: "Ữ",
}

# VNI for Windows: a vowel and, after it, one mark. A mark that stands for a hat or a breve carries the tone too.
_TONES = {"": "", "acute": "\u0301", "grave": "\u0300", "hook": "\u0309", "tilde": "\u0303", "dot": "\u0323"}
_VNI_TONE_MARKS = dict(zip("ùøûõï", ("acute", "grave", "hook", "tilde", "dot"), strict=True))
_VNI_HAT_MARKS = dict(zip("âáàåãä", _TONES, strict=True))
_VNI_BREVE_MARKS = dict(zip("êéèúüë", _TONES, strict=True))
_VNI_SINGLE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


def _compose(letter: str, *marks: str) -> str:
    return unicodedata.normalize("NFC", letter + "".join(marks))


def _vni_pairs() -> dict[str, str]:
    # Fonts have í, ì, ỉ, ĩ, ị and ỵ as one letter each; the pairs with i and yï are what some converters wrote.
    pairs: dict[str, str] = {}
    for vowel, letter in (*zip("aeiouy", "aeiouy", strict=True), ("ô", "ơ"), ("ö", "ư")):
        pairs |= {vowel + mark: _compose(letter, _TONES[tone]) for mark, tone in _VNI_TONE_MARKS.items()}
    for vowel in "aeo":
        pairs |= {vowel + mark: _compose(vowel, "\u0302", _TONES[tone]) for mark, tone in _VNI_HAT_MARKS.items()}
    pairs |= {"a" + mark: _compose("a", "\u0306", _TONES[tone]) for mark, tone in _VNI_BREVE_MARKS.items()}
    return pairs


def _both_cases(pairs: dict[str, str]) -> dict[str, str]:
    """The capitals too: the vowel decides, since "AÙnh" and "Aùnh" are both found for "Ánh"."""
    found = dict(pairs)
    for code, letter in pairs.items():
        found[code.upper()] = letter.upper()
        if len(code) == 2:
            found[code[0].upper() + code[1]] = letter.upper()
            found[code[0] + code[1].upper()] = letter
    return found


VNI_CODES = _both_cases(_vni_pairs() | _VNI_SINGLE)
# A pair before its first letter alone.
_VNI_PATTERN = re.compile("|".join(sorted(VNI_CODES, key=len, reverse=True)))


def _rows(rows: str, first: int) -> dict[int, str]:
    letters = "".join(rows.split())
    assert first + len(letters) == 0x100
    return {first + place: letter for place, letter in enumerate(letters) if letter != "."}


# Byte → letter, as in the file of an old program.
BYTES: dict[str, dict[int, str]] = {
    TCVN3: _rows(_TCVN3_ROWS, 0xA0),
    VISCII: _rows(_VISCII_ROWS, 0x80) | _VISCII_CONTROLS,
    VPS: _rows(_VPS_ROWS, 0x80) | _VPS_CONTROLS,
}


def _windows_1258() -> dict[int, str]:
    """Where windows-1258 differs from Latin-1 and windows-1252: five tone marks, ₫, and Ă Đ Ơ Ư in both cases."""
    found = {}
    for code in range(0xC0, 0x100):
        letter = bytes([code]).decode("cp1258")
        if letter != chr(code):
            found[code] = letter
    return found


BYTES[WINDOWS_1258] = _windows_1258()


# The typographic signs of windows-1252, where an encoding has no letter: quotation marks, dashes, €.
_SIGNS = {code: bytes([code]).decode("cp1252", errors="ignore") or chr(code) for code in range(0x80, 0xA0)}


def _surfaces(codes: dict[int, str]) -> dict[int, str]:
    """Code point → letter: a byte shows as the Latin-1 character or, from 0x80 to 0x9F, as that of windows-1252."""
    shown = {ord(sign): codes[code] for code, sign in _SIGNS.items() if code in codes}
    return _SIGNS | codes | shown


_SURFACES = {name: _surfaces(codes) for name, codes in BYTES.items()}

# What a Vietnamese Windows shows for the fourteen bytes that windows-1258 has otherwise → the Latin-1 character.
UNDO_1258 = {ord(letter): chr(code) for code, letter in BYTES[WINDOWS_1258].items()}

NAMES = (TCVN3, VNI, VISCII, VPS, WINDOWS_1258)


def decode_surface(text: str, name: str) -> str:
    """Text whose legacy codes show as Latin-1 or windows-1252 characters, in Unicode NFC.

    A character that the encoding does not define stays as it is. Raises KeyError for an unknown name.
    """
    if name == VNI:
        converted = _VNI_PATTERN.sub(lambda found: VNI_CODES[found.group()], text).translate(_SIGNS)
    else:
        converted = text.translate(_SURFACES[name])
    return unicodedata.normalize("NFC", converted)
