"""Comments on cells: the text in one part, the yellow boxes that Excel shows them in (VML) in another."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.dom.minidom import Element, parseString

from tasks.annotate.cells import Cell, Column
from tasks.annotate.lines import MAX_COLUMNS, MAX_ROWS, Line, address
from tasks.annotate.package import MAIN, append, children, local_name
from tasks.annotate.text import cell_text, clean, xml_text
from tasks.words import SEVERITIES_VI

AUTHOR = "Kiểm tra tự động"
_FINDINGS_SHOWN = 8
_MESSAGE_CHARACTERS = 400
_FONT = {"sz": "9", "rFont": "Tahoma"}
# A box: about this wide, and high enough for its lines.
_BOX_PIXELS, _CHARACTERS_A_LINE = 330, 52
_LINES_MAX = 18
_DEFAULT_WIDTH = 9.0
_SHAPE_NUMBER = re.compile(rb"_x0000_s(\d+)")
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
        lines = sum(1 + -(-len(text) // _CHARACTERS_A_LINE) for _, text in self.parts)
        return min(_LINES_MAX, 1 + lines)


def note_of(lines: Sequence[Line]) -> Note:
    """One comment for all findings of a cell, the gravest first, limited in length."""
    parts = []
    for line in lines[:_FINDINGS_SHOWN]:
        text = clean(line.message, _MESSAGE_CHARACTERS)
        if line.expected:
            text += f"\nCần có: {clean(line.expected, _MESSAGE_CHARACTERS)}"
        waived = ", đã được miễn" if line.waived else ""
        parts.append((f"{line.rule} ({SEVERITIES_VI[line.severity]}{waived})", text))
    if len(lines) > _FINDINGS_SHOWN:
        parts.append((f"… và {len(lines) - _FINDINGS_SHOWN} lỗi khác", "Xem trang tính danh sách lỗi ở đầu tệp."))
    return Note(tuple(parts))


def write_comments(existing: bytes | None, notes: Mapping[Cell, Note]) -> tuple[bytes, list[Cell]]:
    """The comments part with these notes, and the cells that had no comment before (their boxes are missing).

    A comment that the sender has on a cell stays, and the note follows it; a note of ours from an earlier
    return gives way to the new one.
    """
    if existing is None:
        existing = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode()
    document = parseString(existing)  # noqa: S318 - the package refuses entities
    root = document.documentElement
    authors = children(root, "authors")[0]
    names = ["".join(node.data for node in one.childNodes if node.nodeType == 3) for one in children(authors)]
    if AUTHOR not in names:
        append(authors, "author").appendChild(document.createTextNode(AUTHOR))
        names.append(AUTHOR)
    author = names.index(AUTHOR)
    comments = children(root, "commentList")[0]
    by_address = {one.getAttribute("ref"): one for one in children(comments, "comment")}
    new: list[Cell] = []
    added: list[str] = []
    prefix = comments.tagName.rpartition(":")[0]
    prefix = f"{prefix}:" if prefix else ""
    for cell, note in sorted(notes.items()):
        comment = by_address.get(address(*cell))
        if comment is None:
            new.append(cell)
            runs = "".join(_run(prefix, text, bold) for text, bold in _runs(note))
            place = address(*cell)
            text = f"<{prefix}text>{runs}</{prefix}text>"
            added.append(f'<{prefix}comment ref="{place}" authorId="{author}">{text}</{prefix}comment>')
        else:
            _extend(comment, note, replace=comment.getAttribute("authorId") == str(author))
    comments.appendChild(document.createTextNode(""))  # so that the list has an end tag
    assert root is not None
    whole = root.toxml()
    end = whole.rindex(f"</{prefix}commentList>")
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return (head + whole[:end] + "".join(added) + whole[end:]).encode(), new


def write_boxes(
    existing: bytes | None, cells: Sequence[Cell], notes: Mapping[Cell, Note], columns: Sequence[Column]
) -> bytes:
    """The VML part with a hidden box for each of these cells.

    Excel's own VML is not always well-formed: it is added to as text.
    """
    # Excel counts shapes in blocks of 1,024; every block that is used is named.
    blocks = b",".join(b"%d" % (block + 1) for block in range(1 + (len(cells) + 1) // 1024))
    content = existing if existing is not None else _EMPTY_VML % blocks
    number = max([1024, *map(int, _SHAPE_NUMBER.findall(content))])
    shapes = [] if b'id="_x0000_t202"' in content else [_SHAPE_TYPE]
    for offset, cell in enumerate(cells, start=1):
        shapes.append(_box(number + offset, cell, notes[cell].height, columns))
    end = content.rindex(b"</xml")
    return content[:end] + b"".join(shapes) + content[end:]


def _runs(note: Note) -> list[tuple[str, bool]]:
    """The note's text in pieces with whether each is bold."""
    runs: list[tuple[str, bool]] = []
    for heading, text in note.parts:
        runs += [(f"{heading}\n", True), (f"{text}\n", False)]
    runs[-1] = (runs[-1][0].rstrip("\n"), False)
    return runs


def _run(prefix: str, text: str, bold: bool) -> str:
    font = "".join(f'<{prefix}{name} val="{value}"/>' for name, value in _FONT.items())
    strong = f"<{prefix}b/>" if bold else ""
    content = xml_text(text)
    return (
        f"<{prefix}r><{prefix}rPr>{strong}{font}</{prefix}rPr>"
        f'<{prefix}t xml:space="preserve">{content}</{prefix}t></{prefix}r>'
    )


def _extend(comment: Element, note: Note, replace: bool) -> None:
    document = comment.ownerDocument
    assert document is not None
    found = children(comment, "text")
    text = found[0] if found else append(comment, "text")
    for child in children(text):
        if replace or local_name(child) not in ("t", "r"):
            text.removeChild(child)
        elif local_name(child) == "t":  # plain text and runs don't go together
            run = append(text, "r")
            text.replaceChild(run, child)
            child.setAttribute("xml:space", "preserve")
            run.appendChild(child)
    pieces = _runs(note)
    if not replace:
        pieces = [("\n\n", False), *pieces]
    for content, bold in pieces:
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
