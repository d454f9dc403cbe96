"""Workbooks of the form with anything anywhere, drawn by hypothesis: cells, headers, sheets, merged ranges."""

import datetime as dt
from typing import cast

import books
from books import Raw, Value
from hypothesis import strategies as st
from small_district import a_month

from forms.dictionary import sheets
from plan.reference import BASELINE_PERIOD

Grids = dict[str, list[list[Value]]]

# Any character that a format can hold, with those that reorder, join or end lines more often than others.
_CHARACTERS = st.one_of(
    st.sampled_from("\0\x01\t\n\r\x0b\x1b\x7f\x85\xa0\xad\u0301\u0323\u061c\u200b\u202e\u2028\ufeff\ufffe\uffff😀"),
    st.characters(exclude_categories=["Cs"]),
)
_TEXT = st.text(_CHARACTERS, max_size=20)
# What XML may not hold as it is stands in a workbook as _xHHHH_.
_ESCAPED = st.sampled_from(["_x0000_", "_xD800_", "_xDFFF_x", "_x005F_x0041_", "_x000D_", "_x"])
_RAW = st.sampled_from(
    [
        Raw("><v>NaN</v></c>", "NaN"),
        Raw("><v>INF</v></c>", "inf"),
        Raw("><v>-Infinity</v></c>", "-inf"),
        Raw("><v>1e400</v></c>", "1e400"),
        Raw(f"><v>{10**400}</v></c>", str(10**400)),
        Raw("><v></v></c>", ""),
        Raw("><v>abc</v></c>", "abc"),
        Raw(' t="s"><v>999999</v></c>', "s"),
        Raw(' t="e"><v>#REF!</v></c>', "#REF!"),
        Raw(' t="e"><v/></c>', "#N/A"),
        Raw(' t="str"><f>A1</f><v></v></c>', ""),
        Raw("><f>SUM(A1:A3)</f></c>", "=SUM(A1:A3)"),
        Raw(' t="d"><v>2019-12-31T00:00:00</v></c>', "2019-12-31"),
        Raw(' t="d"><v>0000-00-00</v></c>', "0000-00-00"),
        Raw(' t="b"><v>7</v></c>', "7"),
        Raw(' t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        Raw(' t="zzz"><v>1</v></c>', "1"),
        Raw(' s="1"><v>-1</v></c>', "-1"),
        Raw(' s="1"><v>2958466</v></c>', "2958466"),
        Raw(' s="1"><v>1e300</v></c>', "1e300"),
        Raw(' s="99"><v>43830.5</v></c>', "43830.5"),
        Raw("/>", ""),
    ]
)
_NUMBERS = st.one_of(
    st.integers(-(10**400), 10**400),
    st.integers(-3, 40),
    st.floats(),
    st.sampled_from([2**31 - 1, 2**31, 2**63, 1.552, 0.1, -0.0, 5e-324, 1e308]),
)
_DATES = st.dates() | st.sampled_from([dt.date.min, dt.date.max, dt.date(1900, 2, 28), dt.date(1900, 3, 1)])
_WORDS = st.sampled_from(
    [
        *("x", "X", "1", "có", "không", "N1", "CN", "KN", "MOI", "KHONG_DOI", "N_KN", "MOI_N", "Nam", "Kinh", "Khmer"),
        *("Cộng", "Tổng cộng", "1.552", "3,04", "-5", "5.0", "1e5", "00012", "32194", "32191", "Nông thôn", "Hộ", "N"),
        *("=1+1", "+84", "@a", "-a", "'a", "#N/A", "#REF!", "31/12/2019", "2019-12", "30/02/2020", "a|b", "a/b", " "),
        *("9" * 5000, "9" * 5000 + "=1", "=" * 5000 + "!", "1", "2=1", "(3)"),
        *("M· x·", "Hé nghÌo", "x" * 40_000, "٣", "１２", "½", "²"),
    ]
)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.just(""), st.booleans(), _WORDS, _WORDS, _NUMBERS, _NUMBERS, _TEXT, _ESCAPED, _DATES, _RAW
)
_RANGES = st.sampled_from(["A1:C3", "B2:B5", "A1:A1", "C3:A1", "A1:AZ9", "A4:A9", "D4:E9"])


