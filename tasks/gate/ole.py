"""Legacy .xls: an OLE container. Names inside it are UTF-16; the workbook itself is a chain of small records."""

import io
import struct
from collections.abc import Iterator

from tasks.faults import Unreadable
from tasks.gate.cells import refuse_many

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MACROS = "_VBA_PROJECT_CUR".encode("utf-16-le")
_WORKBOOKS = ("Workbook", "Book")
# A record is its number, its length, its content. The workbook begins with its global part, which names the sheets.
_HEAD = struct.Struct("<HH")
_BEGIN, _END, _FILE_PASSWORD, _BOUND_SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_SHEET = struct.Struct("<IBB")
_MACRO_SHEET, _VB_MODULE = 1, 6
_RECORDS_LOOKED_AT = 5000
# Numbers, text, formulas, truths and errors, blanks, several at once: the cells, with row and column at their start.
_CELLS = frozenset((0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x0206, 0x027E, 0x0406))
_CELL = struct.Struct("<HHHH")
# What a sheet says of its own size: a reader makes room for it. No .xls holds more.
_DIMENSIONS = 0x0200
_OWN_SIZE, _OWN_SIZE_OF_EXCEL_5 = struct.Struct("<IIHH"), struct.Struct("<HHHH")
_LARGEST_SHEET = 65_536 * 256


def recognise(content: bytes, most_cells: int) -> str:
    """'xls'. Raises Unreadable where the container is damaged, encrypted or holds macros, no workbook, or too much."""
    if _ENCRYPTED in content:
        raise Unreadable("tệp có đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại", "the file is encrypted")
    if _MACROS in content:
        raise Unreadable("tệp .xls có macro; hãy lưu lại dạng .xlsx", "the .xls workbook carries macros")
    if not any(f"{name}\0".encode("utf-16-le") in content for name in _WORKBOOKS):
        raise Unreadable(
            "nội dung không phải là bảng tính Excel hay OpenDocument: tệp Office loại khác hoặc bị hỏng",
            "the content is not a spreadsheet: another kind of Office file, or damaged",
        )
    stream = _workbook(content)
    sizes: dict[int, int] = {}
    cells = 0
    for place in _sheets(stream):
        if place not in sizes:
            sizes[place] = _span(stream, place)
        cells += sizes[place]
        refuse_many(cells, most_cells)
    return "xls"


def _workbook(content: bytes) -> bytes:
    """The workbook's records in one piece, however the container has scattered them."""
    # Imported where it is needed: few files are of this kind.
    from xlrd.compdoc import CompDoc

    try:
        container = CompDoc(content, logfile=io.StringIO(), ignore_workbook_corruption=True)
        for name in _WORKBOOKS:
            memory, start, size = container.locate_named_stream(name)
            if memory is not None:
                return bytes(memory[start : start + size])
    except MemoryError:
        raise
    except Exception as error:  # whatever it makes of a damaged container
        raise _damaged(f"{type(error).__name__}: {error}") from error
    raise _damaged("it names no workbook")


def _sheets(stream: bytes) -> Iterator[int]:
    """Where each sheet's records begin. A password of the old kind and macro sheets stand among the first records."""
    at = 0
    for _ in range(_RECORDS_LOOKED_AT):
        if at + _HEAD.size > len(stream):
            return
        number, length = _HEAD.unpack_from(stream, at)
        if number == _FILE_PASSWORD:
            raise Unreadable("tệp có đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại", "the .xls workbook has a password")
        if number == _BOUND_SHEET and at + _HEAD.size + _SHEET.size <= len(stream):
            place, _, kind = _SHEET.unpack_from(stream, at + _HEAD.size)
            if kind in (_MACRO_SHEET, _VB_MODULE):
                raise Unreadable(
                    "tệp .xls có trang macro; hãy lưu lại dạng .xlsx", "the .xls workbook has macro sheets"
                )
            yield place
        if number == _END:
            return
        at += _HEAD.size + length


def _span(stream: bytes, at: int) -> int:
    """The cells of the rectangle up to a sheet's last row and column: a reader makes all of them."""
    rows = columns = depth = 0
    last = len(stream) - _CELL.size
    while at <= last:
        number, length, row, column = _CELL.unpack_from(stream, at)
        if number in _CELLS:
            if row >= rows:
                rows = row + 1
            if column >= columns:
                columns = column + 1
        elif number == _DIMENSIONS and at + _HEAD.size + _OWN_SIZE.size <= len(stream):
            layout = _OWN_SIZE if length > _OWN_SIZE.size else _OWN_SIZE_OF_EXCEL_5
            top, bottom, left, right = layout.unpack_from(stream, at + _HEAD.size)
            # Backwards is as bad as too large: what is below 0 is a huge number to the reader.
            refuse_many((bottom - top) % 2**32 * ((right - left) % 2**32), _LARGEST_SHEET)
        elif number == _BEGIN:
            depth += 1
        elif number == _END:
            depth -= 1
            if depth <= 0:  # a chart within the sheet has its own pair
                break
        at += _HEAD.size + length
    return rows * columns


def _damaged(why: str) -> Unreadable:
    return Unreadable("tệp bị hỏng hoặc không đúng định dạng", f"the .xls container is damaged: {why}")
