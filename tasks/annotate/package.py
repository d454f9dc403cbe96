"""An .xlsx as what it is, a zip of parts that name each other: read, changed in a few parts, written again.

Every part that is not asked for is copied byte for byte, so whatever the sender's program put into the file
(pictures, charts, drop-downs, stored results of formulas) is still there afterwards.
"""

import io
import posixpath
import zipfile
from collections.abc import Mapping
from xml.dom.minidom import Document, Element, parseString

from errors import Fault

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_CONTENT_TYPES = "[Content_Types].xml"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
# Sheets of a hundred megabytes: a higher level takes twice the time for a tenth of the size.
_COMPRESSION_LEVEL = 4
# In bytes. A tree takes thirty times as much memory as its text; real styles and relationships are far smaller.
_LARGEST_TREE = 10_000_000


class Unfamiliar(Fault):
    """The package is built in a way that is not known here: it must not be changed in place."""

    def __init__(self, en: str) -> None:
        super().__init__(en, "bảng tính có cấu trúc lạ, không đánh dấu vào được", "", "dùng bản liệt kê lỗi")


Chunks = bytes | list[bytes | memoryview]


class Package:
    """The parts of an .xlsx by name. Raises Unfamiliar where a part that is needed is missing or strange."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._entries = {entry.filename: entry for entry in self._archive.infolist() if not entry.is_dir()}
        self._by_folded = {name.casefold(): name for name in self._entries}
        self._changed: dict[str, Chunks] = {}
        self._removed: set[str] = set()
        self._documents: dict[str, Document] = {}

    def read(self, part: str, most: int | None = None) -> bytes:
        """The bytes of a part, in UTF-8; `most` is as many as it may have."""
        name = self._by_folded.get(part.casefold())
        if name is None:
            raise Unfamiliar(f"there is no part {part}")
        entry = self._entries[name]
        if most is not None and entry.file_size > most:
            raise Unfamiliar(f"the part {part} is too large")
        content = self._archive.read(entry)
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in content:
            raise Unfamiliar(f"the part {part} is not plain UTF-8")
        return content

    def document(self, part: str) -> Document:
        """A small part as a tree, which is written back in the end."""
        if part not in self._documents:
            # A DOCTYPE, and with it any entity, is refused by `read`.
            self._documents[part] = parseString(self.read(part, _LARGEST_TREE))  # noqa: S318
        return self._documents[part]

    def write(self, part: str, content: Chunks) -> None:
        name = self._by_folded.get(part.casefold(), part)
        self._removed.discard(name)
        self._changed[name] = content

    def add(self, part: str, content: Chunks, content_type: str) -> None:
        """A new part."""
        self.write(part, content)
        types = self.document(_CONTENT_TYPES)
        append(types.documentElement, "Override", PartName=f"/{part}", ContentType=content_type)

    def remove(self, part: str, named_by: str, relation: str) -> None:
        """Take out a part that `named_by` names by this relationship, with its own relationships."""
        for name in (part, _relationships_of(part)):
            known = self._by_folded.get(name.casefold(), name)
            self._removed.add(known)
            self._changed.pop(known, None)
            self._documents.pop(name, None)
        for one in self._relationships(named_by):
            if one.getAttribute("Id") == relation:
                take_out(one)
        for one in children(self.document(_CONTENT_TYPES).documentElement, "Override"):
            if one.getAttribute("PartName").lstrip("/").casefold() == part.casefold():
                take_out(one)

    def declare_extension(self, extension: str, content_type: str) -> None:
        root = self.document(_CONTENT_TYPES).documentElement
        known = {one.getAttribute("Extension").casefold() for one in children(root, "Default")}
        if extension not in known:
            prepend(root, "Default", Extension=extension, ContentType=content_type)

    def free_name(self, pattern: str) -> str:
        """A part name that is not taken; `pattern` holds `{}` for a number."""
        taken = {name.casefold() for name in (self._entries.keys() | self._changed.keys()) - self._removed}
        number = 1
        while pattern.format(number).casefold() in taken:
            number += 1
        return pattern.format(number)

    def related(self, part: str, kind: str) -> str | None:
        """The part that `part` names by a relationship whose type ends in `/kind`, or None."""
        for one in self._relationships(part):
            if one.getAttribute("Type").rpartition("/")[2] == kind and one.getAttribute("TargetMode") != "External":
                return _resolve(part, one.getAttribute("Target"))
        return None

    def target(self, part: str, relation: str) -> str:
        """The part behind a relationship's id."""
        for one in self._relationships(part):
            if one.getAttribute("Id") == relation:
                return _resolve(part, one.getAttribute("Target"))
        raise Unfamiliar(f"{part} names no {relation}")

    def relate(self, part: str, kind: str, target: str) -> str:
        """Let `part` name `target`; returns the new relationship's id."""
        name = _relationships_of(part)
        if name.casefold() not in self._by_folded and name not in self._documents:
            self._documents[name] = parseString(f'<Relationships xmlns="{RELATIONSHIPS}"/>')  # noqa: S318
        taken = {one.getAttribute("Id") for one in self._relationships(part)}
        number = len(taken) + 1
        while f"rId{number}" in taken:
            number += 1
        root = self.document(name).documentElement
        append(root, "Relationship", Id=f"rId{number}", Type=f"{OFFICE}/{kind}", Target=f"/{target}")
        return f"rId{number}"

    def save(self) -> bytes:
        """The package as bytes; equal input and changes give equal bytes."""
        for part, document in self._documents.items():
            root = document.documentElement
            assert root is not None
            self._changed[self._by_folded.get(part.casefold(), part)] = _DECLARATION + root.toxml("utf-8")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL) as archive:
            for name, entry in self._entries.items():
                if name not in self._changed and name not in self._removed:
                    _write(archive, name, self._archive.read(entry))
            for name in sorted(self._changed, key=lambda name: (name != _CONTENT_TYPES, name)):
                _write(archive, name, self._changed[name])
        return buffer.getvalue()

    def _relationships(self, part: str) -> list[Element]:
        name = _relationships_of(part)
        if name not in self._documents and name.casefold() not in self._by_folded:
            return []
        return children(self.document(name).documentElement, "Relationship")


