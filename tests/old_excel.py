"""A small .xls by code: BIFF8 records (MS-XLS) as one stream of an OLE container (MS-CFB).

Only what a fuzzer needs of both: `records` and `from_records` are each other's inverse, so that single records of a
workbook can be changed inside a container that stays sound.
"""

import struct
from collections.abc import Sequence

BOF, EOF, SHEET, SST = 0x0809, 0x000A, 0x0085, 0x00FC
CODE_PAGE, DATE_MODE, XF, FORMAT = 0x0042, 0x0022, 0x00E0, 0x041E
DIMENSIONS, ROW, COLUMN, MERGED = 0x0200, 0x0208, 0x007D, 0x00E5
NUMBER, RK, BLANK, TRUTH_OR_ERROR, FORMULA, STRING = 0x0203, 0x027E, 0x0201, 0x0205, 0x0006, 0x0207
LABEL, SHARED_LABEL, MANY_RK, MANY_BLANK, CONTINUE = 0x0204, 0x00FD, 0x00BD, 0x00BE, 0x003C
ERROR_NUMBERS = {"#NULL!": 0x00, "#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D, "#N/A": 0x2A}

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
# Shorter streams would stand in a second, smaller kind of sector.
_LEAST_BYTES = 4096
_DIRECTORY_AT, _STREAM_FROM = 0, 1
_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")

Record = tuple[int, bytes]
Cell = str | float | bool | None


def workbook(sheets: dict[str, list[list[Cell]]], *, is_1904: bool = False, more: Sequence[Record] = ()) -> bytes:
    """Sheets as rows of cells; text that names an error is an error cell, "=" a formula that was never calculated.

    `more` are records put into every sheet after its cells.
    """
    texts: list[str] = []
    bodies = [_sheet(rows, texts, more) for rows in sheets.values()]
    globals_ = [
        (BOF, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)),
        (CODE_PAGE, struct.pack("<H", 1200)),
        (DATE_MODE, struct.pack("<H", is_1904)),
        *[(XF, struct.pack("<HHH14x", 0, form, 0)) for form in (0, 14)],
        *[(SHEET, struct.pack("<IBB", 0, 0, 0) + _short_text(name)) for name in sheets],
        (SST, struct.pack("<II", len(texts), len(texts)) + b"".join(map(_text, texts))),
        (EOF, b""),
    ]
    return from_records([*globals_, *[record for body in bodies for record in body]])


def from_records(found: Sequence[Record], *, mends_offsets: bool = True) -> bytes:
    """The records as a file. Sheets begin at their BOF, unless their places are to stay as they are."""
    starts, at = [], 0
    for number, content in found:
        if number == BOF:
            starts.append(at)
        at += 4 + len(content)
    pieces, sheet = [], 0
    for number, content in found:
        if number == SHEET and mends_offsets and len(content) >= 4:
            sheet += 1
            content = struct.pack("<I", starts[sheet] if sheet < len(starts) else 0) + content[4:]
        pieces.append(struct.pack("<HH", number, len(content)) + content)
    return _container(b"".join(pieces))


def records(content: bytes) -> list[Record]:
    """The records of a file that `from_records` made; empty for any other."""
    if not content.startswith(_MAGIC) or len(content) < 3 * _SECTOR:
        return []
    (size,) = struct.unpack_from("<I", content, (1 + _DIRECTORY_AT) * _SECTOR + 128 + 120)
    start = (1 + _STREAM_FROM) * _SECTOR
    stream = content[start : start + size]
    found, at = [], 0
    while at + 4 <= len(stream):
        number, length = struct.unpack_from("<HH", stream, at)
        if number == 0 and length == 0:
            break
        found.append((number, stream[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def _sheet(rows: list[list[Cell]], texts: list[str], more: Sequence[Record]) -> list[Record]:
    width = max(map(len, rows), default=0)
    found: list[Record] = [
        (BOF, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)),
        (DIMENSIONS, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)),
    ]
    for row, cells in enumerate(rows):
        found.append((ROW, struct.pack("<HHHHIHH", row, 0, len(cells), 0x00FF, 0, 0x0100, 0)))
        found += [_cell(row, column, value, texts) for column, value in enumerate(cells) if value is not None]
    return [*found, *more, (EOF, b"")]


def _cell(row: int, column: int, value: Cell, texts: list[str]) -> Record:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, bool):
        return TRUTH_OR_ERROR, place + bytes([value, 0])
    if isinstance(value, str) and value in ERROR_NUMBERS:
        return TRUTH_OR_ERROR, place + bytes([ERROR_NUMBERS[value], 1])
    if value == "=":
        # 1 + 1, with an empty text as its result.
        return FORMULA, place + bytes([3, 0, 0, 0, 0, 0, 0xFF, 0xFF]) + struct.pack(
            "<HIH", 0, 0, 7
        ) + b"\x1e\x01\x00\x1e\x01\x00\x03"
    if isinstance(value, str):
        texts.append(value)
        return SHARED_LABEL, place + struct.pack("<I", len(texts) - 1)
    return NUMBER, place + struct.pack("<d", value or 0)


def _text(text: str) -> bytes:
    wide = text.encode("utf-16-le")
    return struct.pack("<HB", len(wide) // 2, 1) + wide


def _short_text(text: str) -> bytes:
    wide = text.encode("utf-16-le")
    return struct.pack("<BB", len(wide) // 2, 1) + wide


def _container(stream: bytes) -> bytes:
    """One stream "Workbook": directory, stream, then the table of sectors."""
    padded = stream.ljust(max(_LEAST_BYTES, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    sectors = len(padded) // _SECTOR
    tables = 1
    while tables * _SECTOR // 4 < 1 + sectors + tables:
        tables += 1
    chain = [_END, *range(_STREAM_FROM + 1, _STREAM_FROM + sectors), _END, *[_FAT] * tables]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(tables * _SECTOR, b"\xff")
    first_table = _STREAM_FROM + sectors
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        _MAGIC,
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, tables, _DIRECTORY_AT, 0, _LEAST_BYTES, _END, 0, _END, 0),
    ) + struct.pack("<109I", *range(first_table, first_table + tables), *[_FREE] * (109 - tables))
    entries = _entry("Root Entry", 5, _END, 0, child=1) + _entry("Workbook", 2, _STREAM_FROM, len(padded))
    return header + entries.ljust(_SECTOR, b"\0") + padded + table


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    wide = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", _FREE, _FREE, child)
    return (
        wide.ljust(64, b"\0")
        + struct.pack("<HBB", len(wide), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
