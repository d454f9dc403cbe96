"""Zip archives: xlsx, ods, and the form's sheets as CSV. Every byte is unpacked once here, and hardly any is kept.

Sizes in headers may lie, so the stream itself is counted; a reader after this one meets the same bytes. What else
can be told of a stream is told in the same pass: how many cells, and which sheets need a closer look.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from forms.dictionary import sheets
from tasks.faults import Unreadable
from tasks.gate.cells import OdsCells, XlsxCells
from tasks.gate.limits import Limits
from tasks.gate.repacked import Repacked
from tasks.gate.sightings import OdsSightings, XlsxSightings
from tasks.names import is_clutter, shown_name
from tasks.values import label_key, plain_key

# At most so much at once out of the archive, into the unpacker, and at least so much into the checks.
_CHUNK, _FEED, _LEAST = 1 << 20, 1 << 14, 1 << 16
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
# Encrypted in the usual or in the strong way; a patch of data that stands elsewhere.
_UTF8_NAME, _ENCRYPTED, _PATCHED = 0x800, 0x1 | 0x40, 0x20
_STORED, _DEFLATED = 0, 8
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_NESTED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_WORKBOOK_NAMES = (".xlsx", ".xlsm", ".xls", ".ods")
# Parts that say what the workbook is made of; short in every honest file.
_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_DESCRIBING_PARTS = ("[content_types].xml", "meta-inf/manifest.xml", "mimetype", _WORKBOOK, _RELATIONS)
_DESCRIBING_BYTES = 16 << 20
# Tags within tags; what spreadsheets write has a dozen, in drawings some more.
DEEPEST = 256
_SAMPLE, _SUSPICIOUS_RISE = 1024, 8
# A tag may straddle two pieces; none that is searched for is longer, with its attributes.
_OVERLAP = 256
_ODS_LIBRARY_LISTS = ("script-lc.xml", "script-lb.xml", "dialog-lc.xml", "dialog-lb.xml")


class Watcher(Protocol):
    """Told of every XML part while it streams by; `text` is a piece after the last few bytes of the one before."""

    def start(self, name: str, size: int) -> None: ...

    def feed(self, piece: bytes, text: bytes) -> None: ...

    def finish(self) -> None: ...


@dataclass(frozen=True)
class Inspected:
    """What passed the gate: 'xlsx', 'xls', 'ods' or 'zip', and the bytes to read it from.

    `parts` are the short parts that describe a workbook, `marked` the names of those that may hold hidden rows and
    columns, errors or formulas; both by name in lower case. An .xls has neither.
    """

    kind: str
    content: bytes
    parts: dict[str, bytes] = field(default_factory=dict)
    marked: dict[str, str] = field(default_factory=dict)


def inspect(content: bytes, limits: Limits, *, repacks: bool) -> Inspected:
    """What an archive is: 'xlsx', 'ods' or 'zip'. Raises Unreadable.

    A workbook that is not over-long is given back as it was checked where `repacks`, else as it came.
    """
    members = _members(content, limits)
    names = {name.casefold() for name in members}
    _refuse_macros(names)
    is_xlsx, is_ods = _WORKBOOK in names, "content.xml" in names
    sightings = XlsxSightings() if is_xlsx else OdsSightings()
    is_short = _unpacked_size(members.values()) <= limits.kept_bytes
    repacked = Repacked() if repacks and is_xlsx and is_short else None
    watchers: list[Watcher] = []
    if is_xlsx or is_ods:
        watchers = [XlsxCells(limits.cells) if is_xlsx else OdsCells(limits.cells), sightings]
    if repacked:
        watchers.append(repacked)
    parts = {
        name.casefold(): kept
        for name, member in members.items()
        if (kept := _checked(content, name, member, watchers)) is not None
    }
    _refuse_declared(parts)
    marked = {name.casefold(): name for name in sightings.found}
    if is_xlsx:
        return Inspected("xlsx", repacked.content() if repacked else content, parts, marked)
    if is_ods and parts.get("mimetype", b"").startswith(_ODS):
        return Inspected("ods", content, parts, marked)
    if csv_members(members):
        return Inspected("zip", content)
    if any(name.endswith(_WORKBOOK_NAMES) for name in names):
        raise _nested(next(name for name in members if name.casefold().endswith(_WORKBOOK_NAMES)))
    raise Unreadable("tệp nén không chứa bảng tính theo biểu mẫu", "the archive holds no workbook of the form")


def csv_members(names: Iterable[str]) -> dict[str, str]:
    """Sheet key → member, for the members of an archive that are sheets of the form as CSV.

    Named by sheet key or by the sheet's Vietnamese name, in any case, in the archive's root or one folder.
    Raises Unreadable where two members claim one sheet.
    """
    by_name = {plain_key(name): key for key, sheet in sheets().items() for name in (sheet.name_vi, key)}
    by_name |= {label_key(name): key for key, sheet in sheets().items() for name in (sheet.name_vi, key)}
    found: dict[str, str] = {}
    for name in names:
        parts = name.replace("\\", "/").split("/")
        stem, _, extension = parts[-1].rpartition(".")
        if extension.casefold() != "csv" or len(parts) > 2 or any(map(is_clutter, parts)):
            continue
        key = by_name.get(label_key(stem)) or by_name.get(plain_key(stem))
        if key in found:
            raise Unreadable(
                f'tệp nén có hai bảng cùng tên "{shown_name(parts[-1])}"', f"two members are the sheet {key}"
            )
        if key:
            found[key] = name
    return found


def member_name(member: zipfile.ZipInfo) -> str:
    """A member's name; what isn't marked as UTF-8 but is so (as macOS writes it) is read as UTF-8."""
    name = member.orig_filename
    if not member.flag_bits & _UTF8_NAME:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def _members(content: bytes, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """The members by name, folders left out, after everything that the directory of the archive can tell."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _damaged(str(error)) from error
    if len(entries) > limits.entries:
        raise Unreadable(
            f"tệp nén chứa quá nhiều mục ({len(entries)})", f"the archive has {len(entries)} entries: too many"
        )
    unpacked = _unpacked_size(entries)
    if unpacked > limits.unpacked_bytes:
        raise _too_much("declared size")
    if unpacked > max(limits.ratio_counts_from_bytes, limits.ratio * len(content)):
        raise _too_much("ratio of the whole archive")
    members: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for entry in entries:
        name = member_name(entry)
        _check_name(name)
        if name.casefold() in seen:
            raise Unreadable(f'tệp nén có hai mục cùng tên "{shown_name(name)}"', "the archive repeats a member name")
        seen.add(name.casefold())
        if entry.flag_bits & _ENCRYPTED:
            raise Unreadable("tệp nén có đặt mật khẩu", "the archive is encrypted")
        if entry.compress_type not in (_STORED, _DEFLATED) or entry.flag_bits & _PATCHED:
            raise Unreadable("tệp nén theo cách không dùng cho bảng tính", "a compression that no workbook uses")
        if entry.file_size > max(limits.ratio_counts_from_bytes, limits.ratio * entry.compress_size):
            raise _too_much(f"ratio of {shown_name(name)}")
        if name.casefold().endswith("sharedstrings.xml") and entry.file_size > limits.shared_strings_bytes:
            raise _too_much("shared strings")
        if not entry.is_dir():
            members[name] = entry
    _check_overlap(content, members)
    return members


