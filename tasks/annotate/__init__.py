"""Give a district its own workbook back with the faults marked: `returned/PERIOD/DISTRICT/`.

The cells at fault are filled and commented, and a first sheet "Lỗi" lists the causes and the findings.

An .xlsx is changed in its XML and not through openpyxl. Tried on a file with each of these, openpyxl 3.1 loses
on load and save: the stored results of formulas (a program that doesn't calculate then reads nothing), pictures
(without Pillow), text boxes, the picture of a page header, the conditional formats and sparklines of Excel 2010
(extLst), and the fonts in rich text and comments. 1.2 million cells took it 54 s. Here every part that needs no
change is copied as it is, and in a sheet only the tags of the cells at fault change: 5 s and 320 MB for the same
file with 10,000 listed findings, so a large file needs no other treatment (its values as a fresh workbook: 8 s).

What an in-place change can't do is done on a fresh workbook with the sender's values at the same addresses, and
the sheet "Lỗi" says so: xls, ods and zip of CSVs, and an .xlsx of a kind that is not known (strict OOXML, XML with
comments or CDATA). There styles, widths and formulas are not the sender's; errors, merged and hidden cells are.

A returned workbook that is mended and sent again carries our marks: its sheet "Lỗi" is passed over by the reader
(`tasks/read/listing.py`), and a new return has the new sheet, fills and notes instead of the old ones.

Known limits: a comment on a cell that carries a threaded comment of Microsoft 365 is shown by other programs only;
fills of a conditional format lie over ours; where a program has dropped the second colour of our fill, as
LibreOffice does, a cell that the sender had coloured is white after the second return.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from tasks.annotate.book import Book
from tasks.annotate.fresh import rewrite
from tasks.annotate.lines import causes, make_lines, sheet_finder
from tasks.annotate.listing import write_listing
from tasks.annotate.package import Unfamiliar
from tasks.gate import recognise
from tasks.words import LISTING_SHEET

__all__ = ["annotate", "annotate_file"]

_FRESH_NOTES = {
    "xls": "Tệp gốc dạng .xls: bản này chép lại giá trị ở đúng các ô, không giữ định dạng và công thức của tệp gốc.",
    "ods": "Tệp gốc dạng .ods: bản này chép lại giá trị ở đúng các ô, không giữ định dạng và công thức của tệp gốc.",
    "zip": "Tệp gốc là các tệp CSV nén: mỗi tệp thành một trang tính, mọi giá trị để dạng văn bản.",
    "xlsx": "Không ghi thẳng vào tệp gốc được: bản này chép lại giá trị ở đúng các ô, không giữ định dạng và "
    "công thức của tệp gốc.",
}


def annotate(
    content: bytes, kind: str, findings: Sequence[Mapping[str, Any]], counts: Mapping[str, int], verdict_vi: str
) -> bytes:
    """The workbook for the district, as the bytes of an .xlsx; equal input gives equal bytes.

    `content` is the file as it was received and `kind` what it is (xlsx, xls, ods, zip). `findings` have the
    columns of `tasks.findings.SCHEMA` and may be cut per rule; `counts` has the exact number for every rule.
    Masked values are shown as the file has them. `verdict_vi` says in words what became of the file.

    Raises ValueError for a kind that is not known, tasks.faults.Unreadable for a file that can't be opened (rule F01).
    """
    if kind not in _FRESH_NOTES:
        raise ValueError(f"a file of kind {kind!r} can't be annotated")
    if kind == "xlsx":
        try:
            return _annotated(content, findings, counts, verdict_vi, [])
        except (Unfamiliar, ExpatError, LookupError, ValueError, RecursionError):
            # A file that no careful program wrote: the district gets its values back all the same.
            pass
    fresh = rewrite(content)
    return _annotated(fresh.content, findings, counts, verdict_vi, [_FRESH_NOTES[kind]], fresh.names)


def annotate_file(
    path: Path, findings: Sequence[Mapping[str, Any]], counts: Mapping[str, int], verdict_vi: str
) -> bytes:
    """`annotate` on a stored file. Raises OSError where it can't be read, and Unreadable as `annotate` does."""
    content = path.read_bytes()
    return annotate(content, recognise(content), findings, counts, verdict_vi)


def _annotated(
    content: bytes,
    findings: Sequence[Mapping[str, Any]],
    counts: Mapping[str, int],
    verdict_vi: str,
    notes_vi: Sequence[str],
    aliases: Mapping[str, str] | None = None,
) -> bytes:
    book = Book(content)
    find_sheet: Callable[[str], str | None] = sheet_finder(book.sheet_names, aliases)
    # What was listed without a count (F07 of a later delivery) counts as often as it is listed.
    exact = Counter(finding["rule"] for finding in findings) | Counter(counts)
    order = causes(exact)
    lines = make_lines(findings, order, find_sheet, content)
    book.mark(lines)
    book.put_first(LISTING_SHEET, write_listing(lines, order, exact, verdict_vi, notes_vi, book.styles))
    return book.save()
