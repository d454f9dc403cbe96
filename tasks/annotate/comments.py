"""Comments on cells: the text in one part, the yellow boxes that Excel shows them in (VML) in another."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.dom.minidom import Document, Element, parseString

from labels.table import SEVERITIES
from tasks.annotate.cells import Cell, Column, attribute
from tasks.annotate.lines import MAX_COLUMNS, MAX_ROWS, Line, address, parse_address
from tasks.annotate.package import MAIN, Unfamiliar, append, children, local_name
from tasks.annotate.text import cell_text, clean, xml_text

AUTHOR = "Kiểm tra tự động"
# So begins a note: by it the note is known again when the workbook is sent once more.
MARK = f"{AUTHOR}:"
_FINDINGS_SHOWN = 8
_MESSAGE_CHARACTERS = 400
_FONT = {"sz": "9", "rFont": "Tahoma"}
# A box: about this wide, and high enough for its lines.
_BOX_PIXELS, _CHARACTERS_A_LINE = 330, 52
_LINES_MAX = 18
_DEFAULT_WIDTH = 9.0
_COMMENT = re.compile(rb"<([\w.-]+:)?comment[\s>]")
_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?>([^<]*)")
_BOX = re.compile(rb"<([\w.-]+:)?shape\s")
_BOX_ROW, _BOX_COLUMN = (re.compile(rb"<(?:\w+:)?%s>\s*(\d{1,7})" % name) for name in (b"Row", b"Column"))
_SHAPE_NUMBER = re.compile(rb"_x0000_s(\d+)")
_EMPTY_COMMENTS = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode()
_EMPTY_VML = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    b'<o:idmap v:ext="edit" data="%s"/></o:shapelayout></xml>'
)
_SHAPE_TYPE = (
    b'<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


@dataclass(frozen=True, slots=True)
class Note:
    """The findings of one cell in words: a heading and its text for each."""

    parts: tuple[tuple[str, str], ...]

    @property
    def height(self) -> int:
        """In lines of text."""
        lines = 1 + sum(1 + -(-len(text) // _CHARACTERS_A_LINE) for _, text in self.parts)
        return min(_LINES_MAX, 1 + lines)


def note_of(lines: Sequence[Line]) -> Note:
    """One comment for all findings of a cell, the gravest first, limited in length."""
    parts = []
    for line in lines[:_FINDINGS_SHOWN]:
        text = clean(line.message, _MESSAGE_CHARACTERS)
        if line.expected:
            text += f"\nCần có: {clean(line.expected, _MESSAGE_CHARACTERS)}"
        waived = ", đã được miễn" if line.waived else ""
        parts.append((f"{line.rule} ({SEVERITIES[line.severity].vi}{waived})", text))
    if len(lines) > _FINDINGS_SHOWN:
        parts.append((f"… và {len(lines) - _FINDINGS_SHOWN} lỗi khác", "Xem trang tính danh sách lỗi ở đầu tệp."))
    return Note(tuple(parts))


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments part of a sheet; the cells whose boxes are missing, and those whose boxes are there for nothing."""

    content: bytes
    new: list[Cell]
    gone: list[Cell]