@st.composite
def soups(draw: st.DrawFn) -> tuple[str, bytes]:
    """The format, and a file in it that began as a month that every rule lets pass."""
    grids = _plain()
    for _ in range(draw(st.integers(1, 4))):
        draw(_CHANGES)(draw, grids)
    kind = draw(st.sampled_from(["xlsx", "xlsx", "xls", "ods", "zip"]))
    if kind != "xlsx":
        held = {name: [list(map(_holdable, row)) for row in rows] for name, rows in grids.items()}
        return kind, books.FORMATS[kind](held)
    merged = {name: draw(st.lists(_RANGES, max_size=2)) for name in grids}
    escaped = {name: [list(map(_as_xml, row)) for row in rows] for name, rows in grids.items()}
    return kind, books.xlsx(escaped, merged, draw(st.sampled_from(["", *grids])))


def _plain() -> Grids:
    month = a_month(BASELINE_PERIOD)
    grids: Grids = {}
    for key, sheet in sheets().items():
        if key == "cover":
            grids[sheet.name_vi] = [[field.label_vi, cast(Value, month.cover.get(field.key))] for field in sheet.fields]
        else:
            rows = [[cast(Value, row.get(field.key)) for field in sheet.fields] for row in month.rows(key)]
            grids[sheet.name_vi] = [[field.label_vi for field in sheet.fields], *rows]
    return grids


def _cells(draw: st.DrawFn, grids: Grids) -> None:
    rows = _sheet(draw, grids)
    for _ in range(draw(st.integers(1, 12))):
        cells = draw(st.sampled_from(rows)) if rows else []
        if cells:
            cells[draw(st.integers(0, len(cells) - 1))] = draw(VALUES)


def _column(draw: st.DrawFn, grids: Grids) -> None:
    """One column, or one row, of nothing but soup."""
    rows = _sheet(draw, grids)
    at = draw(st.integers(0, 40))
    for cells in rows[draw(st.integers(0, 2)) :]:
        if at < len(cells):
            cells[at] = draw(VALUES)


def _shuffled_header(draw: st.DrawFn, grids: Grids) -> None:
    rows = _sheet(draw, grids)
    if rows:
        rows[0] = draw(st.permutations(rows[0]))


def _moved_rows(draw: st.DrawFn, grids: Grids) -> None:
    """Rows twice, rows gone, blank ones, and blank columns before the table."""
    rows = _sheet(draw, grids)
    if rows:
        rows.insert(draw(st.integers(0, len(rows))), list(draw(st.sampled_from(rows))))
        del rows[draw(st.integers(0, len(rows) - 1))]
    rows.insert(draw(st.integers(0, len(rows))), [])
    left = draw(st.integers(0, 30))
    rows[:] = [[*[None] * left, *cells] for cells in rows]


def _emptied(draw: st.DrawFn, grids: Grids) -> None:
    rows = _sheet(draw, grids)
    del rows[draw(st.integers(0, 2)) :]


def _sheets(draw: st.DrawFn, grids: Grids) -> None:
    """A sheet gone, there twice, or under another name."""
    name = draw(st.sampled_from(sorted(grids)))
    deed = draw(st.sampled_from(["gone", "twice", "renamed", "swapped"]))
    if deed == "twice":
        grids[f"{name}\0"] = [list(cells) for cells in grids[name]]
    elif deed == "swapped":
        other = draw(st.sampled_from(sorted(grids)))
        grids[name], grids[other] = grids[other], grids[name]
    elif len(grids) > 1:
        rows = grids.pop(name)
        if deed == "renamed":
            grids[draw(st.sampled_from(["ho", "HỘ ", "Sheet1", "a'b", "x" * 31, "Lỗi", "Diễn biến  "]))] = rows


_CHANGES = st.sampled_from([_cells, _cells, _cells, _column, _shuffled_header, _moved_rows, _emptied, _sheets])


def _sheet(draw: st.DrawFn, grids: Grids) -> list[list[Value]]:
    return grids[draw(st.sampled_from(sorted(grids)))]


def _as_xml(value: Value) -> Value:
    """Text as .xlsx writes what XML can't hold; a number that is none, or too long to write, as its digits."""
    if isinstance(value, str):
        return "".join(letter if _is_xml(letter) else f"_x{ord(letter):04X}_" for letter in value)
    return value


def _is_xml(letter: str) -> bool:
    return letter in "\t\n\r" or " " <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter > "\uffff"


def _holdable(value: Value) -> Value:
    """The value as another format can hold it."""
    if isinstance(value, str):
        return "".join(letter if _is_xml(letter) else " " for letter in value)[:2000]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**300:
        return str(value)
    return value