def local_name(element: Element) -> str:
    return element.tagName.rpartition(":")[2]


def children(parent: Element | None, name: str | None = None) -> list[Element]:
    """The child elements, whatever their prefix; all or those of one local name."""
    assert parent is not None
    elements = [node for node in parent.childNodes if isinstance(node, Element)]
    return [element for element in elements if name is None or local_name(element) == name]


def append(parent: Element | None, tag: str, /, **attributes: str) -> Element:
    """Add an element in the parent's own namespace prefix, as the last child."""
    return _insert(parent, tag, attributes, first=False)


def prepend(parent: Element | None, tag: str, /, **attributes: str) -> Element:
    """Add an element in the parent's own namespace prefix, as the first child."""
    return _insert(parent, tag, attributes, first=True)


def new_element(parent: Element, tag: str) -> Element:
    """An element in the parent's own namespace prefix that stands nowhere yet."""
    assert parent.ownerDocument is not None
    prefix = parent.tagName.rpartition(":")[0]
    return parent.ownerDocument.createElement(f"{prefix}:{tag}" if prefix else tag)


def _insert(parent: Element | None, tag: str, attributes: Mapping[str, str], first: bool) -> Element:
    assert parent is not None
    element = new_element(parent, tag)
    for key, value in attributes.items():
        element.setAttribute(key, value)
    parent.insertBefore(element, parent.firstChild if first else None)
    return element


def take_out(element: Element) -> None:
    """Remove an element from what it stands in."""
    assert element.parentNode is not None
    element.parentNode.removeChild(element)


def _relationships_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolve(part: str, target: str) -> str:
    if target.startswith("/"):
        return posixpath.normpath(target.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _write(archive: zipfile.ZipFile, name: str, content: Chunks) -> None:
    entry = zipfile.ZipInfo(name, _WRITTEN_AT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    with archive.open(entry, "w", force_zip64=not isinstance(content, bytes)) as file:
        for chunk in [content] if isinstance(content, bytes) else content:
            file.write(chunk)