def write_comments(existing: bytes | None, notes: Mapping[Cell, Note]) -> Comments:
    """The comments part with these notes and without those of an earlier return.

    A comment that the sender has on a cell stays, and the note follows it. Comments are told apart as text: there
    may be tens of thousands, of which few change.
    """
    existing = existing if existing is not None else _EMPTY_COMMENTS
    places = list(_comments_in(existing))
    start, end = (places[0][0], places[-1][1]) if places else (len(existing), len(existing))
    document = parseString(existing[:start] + existing[end:])  # noqa: S318 - the package refuses entities
    root = document.documentElement
    assert root is not None
    author = _author(document)
    prefix = root.tagName.rpartition(":")[0]
    prefix = f"{prefix}:" if prefix else ""
    opening = existing[existing.index(b"<%scomments" % prefix.encode()) :].partition(b">")[0] + b">"

    kept: list[bytes] = []
    gone: list[Cell] = []
    extended: set[Cell] = set()
    for first, last in places:
        comment = existing[first:last]
        cell = parse_address((attribute(comment.partition(b">")[0] + b">", b"ref") or b"").decode())
        if cell is not None and (is_marked(comment) or cell in notes):
            if b"".join(_TEXT.findall(comment)).lstrip().startswith(MARK.encode()):
                gone.append(cell)
                continue
            found = parseString(opening + comment + b"</%scomments>" % prefix.encode())  # noqa: S318
            element = children(found.documentElement)[0]
            _take_note_out(element)
            if cell in notes:
                _extend(element, notes[cell])
                extended.add(cell)
            comment = element.toxml().encode()
        kept.append(comment)
    new = sorted(notes.keys() - extended)
    kept += [_comment(prefix, author, cell, notes[cell]).encode() for cell in new]
    whole = root.toxml()
    at = whole.rindex(f"</{prefix}commentList>")
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return Comments(b"".join([(head + whole[:at]).encode(), *kept, whole[at:].encode()]), new, gone)


def is_marked(comments: bytes) -> bool:
    """Whether a comments part has notes of an earlier return."""
    return MARK.encode() in comments


def _comments_in(content: bytes) -> Iterator[tuple[int, int]]:
    """Where each comment begins and ends."""
    end = 0
    while found := _COMMENT.search(content, end):
        closing = b"</%scomment>" % (found[1] or b"")
        end = content.find(closing, found.end()) + len(closing)
        if end < found.end():
            raise Unfamiliar("a comment has no end")
        yield found.start(), end


def _author(document: Document) -> int:
    """The number of our author, who is added where he is not there; the list of comments gets an end tag."""
    root = document.documentElement
    authors = children(root, "authors")[0]
    names = ["".join(node.data for node in one.childNodes if node.nodeType == 3) for one in children(authors)]
    if AUTHOR not in names:
        append(authors, "author").appendChild(document.createTextNode(AUTHOR))
        names.append(AUTHOR)
    children(root, "commentList")[0].appendChild(document.createTextNode(""))
    return names.index(AUTHOR)


