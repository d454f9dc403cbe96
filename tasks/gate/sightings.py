"""Which sheets may hold what a reader of values does not tell, seen while their XML streams by.

Hidden rows and columns, cells with errors, formulas, an unusual calendar: almost no sheet has them, and a sheet
that surely has none need not be unpacked and parsed for them.
"""

import re

_START = 4096
# So begins the XML of the programs that we know; any other way to write it may hold anything.
USUAL_START = re.compile(rb"\s*(<\?xml [^>]*\?>)?\s*<worksheet [^>\']*>")
_FORMULA = re.compile(rb"<f[\s/>]")
_IN_AN_OPEN_DOCUMENT = (
    *(b"visibility=", b"table:display=", b"value-type='error'", b'value-type="error"', b":formula="),
    b"null-date",  # the day that its dates count from
)


class XlsxSightings:
    """`found` has the names of the parts that hold any of it, or that are no sheet as we know them."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def start(self, name: str, size: int) -> None:
        self._name, self._is_first = name, True

    def feed(self, piece: bytes, text: bytes) -> None:
        if self._name in self.found:
            return
        is_usual = not self._is_first or USUAL_START.match(text[:_START]) is not None
        self._is_first = False
        # A single byte is found much faster than a word, and hardly any sheet has these three. The sign # begins
        # every error that has a value.
        if (
            not is_usual
            or b"hidden=" in text
            or (b"#" in text and b't="e"' in text)
            or (b"f" in text and _FORMULA.search(text))
            or (b"'" in text and b"='" in text)
        ):
            self.found.add(self._name)

    def finish(self) -> None:
        pass


class OdsSightings:
    """The same of an open document, whose sheets are all in one part."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def start(self, name: str, size: int) -> None:
        self._name = name

    def feed(self, piece: bytes, text: bytes) -> None:
        if self._name not in self.found and any(word in text for word in _IN_AN_OPEN_DOCUMENT):
            self.found.add(self._name)

    def finish(self) -> None:
        pass
