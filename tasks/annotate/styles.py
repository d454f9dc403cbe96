"""Styles of the returned workbook: the sender's own with a fill, and those of the sheet of findings."""

from xml.dom.minidom import Document, Element

from tasks.annotate.package import Unfamiliar, append, children, new_element

# Light enough to read black text on; info has none. Each is one shade beside a common colour: by it a fill of ours is
# known again when the workbook is sent once more.
FILLS = {"critical": "FFFFC7CF", "warning": "FFFFE0B3"}
_LINK_COLOUR = "FF0563C1"
_HEADER_COLOUR = "FF1F4E79"
_SECTION_COLOUR = "FFE8EEF4"
_LINE_COLOUR = "FFC8C8C8"


_NO_COLOUR = {"indexed": "64"}

Colour = dict[str, str]
"""The attributes of a colour: rgb, or theme and tint, or indexed."""


class Styles:
    """The styles part of a workbook; every method returns the number of a cell style, made when first asked for."""

    def __init__(self, document: Document) -> None:
        self._root = document.documentElement
        # The entries of each list by their XML: what is there already is not added again.
        self._known: dict[str, dict[str, int]] = {}
        self._sizes: dict[str, int] = {}
        self._made: dict[tuple[object, ...], int] = {}
        self._own = children(self._list("cellXfs"), "xf")
        if not self._own:
            raise Unfamiliar("there are no cell styles")

    def filled(self, style: int, severity: str) -> int:
        """The sender's style with the fill of a severity; unchanged where the severity has none.

        The colour that the cell had is kept as the fill's second colour, which a plain fill does not show.
        """
        if severity not in FILLS:
            return style
        key = ("filled", style, severity)
        if key not in self._made:
            base = self._own[style] if style < len(self._own) else self._own[0]
            fills = children(self._list("fills"), "fill")
            number = int(base.getAttribute("fillId") or 0)
            had = _colours(fills[number])[0] if number < len(fills) else {}
            self._made[key] = self._with_fill(base, self._fill({"rgb": FILLS[severity]}, had or _NO_COLOUR))
        return self._made[key]

    def unfilled(self, keeps_second_colours: bool) -> dict[int, int]:
        """For each style with a fill of ours, from an earlier return: the style that the cell had before.

        Where the program that saved the workbook does not keep the second colour of a fill, the cell had none.
        """
        colours = [_colours(fill) for fill in children(self._list("fills"), "fill")]
        ours = {number for number, (shown, _) in enumerate(colours) if shown.get("rgb") in FILLS.values()}
        before: dict[int, int] = {}
        for number, xf in enumerate(self._own):
            fill = int(xf.getAttribute("fillId") or 0)
            if fill in ours:
                had = colours[fill][1]
                is_known = keeps_second_colours and had and had != _NO_COLOUR and had.get("rgb") not in FILLS.values()
                before[number] = self._with_fill(xf, self._fill(had, _NO_COLOUR) if is_known else 0)
        self._own = children(self._list("cellXfs"), "xf")
        return before

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
            xf = self._new("cellXfs", "xf")
            values = {
                "numFmtId": 0,
                "fontId": self._font(size, bold, colour, underlined),
                "fillId": self._fill({"rgb": fill}, _NO_COLOUR) if fill else 0,
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
            self._made[key] = self._number("cellXfs", xf)
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

    def _new(self, list_name: str, name: str) -> Element:
        return new_element(self._list(list_name), name)

    def _number(self, list_name: str, entry: Element) -> int:
        """The number of an entry in its list, to which it is added where nothing there is the same."""
        parent = self._list(list_name)
        if list_name not in self._known:
            entries = children(parent)
            self._known[list_name] = {one.toxml(): number for number, one in reversed(list(enumerate(entries)))}
            self._sizes[list_name] = len(entries)
        known, words = self._known[list_name], entry.toxml()
        if words not in known:
            parent.appendChild(entry)
            known[words] = self._sizes[list_name]
            self._sizes[list_name] += 1
            parent.setAttribute("count", str(self._sizes[list_name]))
        return known[words]

    def _with_fill(self, xf: Element, fill: int) -> int:
        clone = xf.cloneNode(True)
        assert clone is not None
        clone.setAttribute("fillId", str(fill))
        clone.setAttribute("applyFill", "1")
        return self._number("cellXfs", clone)

    def _fill(self, shown: Colour, second: Colour) -> int:
        entry = self._new("fills", "fill")
        pattern = append(entry, "patternFill", patternType="solid")
        append(pattern, "fgColor", **shown)
        append(pattern, "bgColor", **second)
        return self._number("fills", entry)

    def _font(self, size: int, bold: bool, colour: str | None, underlined: bool) -> int:
        entry = self._new("fonts", "font")
        if bold:
            append(entry, "b")
        if underlined:
            append(entry, "u")
        append(entry, "sz", val=str(size))
        append(entry, "color", rgb=colour or "FF000000")
        append(entry, "name", val="Calibri")
        append(entry, "family", val="2")
        return self._number("fonts", entry)

    def _border(self) -> int:
        entry = self._new("borders", "border")
        for side in ("left", "right", "top", "bottom"):
            append(append(entry, side, style="thin"), "color", rgb=_LINE_COLOUR)
        append(entry, "diagonal")
        return self._number("borders", entry)


def _colours(fill: Element) -> tuple[Colour, Colour]:
    """The colours of a plain fill, of which the first shows; both empty for any other fill."""
    patterns = children(fill, "patternFill")
    if not patterns or patterns[0].getAttribute("patternType") != "solid":
        return {}, {}
    first, second = (
        {key: value for one in children(patterns[0], name) for key, value in one.attributes.items()}
        for name in ("fgColor", "bgColor")
    )
    return first, second