def write_boxes(
    existing: bytes | None, comments: Comments, notes: Mapping[Cell, Note], columns: Sequence[Column]
) -> bytes:
    """The VML part with a hidden box for each new comment, and without those of comments that are gone.

    Excel's own VML is not always well-formed: it is changed as text.
    """
    # Excel counts shapes in blocks of 1,024; every block that is used is named.
    blocks = b",".join(b"%d" % (block + 1) for block in range(1 + (len(comments.new) + 1) // 1024))
    content = _without_boxes(existing, set(comments.gone)) if existing is not None else _EMPTY_VML % blocks
    number = max([1024, *map(int, _SHAPE_NUMBER.findall(content))])
    shapes = [] if b'id="_x0000_t202"' in content else [_SHAPE_TYPE]
    for offset, cell in enumerate(comments.new, start=1):
        shapes.append(_box(number + offset, cell, notes[cell].height, columns))
    end = content.rindex(b"</xml")
    return content[:end] + b"".join(shapes) + content[end:]


def _without_boxes(content: bytes, cells: set[Cell]) -> bytes:
    kept: list[bytes] = []
    end = 0
    while cells and (found := _BOX.search(content, end)):
        closing = b"</%sshape>" % (found[1] or b"")
        last = content.find(closing, found.end()) + len(closing)
        if last < found.end():
            break
        row, column = (pattern.search(content, found.end(), last) for pattern in (_BOX_ROW, _BOX_COLUMN))
        is_gone = row is not None and column is not None and (int(row[1]) + 1, int(column[1]) + 1) in cells
        kept.append(content[end : found.start() if is_gone else last])
        end = last
    return b"".join([*kept, content[end:]])


def _runs(note: Note) -> list[tuple[str, bool]]:
    """The note's text in pieces with whether each is bold."""
    runs: list[tuple[str, bool]] = [(f"{MARK}\n", True)]
    for heading, text in note.parts:
        runs += [(f"{heading}\n", True), (f"{text}\n", False)]
    runs[-1] = (runs[-1][0].rstrip("\n"), False)
    return runs


def _comment(prefix: str, author: int, cell: Cell, note: Note) -> str:
    runs = "".join(_run(prefix, text, bold) for text, bold in _runs(note))
    text = f"<{prefix}text>{runs}</{prefix}text>"
    return f'<{prefix}comment ref="{address(*cell)}" authorId="{author}">{text}</{prefix}comment>'


def _run(prefix: str, text: str, bold: bool) -> str:
    font = "".join(f'<{prefix}{name} val="{value}"/>' for name, value in _FONT.items())
    strong = f"<{prefix}b/>" if bold else ""
    content = xml_text(text)
    return (
        f"<{prefix}r><{prefix}rPr>{strong}{font}</{prefix}rPr>"
        f'<{prefix}t xml:space="preserve">{content}</{prefix}t></{prefix}r>'
    )


def _take_note_out(comment: Element) -> None:
    """Leave what the sender has written; our note comes last."""
    texts = [one for one in comment.getElementsByTagName("*") if local_name(one) == "t"]
    left = len("".join(map(_text_of, texts)).partition(MARK)[0].rstrip())
    for one in texts:
        text = _text_of(one)
        run = one.parentNode
        if not left and isinstance(run, Element) and local_name(run) == "r" and run.parentNode is not None:
            run.parentNode.removeChild(run)
        elif left < len(text):
            _set_text(one, text[:left])
        left = max(0, left - len(text))


def _text_of(element: Element) -> str:
    return "".join(node.data for node in element.childNodes if node.nodeType == 3)


def _set_text(element: Element, text: str) -> None:
    assert element.ownerDocument is not None
    while element.firstChild is not None:
        element.removeChild(element.firstChild)
    element.appendChild(element.ownerDocument.createTextNode(text))


def _extend(comment: Element, note: Note) -> None:
    """Let the note follow what the sender has written."""
    document = comment.ownerDocument
    assert document is not None
    found = children(comment, "text")
    text = found[0] if found else append(comment, "text")
    for child in children(text):
        if local_name(child) not in ("t", "r"):
            text.removeChild(child)
        elif local_name(child) == "t":  # plain text and runs don't go together
            run = append(text, "r")
            text.replaceChild(run, child)
            child.setAttribute("xml:space", "preserve")
            run.appendChild(child)
    for content, bold in [("\n\n", False), *_runs(note)]:
        run = append(text, "r")
        font = append(run, "rPr")
        if bold:
            append(font, "b")
        for name, value in _FONT.items():
            append(font, name, val=value)
        piece = append(run, "t")
        piece.setAttribute("xml:space", "preserve")
        piece.appendChild(document.createTextNode(cell_text(content)))


def _box(number: int, cell: Cell, height: int, columns: Sequence[Column]) -> bytes:
    row, column = cell
    left = min(column, MAX_COLUMNS - 2)
    right, rest = left, _BOX_PIXELS
    while right < MAX_COLUMNS - 1 and (width := _pixels(right + 1, columns)) < rest:
        rest -= width
        right += 1
    top = max(0, row - 2)
    bottom = min(MAX_ROWS - 1, top + max(3, -(-height * 15 // 20)))
    return (
        b'<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        b'xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s%d" type="#_x0000_t202" '
        b'style="position:absolute;margin-left:80pt;margin-top:2pt;width:%dpt;height:%dpt;'
        b'z-index:%d;visibility:hidden" '
        b'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        b'<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        b'<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        b'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        b"<x:Anchor>%d, 15, %d, 4, %d, %d, %d, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
        b"<x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>"
    ) % (number, _BOX_PIXELS * 3 // 4, height * 12, number - 1023, left, top, right, rest, bottom, row - 1, column - 1)


def _pixels(column: int, columns: Sequence[Column]) -> int:
    width = next((one.width for one in columns if one.first <= column <= one.last), _DEFAULT_WIDTH)
    return max(1, round(width * 7 + 5))
