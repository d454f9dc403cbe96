"""Styles of the returned workbook: the sender's own with a fill, and those of the sheet of findings."""

from xml.dom.minidom import Document, Element

from tasks.annotate.package import Unfamiliar, append, children, new_element

# Light enough to read black text on; info has none.
FILLS = {"critical": "FFFFC7CE", "warning": "FFFFE0B2"}
_LINK_COLOUR = "FF0563C1"
_HEADER_COLOUR = "FF1F4E79"
_SECTION_COLOUR = "FFE8EEF4"
_LINE_COLOUR = "FFC8C8C8"


class Styles:
    """The styles part of a workbook; every method returns the number of a cell style, made when first asked for."""

    def __init__(self, document: Document) -> None:
        self._root = document.documentElement
        self._formats = self._list("cellXfs")
        self._own = children(self._formats, "xf")
        if not self._own:
            raise Unfamiliar("there are no cell styles")
        self._made: dict[tuple[object, ...], int] = {}
        self._size = len(self._own)

    def filled(self, style: int, severity: str) -> int:
        """The sender's style with the fill of a severity; unchanged where the severity has none."""
        if severity not in FILLS:
            return style
        key = ("filled", style, severity)
        if key not in self._made:
            base = self._own[style] if style < len(self._own) else self._own[0]
            clone = base.cloneNode(True)
            assert clone is not None
            clone.setAttribute("fillId", str(self._fill(FILLS[severity])))
            clone.setAttribute("applyFill", "1")
            self._made[key] = self._add(clone)
        return self._made[key]

    def of_listing(
        self,
        *,
        size: int = 11,
        bold: bool = False,
        colour: str | None = None,
        underlined: bool = False,
        fill: str | None = None,
        lines: bool = False,
        centred: bool = False,
    ) -> int:
        """A style of the sheet of findings. Text in it stays text, even when the cell is edited (quotePrefix)."""
        key = ("listing", size, bold, colour, underlined, fill, lines, centred)
        if key not in self._made:
            xf = new_element(self._formats, "xf")
            values = {
                "numFmtId": 0,
                "fontId": self._font(size, bold, colour, underlined),
                "fillId": self._fill(fill) if fill else 0,
                "borderId": self._border() if lines else 0,
                "xfId": 0,
                "quotePrefix": 1,
                "applyFont": 1,
                "applyFill": 1,
                "applyBorder": 1,
                "applyAlignment": 1,
            }
            for name, value in values.items():
                xf.setAttribute(name, str(value))
            alignment = append(xf, "alignment", vertical="center" if centred else "top", wrapText="1")
            alignment.setAttribute("horizontal", "center" if centred else "left")
            self._made[key] = self._add(xf)
        return self._made[key]

    def header(self) -> int:
        return self.of_listing(bold=True, colour="FFFFFFFF", fill=_HEADER_COLOUR, lines=True, centred=True)

    def section(self) -> int:
        return self.of_listing(bold=True, fill=_SECTION_COLOUR, lines=True)

    def body(self, severity: str | None = None) -> int:
        return self.of_listing(size=10, lines=True, fill=FILLS.get(severity or ""))

    def link(self) -> int:
        return self.of_listing(size=10, lines=True, colour=_LINK_COLOUR, underlined=True)

    def _list(self, name: str) -> Element:
        found = children(self._root, name)
        if not found:
            raise Unfamiliar(f"the styles have no {name}")
        return found[0]

    def _add(self, xf: Element) -> int:
        self._formats.appendChild(xf)
        self._size += 1
        self._formats.setAttribute("count", str(self._size))
        return self._size - 1

    def _append(self, list_name: str, key: tuple[object, ...], name: str) -> tuple[Element | None, int]:
        """A new entry of a list and its number, or (None, number) where it was made before."""
        if key in self._made:
            return None, self._made[key]
        parent = self._list(list_name)
        number = len(children(parent))
        self._made[key] = number
        entry = append(parent, name)
        parent.setAttribute("count", str(number + 1))
        return entry, number

    def _fill(self, colour: str) -> int:
        entry, number = self._append("fills", ("fill", colour), "fill")
        if entry is not None:
            pattern = append(entry, "patternFill", patternType="solid")
            append(pattern, "fgColor", rgb=colour)
            append(pattern, "bgColor", indexed="64")
        return number

    def _font(self, size: int, bold: bool, colour: str | None, underlined: bool) -> int:
        entry, number = self._append("fonts", ("font", size, bold, colour, underlined), "font")
        if entry is not None:
            if bold:
                append(entry, "b")
            if underlined:
                append(entry, "u")
            append(entry, "sz", val=str(size))
            append(entry, "color", rgb=colour or "FF000000")
            append(entry, "name", val="Calibri")
            append(entry, "family", val="2")
        return number

    def _border(self) -> int:
        entry, number = self._append("borders", ("border",), "border")
        if entry is not None:
            for side in ("left", "right", "top", "bottom"):
                append(append(entry, side, style="thin"), "color", rgb=_LINE_COLOUR)
            append(entry, "diagonal")
        return number