def _unpacked_size(entries: Iterable[zipfile.ZipInfo]) -> int:
    return sum(entry.file_size for entry in entries)


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    is_outside = ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:", name)
    if is_outside or not name or any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        raise Unreadable(
            f'tệp nén có mục mang tên không an toàn "{shown_name(name)}"', "a member's name leaves the archive"
        )


def _start_of_data(content: bytes, member: zipfile.ZipInfo) -> int:
    """Where a member's bytes start, after its own header, which must say the same as the directory."""
    at = member.header_offset
    if at < 0 or at + _LOCAL_HEADER.size > len(content):
        raise _damaged("a member lies outside of the file")
    mark, _, flags, method, _, _, _, _, _, name_length, extra_length = _LOCAL_HEADER.unpack_from(content, at)
    if mark != b"PK\x03\x04" or method != member.compress_type:
        raise _damaged("a member's header disagrees with the archive's directory")
    if flags & _ENCRYPTED:
        raise Unreadable("tệp nén có đặt mật khẩu", "the archive is encrypted")
    return at + _LOCAL_HEADER.size + int(name_length) + int(extra_length)


def _check_overlap(content: bytes, members: dict[str, zipfile.ZipInfo]) -> None:
    """Members that share bytes are a way to unpack the same bomb many times."""
    end = 0
    for member in sorted(members.values(), key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise _damaged("members overlap")
        end = _start_of_data(content, member) + member.compress_size
        if end > len(content):
            raise _damaged("a member ends after the file")


def _checked(content: bytes, name: str, member: zipfile.ZipInfo, watchers: Sequence[Watcher]) -> bytes | None:
    """Unpack a member in pieces, holding the stream to what was declared. Only a describing part is given back."""
    describes = name.casefold() in _DESCRIBING_PARTS
    if describes and member.file_size > _DESCRIBING_BYTES:
        raise _too_much(shown_name(name))
    kept: list[bytes] = []
    watching: Sequence[Watcher] = ()
    is_xml = False
    size = check = 0
    text = b""
    for piece in _large_pieces(_pieces(content, member)):
        if not size:
            if piece.startswith(_NESTED):
                raise _nested(name)
            # A sheet as CSV may be in UTF-16; it is text, whatever it holds. In a workbook its name says nothing.
            is_csv = not watchers and name.casefold().endswith(".csv")
            is_xml = not is_csv and _is_xml(piece)
            watching = watchers if is_xml else ()
            for watcher in watching:
                watcher.start(name, member.file_size)
        size += len(piece)
        if size > member.file_size:
            raise Unreadable(
                "kích thước ghi trong tệp nén không đúng với nội dung", "a member unpacks to more than it declares"
            )
        check = zlib.crc32(piece, check)
        if is_xml:
            text = text[-_OVERLAP:] + piece
            _refuse_entities(text)
            _refuse_depth(text)
        for watcher in watching:
            watcher.feed(piece, text)
        if describes:
            kept.append(piece)
    if size != member.file_size or check != member.CRC:
        raise _damaged(f"{shown_name(name)} is not what its checksum says")
    for watcher in watching:
        watcher.finish()
    return b"".join(kept) if describes else None


def _large_pieces(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, so that a piece shows what it is the start of, however the sender cut the stream."""
    gathered, size = [], 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _LEAST:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def _pieces(content: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    start = _start_of_data(content, member)
    data = memoryview(content)[start : start + member.compress_size]
    if member.compress_type == _STORED:
        for at in range(0, len(data), _CHUNK):
            yield bytes(data[at : at + _CHUNK])
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for at in range(0, len(data), _FEED):
            packed = bytes(data[at : at + _FEED])
            while packed:
                piece = inflater.decompress(packed, _CHUNK)
                packed = inflater.unconsumed_tail
                if piece:
                    yield piece
        rest = inflater.flush()
    except zlib.error as error:
        raise _damaged(str(error)) from error
    if rest:
        yield rest
    if not inflater.eof:
        raise _damaged("a member breaks off")


def _is_xml(piece: bytes) -> bool:
    """Raises Unreadable for XML that is not in UTF-8: in it, nothing that is searched for would be found."""
    head = piece.removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        raise Unreadable("phần XML của tệp không phải UTF-8", "an XML part is not in UTF-8")
    head = head[:_FEED].lstrip()
    return not head or head.startswith(b"<")


def _refuse_entities(text: bytes) -> None:
    # The mark is rare in a sheet, and one letter is found fast.
    if b"!" in text and (b"<!DOCTYPE" in text or b"<!ENTITY" in text):
        raise Unreadable("tệp có khai báo DTD hoặc ENTITY, không an toàn", "an XML part declares a DTD or an entity")


def _refuse_depth(text: bytes) -> None:
    """By how many more tags it opens than closes, which is counted in full only where a sample of it looks so."""
    if _rise(text[:_SAMPLE]) > _SUSPICIOUS_RISE and _rise(text) > DEEPEST:
        raise too_deep()


def _rise(text: bytes) -> int:
    return text.count(b"<") - 2 * text.count(b"</") - text.count(b"/>") - text.count(b"<?") - text.count(b"<!")


def too_deep() -> Unreadable:
    """Tags within tags that no program writes, only made to wear out who reads them."""
    return Unreadable(
        f"cấu trúc XML của tệp lồng nhau quá {DEEPEST} cấp", f"an XML part has tags nested more than {DEEPEST} deep"
    )


def _refuse_macros(names: set[str]) -> None:
    if any("vbaproject" in name or name.startswith("xl/macrosheets/") for name in names):
        raise Unreadable("tệp có macro (.xlsm); hãy lưu lại dạng .xlsx", "the workbook carries macros")
    if "xl/workbook.bin" in names:
        raise Unreadable("tệp dạng .xlsb; hãy lưu lại dạng .xlsx", "the workbook is .xlsb")
    in_ods = (name for name in names if name.startswith(("basic/", "scripts/")))
    if any(not name.endswith(_ODS_LIBRARY_LISTS) for name in in_ods):
        raise Unreadable("tệp .ods có macro; hãy xoá macro rồi gửi lại", "the .ods workbook carries macros")


def _refuse_declared(parts: dict[str, bytes]) -> None:
    """What the workbook says of itself, whatever its parts are called."""
    types = parts.get("[content_types].xml", b"").lower()
    if b"macroenabled" in types or b"vbaproject" in types:
        raise Unreadable("tệp có macro (.xlsm); hãy lưu lại dạng .xlsx", "the workbook carries macros")
    if b"encryption-data" in parts.get("meta-inf/manifest.xml", b""):
        raise Unreadable("tệp có đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại", "the .ods workbook is encrypted")


def _damaged(why: str) -> Unreadable:
    return Unreadable("tệp bị hỏng, không giải nén được", f"the archive is damaged: {why}")


def _too_much(why: str) -> Unreadable:
    return Unreadable("tệp giải nén ra quá lớn", f"the archive unpacks to too much ({why})")


def _nested(name: str) -> Unreadable:
    return Unreadable(
        f'tệp nén chứa tệp khác bên trong ("{shown_name(name)}"); hãy giải nén rồi gửi chính bảng tính',
        "the archive holds another archive or workbook; send the workbook itself",
    )
