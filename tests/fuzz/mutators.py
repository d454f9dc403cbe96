"""Changes that keep a file's outer shape, so that a fuzzer gets past the archive and into the parts.

Each takes the bytes of a file, the most bytes it may give back and a seed; what is no file of its kind, and one in
eight of those that are, is changed as plain bytes.
"""

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable

import old_excel
from seeds import zipped

Mutate = Callable[[bytes, int], bytes]

_ATTRIBUTE = re.compile(rb'="([^"]*)"')
_TEXT = re.compile(rb">([^<>]+)<")
_TAG = re.compile(rb"<[^<>]*>")
_VALUES = (
    *(b"", b"0", b"-1", b"1", b"2", b"65535", b"2147483647", b"4294967296", b"99999999999999999999", b"1.5", b"1e999"),
    *(b"NaN", b"A1", b"a1", b"A0", b"1", b"ZZZZ9", b"XFD1048576", b"A1:B2", b"B2:A1", b"A1:AZ9", b"true"),
    *(b"e", b"s", b"str", b"inlineStr", b"b", b"d", b"n", b"error", b"float", b"date", b"time", b"percentage"),
    *(b"collapse", b"filter", b"hidden", b"2019-12-31", b"9999-99-99", b"PT1H", b"of:=1/0", b"rId1", b"rId2"),
    *(b"/xl/workbook.xml", b"../../x", b"&#0;", b"&amp;", b"&x;", b"\xef\xbf\xbe", "Hộ".encode(), "Mã xã".encode()),
    *(b"\xc3\x9f9", b"AAAA1", b"Z" * 300 + b"3", b"9" * 5000, b"9" * 5000 + b"=1", b"=" * 5000 + b"!", b" " * 20_000),
    *(b"#REF!", b"#N/A", b"=1+1", b"x" * 300, "Cộng".encode(), b"1.552", b"3,04", b"12/2019"),
)
_PIECES = (
    b"<f>1+1</f>",
    b"<v/>",
    b'<c r="A0" t="s"><v>-1</v></c>',
    b'<c r="B3" t="e"><v>#REF!</v></c>',
    b'<c t="inlineStr"><is><t>x</t></is></c>',
    b'<row r="3" hidden="1"/>',
    b'<row r="0"><c r="A0"><v>1</v></c></row>',
    b'<col min="0" max="99999" hidden="1"/>',
    b'<mergeCell ref="A1:C3"/>',
    b'<legacyDrawing r:id="rId9"/>',
    b'<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
    b"<!-- x -->",
    b"<![CDATA[x]]>",
    b"<?x y?>",
    b'<table:table-cell table:number-columns-repeated="50"/>',
    b'<table:table-row table:number-rows-repeated="50"/>',
    b"</table:table-row-group>",
    b"<table:table-header-rows>",
    b"<text:s/><text:tab/><text:line-break/>",
    b"<office:annotation><text:p>x</text:p></office:annotation>",
)
_RECORDS = (
    *(old_excel.BOF, old_excel.EOF, old_excel.SHEET, old_excel.SST, old_excel.CODE_PAGE, old_excel.DATE_MODE),
    *(old_excel.XF, old_excel.FORMAT, old_excel.DIMENSIONS, old_excel.ROW, old_excel.COLUMN, old_excel.MERGED),
    *(old_excel.NUMBER, old_excel.RK, old_excel.BLANK, old_excel.TRUTH_OR_ERROR, old_excel.FORMULA, old_excel.STRING),
    *(old_excel.LABEL, old_excel.SHARED_LABEL, old_excel.MANY_RK, old_excel.MANY_BLANK, old_excel.CONTINUE),
)
_MOST_RECORDS = 400


def of_archive(mutate: Mutate) -> Callable[[bytes, int, int], bytes]:
    """Changes of a zip's members: their content, and now and then which there are."""

    def change(content: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        members = _members(content)
        if not members or chance.random() < 1 / 8:
            return mutate(content, most)
        room = max(64, most - len(content))
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            name = chance.choice(sorted(members))
            deed = chance.random()
            if deed < 0.02:
                del members[name]
            elif deed < 0.04:
                members[chance.choice((name.upper(), "x/" + name, "xl/styles.xml", "hộ.csv"))] = members.pop(name)
            else:
                members[name] = _changed(members[name], chance, mutate, room)
            if not members:
                return mutate(content, most)
        return zipped(dict(members))[:most]

    return change


def of_old_excel(mutate: Mutate) -> Callable[[bytes, int, int], bytes]:
    """Changes of the records of an .xls, inside a container that stays sound."""

    def change(content: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        found = old_excel.records(content)
        if not found or chance.random() < 1 / 8:
            return mutate(content, most)
        for _ in range(chance.choice((1, 1, 2, 4))):
            at = chance.randrange(len(found))
            number, body = found[at]
            deed = chance.random()
            if deed < 0.6:
                found[at] = number, mutate(body, max(16, len(body) + 16))[:8224]
            elif deed < 0.7:
                found[at] = chance.choice(_RECORDS), body
            elif deed < 0.8:
                found.insert(at, (chance.choice(_RECORDS), chance.randbytes(chance.choice((0, 2, 6, 14, 20)))))
            elif deed < 0.9:
                found.insert(chance.randrange(len(found)), found[at])
            elif len(found) > 1:
                del found[at]
        return old_excel.from_records(found[:_MOST_RECORDS], mends_offsets=chance.random() < 0.95)[:most]

    return change


def _members(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > 1 << 22:
                return {}
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, OverflowError):
        return {}


def _changed(part: bytes, chance: random.Random, mutate: Mutate, room: int) -> bytes:
    deed = chance.random()
    if deed < 0.25 or b"<" not in part:
        return mutate(part, len(part) + room)
    if deed < 0.5:
        return _replaced(part, _ATTRIBUTE, chance, mutate)
    if deed < 0.7:
        return _replaced(part, _TEXT, chance, mutate)
    tags = list(_TAG.finditer(part))
    if not tags:
        return mutate(part, len(part) + room)
    one, other = sorted((chance.choice(tags), chance.choice(tags)), key=lambda tag: tag.start())
    if deed < 0.8:
        return part[: one.start()] + chance.choice(_PIECES) + part[one.start() :]
    near = tags[min(len(tags) - 1, tags.index(one) + chance.choice((1, 2, 3, 8)))] if deed < 0.95 else other
    piece = part[one.start() : near.start()]
    if chance.random() < 0.5:
        return part[: one.start()] + part[near.start() :]
    return part[: other.start()] + piece[:room] + part[other.start() :]


def _replaced(part: bytes, pattern: re.Pattern[bytes], chance: random.Random, mutate: Mutate) -> bytes:
    found = list(pattern.finditer(part))
    if not found:
        return part
    one = chance.choice(found)
    new = chance.choice(_VALUES) if chance.random() < 0.7 else mutate(one[1] or b"0", len(one[1]) + 16)
    if chance.random() < 0.2:
        new = chance.choice(found)[1]
    return part[: one.start(1)] + new + part[one.end(1) :]


def of_any(mutate: Mutate) -> Callable[[bytes, int, int], bytes]:
    """By what the file is."""
    archive, old = of_archive(mutate), of_old_excel(mutate)

    def change(content: bytes, most: int, seed: int) -> bytes:
        return (archive if content.startswith(b"PK") else old)(content, most, seed)

    return change


BY_NAME = {"bytes": None, "archive": of_archive, "old excel": of_old_excel, "any": of_any}
