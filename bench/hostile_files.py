"""Files that mean harm, as the gate's tests and the benchmark drop them beside good ones.

Each is made of a good workbook's bytes, so that nothing but the harm tells it from one.
"""

import copy
import io
import os
import random
import struct
import zipfile
from pathlib import Path

from bench.data import OLD

SHEET = "xl/worksheets/sheet2.xml"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
_CONTENT_TYPES = "[Content_Types].xml"
_DIRECTORY_ENTRY = b"PK\x01\x02"
_DECLARED_SIZE_AT = 24


def hostile_files(workbook: bytes) -> dict[str, tuple[bytes, str]]:
    """Content by file name, and a word of the reason that the sender must find (rule F01)."""
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    return {
        "bom.xlsx": (bomb(workbook), "quá lớn"),
        "khai gian.xlsx": (lying_sizes(workbook), "không đúng"),
        "long nhau.zip": (nested(), "tệp khác bên trong"),
        "chong len nhau.xlsx": (overlapping(workbook), "hỏng"),
        "di nguoc.zip": (zipped(("../../cover.csv", "a;b")), "không an toàn"),
        "mat khau.xlsx": (ole + "EncryptedPackage".encode("utf-16-le"), "mật khẩu"),
        "macro.xlsm": (with_macros(workbook), "macro"),
        "nhi phan.xlsb": (binary(workbook), ".xlsb"),
        "dut doan.xlsx": (workbook[: len(workbook) * 2 // 3], "hỏng"),
        "xa nhau.xlsx": (with_part(workbook, SHEET, far_apart()), "quá nhiều ô"),
        "lap o.ods": (repeated_cells(), "quá nhiều ô"),
        "rat sau.xlsx": (with_part(workbook, SHEET, very_deep()), "lồng nhau"),
        "cuoi.xlsx": (with_part(workbook, SHEET, laughs()), "DTD"),
        "ngau nhien.xlsx": (random.Random(2).randbytes(200_000), "không phải là bảng tính"),
        "trang web.xls": ("<html><table><tr><td>Hộ</td></tr></table></html>".encode(), "HTML"),
        "th\udce1ng \u202excod\u0007.xlsx": (b"\x00" * 100, "không phải là bảng tính"),
    }


def drop(files: dict[str, tuple[bytes, str]], inbox: Path) -> None:
    """Lay hostile files into an inbox, old enough to be taken at once."""
    for name, (content, _) in files.items():
        (inbox / name).write_bytes(content)
        os.utime(inbox / name, (OLD, OLD))


def zipped(*members: tuple[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def with_part(workbook: bytes, part: str, content: str | bytes) -> bytes:
    """The same workbook with one part replaced, or added."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        others = [(name, archive.read(name)) for name in archive.namelist() if name != part]
    return zipped((part, content), *others)


def bomb(workbook: bytes) -> bytes:
    """Unpacks to some hundred times its own size."""
    return with_part(workbook, SHEET, b"<worksheet><sheetData>" + b"<row/>" * 30_000_000)


def lying_sizes(workbook: bytes) -> bytes:
    """A bomb whose directory says that it is small."""
    content = bytearray(with_part(workbook, SHEET, b"<worksheet><sheetData>" + b"<row/>" * 10_000_000))
    struct.pack_into("<I", content, content.find(_DIRECTORY_ENTRY) + _DECLARED_SIZE_AT, 4096)
    return bytes(content)


def nested() -> bytes:
    """Archives of archives, sixteen at each of three levels: 4 GB in all, and each of them small."""
    content = zipped(("household.csv", b"0" * 1_000_000))
    for level in range(3):
        content = zipped(*[(f"{level}-{number}.zip", content) for number in range(16)])
    return content


def overlapping(workbook: bytes) -> bytes:
    """A thousand entries of the directory that all name the same bytes, as in an archive that holds itself."""
    buffer = io.BytesIO(workbook)
    with zipfile.ZipFile(buffer, "a") as archive:
        first = archive.infolist()[0]
        for number in range(1000):
            entry = copy.copy(first)
            entry.filename = f"xl/media/{number}.bin"
            archive.filelist.append(entry)
        # Anything written makes the directory be written anew.
        archive.writestr("xl/media/last.bin", b"")
    return buffer.getvalue()


def with_macros(workbook: bytes) -> bytes:
    """A workbook saved as .xlsm: its types say so, and it carries a project."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        types = archive.read(_CONTENT_TYPES)
    macro_types = types.replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    return with_part(with_part(workbook, _CONTENT_TYPES, macro_types), "xl/vbaProject.bin", b"Attribute VB_Name")


def binary(workbook: bytes) -> bytes:
    """A workbook saved as .xlsb: its parts are records and no XML."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/")]
    return zipped(*[(name.replace(".xml", ".bin"), b"\x83\x01\x00") for name in names])


def laughs() -> str:
    """A billion laughs: entities of entities."""
    entities = [
        '<!ENTITY a "ha">',
        *(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
    return f"<?xml version='1.0'?><!DOCTYPE worksheet [{''.join(entities)}]><worksheet>&i;</worksheet>"


def far_apart() -> str:
    """Two cells in the corners of the largest sheet there is."""
    return '<worksheet><sheetData><row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row></sheetData>'


def repeated_cells() -> bytes:
    """One cell that is said to fill a sheet."""
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    rows = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    return zipped(("mimetype", ODS), ("content.xml", f'<office:x><table:table table:name="Hộ">{rows}</table:table>'))


def very_deep() -> bytes:
    """A million tags within each other. Their names are random, so that they pack no better than an honest sheet."""
    numbers = random.Random(1)
    return b"<worksheet>" + b"".join(b"<a%x>" % numbers.getrandbits(64) for _ in range(1_000_000))
