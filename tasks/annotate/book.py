"""A sender's .xlsx whose cells are marked and which gets a sheet of findings in front."""

import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from xml.dom.minidom import Element
from xml.parsers.expat import ExpatError

from labels.table import SEVERITIES
from tasks.annotate.cells import Cell, SheetXml
from tasks.annotate.comments import is_marked, note_of, write_boxes, write_comments
from tasks.annotate.lines import Line
from tasks.annotate.listing import Listing, listings, location
from tasks.annotate.package import (
    MAIN,
    OFFICE,
    Package,
    Unfamiliar,
    append,
    children,
    local_name,
    new_element,
    prepend,
    take_out,
)
from tasks.annotate.styles import Styles
from tasks.annotate.text import clean

_FORMAT = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_BEFORE_NAMES = ("sheets", "functionGroups", "externalReferences")
_SEVERITIES = list(SEVERITIES)


class Book:
    """Raises Unfamiliar for a workbook that is built in another way than those known here."""

    def __init__(self, content: bytes) -> None:
        try:
            self._package = Package(content)
            part = self._package.related("", "officeDocument")
            if part is None:
                raise Unfamiliar("there is no workbook part")
            self._part = part
            self._root = self._package.document(part).documentElement
            assert self._root is not None
            if self._root.namespaceURI != MAIN:
                raise Unfamiliar("the workbook is of another kind of XML (strict)")
            self._sheets = children(children(self._root, "sheets")[0], "sheet")
            styles = self._package.related(part, "styles")
            if styles is None:
                raise Unfamiliar("there are no styles")
            self.styles = Styles(self._package.document(styles))
            self._unfilled = self.styles.unfilled(keeps_second_colours=not self._is_saved_by_libreoffice())
            for name in listings(content, self.sheet_names):
                self._take_out(self.sheet_names.index(name))
        except (zipfile.BadZipFile, ExpatError, IndexError) as error:
            raise Unfamiliar(str(error)) from error

    @property
    def sheet_names(self) -> list[str]:
        """The sender's sheets in order, without the sheets of findings of earlier returns."""
        return [one.getAttribute("name") for one in self._sheets]

    def mark(self, lines: Iterable[Line]) -> None:
        """Fill and comment the cells of these findings and no others; take the selection from every sheet."""
        by_sheet: defaultdict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if line.sheet is not None and line.place is not None:
                by_sheet[line.sheet].append(line)
        for sheet, name in zip(self._sheets, self.sheet_names, strict=True):
            part = self._package.target(self._part, sheet.getAttributeNS(OFFICE, "id"))
            self._mark_sheet(part, by_sheet.get(name, []))

    def put_first(self, title: str, listing: Listing) -> None:
        """Add the sheet of findings before all others and open the workbook at it."""
        part = self._package.free_name("xl/worksheets/sheet{}.xml")
        self._package.add(part, listing.content, f"{_FORMAT}worksheet+xml")
        relation = self._package.relate(self._part, "worksheet", part)
        self._shift_names(after=-1, by=1)
        for views in children(self._root, "bookViews"):
            for view in children(views, "workbookView"):
                view.setAttribute("activeTab", "0")
                view.setAttribute("firstSheet", "0")
        name = self._free_title(title)
        numbers = [int(one.getAttribute("sheetId") or 0) for one in self._sheets]
        sheets = children(self._root, "sheets")[0]
        entry = prepend(sheets, "sheet", name=name, sheetId=str(max(numbers, default=0) + 1))
        entry.setAttributeNS("http://www.w3.org/2000/xmlns/", "xmlns:r", OFFICE)
        entry.setAttributeNS(OFFICE, "r:id", relation)
        header, last = listing.header_row, listing.last_row
        filtered = location(name, f"$A${header}:$H${last}")
        self._name("_xlnm._FilterDatabase", filtered).setAttribute("hidden", "1")
        self._name("_xlnm.Print_Titles", location(name, f"${header}:${header}"))

    def save(self) -> bytes:
        return self._package.save()

    def _mark_sheet(self, part: str, lines: list[Line]) -> None:
        xml = SheetXml(self._package.read(part))
        by_cell: defaultdict[Cell, list[Line]] = defaultdict(list)
        drawing = None
        if xml.is_worksheet():
            xml.restyle(self._unfilled)
            shown = xml.shown_at({(line.row, line.column) for line in lines if line.row and line.column})
            for line in lines:
                if line.row and line.column:
                    by_cell[shown[line.row, line.column]].append(line)
            drawing = self._comment(part, xml, by_cell)
        worst = {cell: min((one.severity for one in found), key=_SEVERITIES.index) for cell, found in by_cell.items()}
        self._package.write(
            part, xml.marked(by_cell, lambda style, cell: self.styles.filled(style, worst[cell]), drawing)
        )

    def _comment(self, part: str, xml: SheetXml, by_cell: dict[Cell, list[Line]]) -> str | None:
        """Write the sheet's comments; returns the relationship of its boxes where the sheet has none yet."""
        package = self._package
        comments = package.related(part, "comments")
        existing = package.read(comments) if comments else None
        if not by_cell and (existing is None or not is_marked(existing)):
            return None
        notes = {cell: note_of(found) for cell, found in by_cell.items()}
        written = write_comments(existing, notes)
        if comments:
            package.write(comments, written.content)
        else:
            name = package.free_name("xl/comments{}.xml")
            package.add(name, written.content, f"{_FORMAT}comments+xml")
            package.relate(part, "comments", name)
        relation = xml.drawing()
        boxes = package.target(part, relation) if relation else package.free_name("xl/drawings/vmlDrawing{}.vml")
        vml = write_boxes(package.read(boxes) if relation else None, written, notes, xml.columns)
        package.declare_extension("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
        package.write(boxes, vml)
        return None if relation else package.relate(part, "vmlDrawing", boxes)

    def _is_saved_by_libreoffice(self) -> bool:
        """It writes some colour of its own as the second one of a fill."""
        properties = self._package.related("", "extended-properties")
        return properties is not None and b"<Application>LibreOffice" in self._package.read(properties)

    def _take_out(self, position: int) -> None:
        """Remove a sheet and the names that belong to it."""
        sheet = self._sheets.pop(position)
        relation = sheet.getAttributeNS(OFFICE, "id")
        self._package.remove(self._package.target(self._part, relation), self._part, relation)
        take_out(sheet)
        for names in children(self._root, "definedNames"):
            for one in children(names, "definedName"):
                if one.getAttribute("localSheetId") == str(position):
                    take_out(one)
        self._shift_names(after=position, by=-1)

    def _free_title(self, title: str) -> str:
        taken = {unicodedata.normalize("NFC", name).casefold() for name in self.sheet_names}
        free, number = title, 1
        while free.casefold() in taken:
            number += 1
            free = f"{title} ({number})"
        return free

    def _shift_names(self, after: int, by: int) -> None:
        """Names that belong to one sheet know it by its position."""
        for names in children(self._root, "definedNames"):
            for one in children(names, "definedName"):
                position = one.getAttribute("localSheetId")
                if position and int(position) > after:
                    one.setAttribute("localSheetId", str(int(position) + by))

    def _name(self, name: str, refers_to: str) -> Element:
        entry = append(self._names(), "definedName", name=name, localSheetId="0")
        assert entry.ownerDocument is not None
        entry.appendChild(entry.ownerDocument.createTextNode(clean(refers_to)))
        return entry

    def _names(self) -> Element:
        found = children(self._root, "definedNames")
        if found:
            return found[0]
        assert self._root is not None
        names = new_element(self._root, "definedNames")
        elements = children(self._root)
        last = max(number for number, one in enumerate(elements) if local_name(one) in _BEFORE_NAMES)
        self._root.insertBefore(names, elements[last + 1] if last + 1 < len(elements) else None)
        return names
