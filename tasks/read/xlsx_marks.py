"""What the reader of .xlsx does not tell: errors, formulas that were never calculated, hidden rows and columns.

Only the sheets in which the gate saw something of the kind are unpacked once more and parsed, as a stream.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.parsers import expat

from tasks.gate import DEEPEST, Inspected, too_deep
from tasks.read.grid import Span
from tasks.values import EPOCH_1900, EPOCH_1904

_CHUNK = 1 << 20
_SHOWN_LENGTH = 60
_MOST_LETTERS = 3
_TRUE = ("1", "true")


@dataclass
class Marks:
    """Of one sheet: cells without a value as (row, column) → what stands there, and what is hidden."""

    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[Span] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)


@dataclass
class BookMarks:
    """Of a workbook: its marks by sheet name, and the day that its dates count from."""

    sheets: dict[str, Marks] = field(default_factory=dict)
    epoch: dt.date = EPOCH_1900


def xlsx_marks(inspected: Inspected) -> BookMarks:
    """The marks of all sheets. Raises as `parse` does, and zipfile's own errors."""
    outline = _outline(inspected.parts)
    marks = BookMarks(epoch=EPOCH_1904 if outline.is_1904 else EPOCH_1900)
    for name, path in outline.paths.items():
        part = inspected.marked.get(path.casefold())
        if part is not None:
            marks.sheets[name] = _SheetParser(outline.is_uncalculated).parse(pieces_of(inspected.content, part))
    return marks


def pieces_of(content: bytes, path: str) -> Iterator[bytes]:
    """A part of a workbook, piece by piece."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(path) as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def parse(
    pieces: Iterable[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Tell of every tag and text of a stream of XML.

    Raises ValueError for a document type, which entities that grow would need, ExpatError where the XML is
    damaged, and Unreadable for tags nested deeper than any program writes them.
    """
    depth = 0

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise too_deep()
        start(tag, attributes)

    def closed(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(tag)

    def refuse(*_: object) -> None:
        raise ValueError("the XML declares a document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    for piece in pieces:
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def local(name: str) -> str:
    """A name without its prefix: "x:row" → "row"."""
    return name.rpartition(":")[2]


@dataclass
class _Outline:
    paths: dict[str, str] = field(default_factory=dict)
    is_1904: bool = False
    # Set by programs that write formulas and leave the calculating to Excel.
    is_uncalculated: bool = False


def _outline(parts: Mapping[str, bytes]) -> _Outline:
    """What xl/workbook.xml says: where each sheet is, and how its days and formulas are to be taken."""
    outline = _Outline()
    names: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        tag = local(tag)
        if tag == "sheet":
            relation = next((value for key, value in attributes.items() if local(key) == "id" and ":" in key), "")
            names[relation] = attributes.get("name", "")
        elif tag == "workbookPr":
            outline.is_1904 = attributes.get("date1904", "") in _TRUE
        elif tag == "calcPr":
            outline.is_uncalculated = attributes.get("fullCalcOnLoad", "") in _TRUE

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "Relationship" and attributes.get("Id") in names:
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            outline.paths[names[attributes["Id"]]] = path

    for path, handler in (("xl/workbook.xml", start), ("xl/_rels/workbook.xml.rels", relation)):
        if path in parts:
            parse([parts[path]], handler)
    return outline


class _SheetParser:
    """Collects the marks of one sheet while its XML streams by."""

    def __init__(self, is_uncalculated: bool) -> None:
        self.marks = Marks()
        self.is_uncalculated = is_uncalculated
        self.row = self.column = -1
        self.type = ""
        self.value: str | None = None
        self.formula: str | None = None
        self.target = ""

    def parse(self, pieces: Iterable[bytes]) -> Marks:
        parse(pieces, self.start, self.end, self.text)
        return self.marks

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = local(tag)
        if tag == "c":
            self.column += 1
            if reference := attributes.get("r"):
                self.column = _column(reference)
            self.type = attributes.get("t", "n")
            self.value = self.formula = None
        elif tag in ("v", "f"):
            self.target = tag
            if tag == "v":
                self.value = ""
            else:
                self.formula = ""
        elif tag == "row":
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
            if attributes.get("hidden") in _TRUE:
                add_to_spans(self.marks.hidden_rows, self.row, self.row)
        elif tag == "col" and attributes.get("hidden") in _TRUE:
            self.marks.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))

    def text(self, text: str) -> None:
        if self.target == "v":
            self.value = (self.value or "") + text
        elif self.target == "f":
            self.formula = (self.formula or "") + text

    def end(self, tag: str) -> None:
        tag = local(tag)
        if tag in ("v", "f"):
            self.target = ""
        elif tag == "c":
            if self.type == "e":
                self.marks.faults[self.row, self.column] = self.value or "#N/A"
            elif self.formula is not None and self._has_no_value():
                self.marks.faults[self.row, self.column] = shown_formula(self.formula)

    def _has_no_value(self) -> bool:
        """Never calculated; a formula that gave an empty text has type str and an empty value."""
        if not self.value:
            return not (self.type == "str" and self.value == "")
        # Programs that can't calculate write 0 and ask Excel to.
        return self.is_uncalculated and self.value == "0"


def shown_formula(formula: str) -> str:
    text = "=" + formula.removeprefix("of:").removeprefix("=")
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def add_to_spans(spans: list[Span], first: int, last: int) -> None:
    """Add a run, joined with the one before where that ends just ahead of it."""
    if spans and spans[-1][1] == first - 1:
        spans[-1] = (spans[-1][0], last)
    else:
        spans.append((first, last))


def _column(reference: str) -> int:
    """The column of an address, counted from 0: "AB12" → 27. Raises ValueError for what is none."""
    column = 0
    letters = reference.rstrip("0123456789")
    if not (letters.isascii() and letters.isalpha() and len(letters) <= _MOST_LETTERS):
        raise ValueError("a cell has an address that no sheet has")
    for letter in letters:
        column = 26 * column + ord(letter.upper()) - 64
    return column - 1
