"""Read a zip of CSV files, one per sheet, as sheets of text."""

import csv
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePath

from forms.dictionary import sheets
from tasks.faults import Unreadable
from tasks.gate.archive import csv_members, member_name
from tasks.legacy_text import decode_bytes
from tasks.names import is_in_clutter
from tasks.read.grid import Cells, Grid
from tasks.read.labels import match

SEPARATORS = (",", ";", "\t")
MAX_CELLS = 20_000_000
_SEARCH_ROWS = 60


@dataclass
class CsvBook:
    """The sheets by file name, which of them is which sheet of the form, their encodings, and other files."""

    grids: dict[str, Grid] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def read_csv_zip(content: bytes) -> CsvBook:
    """Every sheet of the form that the archive holds. Raises Unreadable where a file is no CSV."""
    book = CsvBook()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {member_name(entry): entry for entry in archive.infolist() if not entry.is_dir()}
        found = csv_members(members)
        for key, path in found.items():
            name = _file_name(path)
            text, encoding = decode_bytes(archive.read(members[path]))
            book.grids[name] = Grid(_rows(name, text))
            book.sheets[key] = name
            if encoding is not None:
                book.encodings[name] = encoding
        rest = [path for path in members if path not in found.values()]
        book.others = [_file_name(path) for path in rest if not _is_of_the_archiver(path)]
    return book


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _is_of_the_archiver(path: str) -> bool:
    """What programs put beside the files that they pack."""
    return is_in_clutter(PurePath(path.replace("\\", "/")))


def _rows(name: str, text: str) -> list[Cells]:
    """The records with the separator that shows the most labels of the form; the first of equally good ones.

    A record is a row of the sheet, as a spreadsheet shows it: blank lines count, and lines within quotes do not.
    """
    best: list[list[str]] = []
    most = (-1, 0)
    for separator in SEPARATORS:
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        except csv.Error as error:
            raise Unreadable(f"tệp {name} không phải là CSV", f"{name} is no CSV: {error}") from error
        found = (_labels(rows), max(map(len, rows), default=0))
        if found[0] > most[0] or (most[0] == 0 and found[1] > most[1]):
            best, most = rows, found
    width = most[1]
    if width * len(best) > MAX_CELLS:
        raise Unreadable(f"tệp {name} quá lớn", f"{name} has more than {MAX_CELLS} cells")
    return [[*cells, *[""] * (width - len(cells))] for cells in best]


def _labels(rows: list[list[str]]) -> int:
    texts = {text for cells in rows[:_SEARCH_ROWS] for text in cells}
    return len({(key, known.field) for key in sheets() for text in texts if (known := match(key, text))})
