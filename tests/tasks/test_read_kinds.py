"""What only a spreadsheet can hold, in each kind of spreadsheet: days, errors, formulas, hidden parts, lost zeros."""

import datetime as dt
import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator

import pytest
import xlrd
from dressed_months import Formula, Serial, Value, as_xlsx, plain_month
from hypothesis import given, settings
from hypothesis import strategies as st
from office import Office
from openpyxl.utils import column_index_from_string  # type: ignore[import-untyped]
from small_district import DISTRICT

from forms.dictionary import sheets
from plan.reference import BASELINE_PERIOD
from tasks.case import Case
from tasks.children import Readers
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.faults import Unreadable
from tasks.findings import MASK, make_findings
from tasks.read import ReadWorkbook, read_workbook
from tasks.read.xls_marks import _gives_a_number, xls_marks
from tasks.validate import validate_wave
from tasks.values import to_text, to_whole_number

KINDS = ("xlsx", "xls", "ods")
DAY = dt.date(2020, 1, 3)
# How offices write the day of a report and its month, on the cover; and whether the workbook counts from 1904.
DAYS: dict[str, tuple[Value, Value, bool]] = {
    "a day and a month as text": (DAY, "12/2019", False),
    "bare numbers": (Serial(DAY), Serial(dt.date(2019, 12, 1)), False),
    "text and a day": ("03/01/2020", dt.date(2019, 12, 1), False),
    "ISO": ("2020-01-03", "2019-12", False),
    "days of 1904": (DAY, dt.date(2019, 12, 1), True),
    "bare numbers of 1904": (Serial(DAY), Serial(dt.date(2019, 12, 1)), True),
}
# Cells at fault: sheet key, field, row of data → what stands there and the finding with its value.
FAULTS: dict[tuple[str, str, int], tuple[Value, tuple[str, str, str, str]]] = {
    ("household", "persons", 1): (Formula("=1/0", "#DIV/0!"), ("F14", "Hộ", "K2", "#DIV/0!")),
    ("household", "hamlet", 2): (Formula("=#REF!", "#REF!"), ("F14", "Hộ", "D3", "#REF!")),
    ("household", "water", 3): (Formula("=NA()", "#N/A"), ("F14", "Hộ", "U4", "#N/A")),
    ("household", "note", 4): (Formula('="a"+1', "#VALUE!"), ("F14", "Hộ", "AE5", "#VALUE!")),
    ("commune", "households", 1): (Formula("=UNKNOWN()", "#NAME?"), ("F14", "Xã", "C2", "#NAME?")),
    ("commune", "persons", 2): ("#NUM!", ("F14", "Xã", "D3", "#NUM!")),
    ("household", "head_id_number", 5): (12345678, ("H14", "Hộ", "I6", MASK)),
    ("household", "head_id_number", 6): (96123456789, ("H14", "Hộ", "I7", MASK)),
    ("household", "b1_points", 7): (1.552, ("H05", "Hộ", "M8", "1.552")),
    ("cover", "prepared_on", 0): ("hôm qua", ("F04", "Bìa", "B7", "hôm qua")),
}
HIDDEN = [("Hộ", "dòng 3–4, 9; cột E"), ("Chính sách", "cả trang tính")]
SUM = Formula("=SUM(C3:C4)", 2000)


@pytest.fixture(scope="module")
def files(office: Office) -> dict[tuple[str, str], bytes]:
    """Every workbook of this module by its name and kind, as LibreOffice saves it; .xlsx is as it was."""
    own: dict[str, bytes] = {}
    for name, (day, month, is_1904) in DAYS.items():
        changes = {("cover", "prepared_on", 0): day, ("cover", "period", 0): month}
        own[name] = as_xlsx(plain_month(changes, is_1904=is_1904))
    faults = plain_month({place: value for place, (value, _) in FAULTS.items()})
    faults.hidden_rows["household"], faults.hidden_columns["household"] = [2, 3, 8, 40], [4, 50]
    faults.hidden_sheet = "policy"
    own["faults"] = as_xlsx(faults)
    own["sum"] = as_xlsx(plain_month({("commune", "households", 1): SUM}))
    made = {(name, "xlsx"): content for name, content in own.items()}
    for kind in ("xls", "ods"):
        for name, content in zip(own, office.save_as(list(own.values()), kind), strict=True):
            made[name, kind] = content
    return made


def read(content: bytes, kind: str) -> ReadWorkbook:
    return read_workbook(content, f"thang.{kind}")


Finding = tuple[str, str, str | None, str | None]


@pytest.fixture(scope="module")
def found(files: dict[tuple[str, str], bytes]) -> dict[tuple[str, str], list[Finding]]:
    """Rule, sheet, cell and value of what is found in the workbooks at fault, by name and kind."""
    at_fault = {("faults", kind): read(files["faults", kind], kind) for kind in KINDS}
    for kind, forgetters in FORGETTERS.items():
        for name, forget in forgetters.items():
            at_fault[name, kind] = read(forget(files["sum", kind]), kind)
    cases = [
        Case("/".join(key), book, dt.date(2020, 1, 15), DISTRICT, BASELINE_PERIOD) for key, book in at_fault.items()
    ]
    frames = derive_wave(cases, BASELINE_PERIOD)
    judged = make_findings(cases, frames, validate_wave(frames, BASELINE_PERIOD), limit=100)
    return {
        key: sorted((row["rule"], row["sheet"], row["cell"], row["value"]) for row in one.listed)
        for key, one in zip(at_fault, judged, strict=True)
    }


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    @pytest.mark.parametrize("name", DAYS)
    def test_days_are_read_however_they_are_written(
        self, files: dict[tuple[str, str], bytes], kind: str, name: str
    ) -> None:
        workbook = read(files[name, kind], kind)
        cover = read_cover(workbook)
        assert (cover.prepared_on, cover.period, cover.invalid) == (DAY, "2019-12", frozenset())
        assert [workbook.cover[key].cell for key in ("prepared_on", "period")] == ["B7", "B4"]

    def test_cells_at_fault_are_found_where_they_are(
        self, found: dict[tuple[str, str], list[Finding]], kind: str
    ) -> None:
        expected = sorted(expected for _, expected in FAULTS.values())
        assert [one for one in found["faults", kind] if one[0] != "F13"] == expected

    def test_hidden_data_is_named(
        self, files: dict[tuple[str, str], bytes], found: dict[tuple[str, str], list[Finding]], kind: str
    ) -> None:
        assert [(one.sheet, one.value) for one in read(files["faults", kind], kind).hidden] == HIDDEN
        assert [one[1] for one in found["faults", kind] if one[0] == "F13"] == sorted(sheet for sheet, _ in HIDDEN)

    def test_a_formula_with_a_result_is_its_result(self, files: dict[tuple[str, str], bytes], kind: str) -> None:
        workbook = read(files["sum", kind], kind)
        assert workbook.tables["commune"].rows["households"][0] == 2000
        assert workbook.errors == []

    def test_a_formula_without_a_result_is_an_error(
        self, found: dict[tuple[str, str], list[Finding]], kind: str
    ) -> None:
        for name in FORGETTERS[kind]:
            assert found[name, kind] == [("F14", "Xã", "C2", SUM.text)], name


def in_part(name: str, pattern: bytes, replacement: bytes) -> Callable[[bytes], bytes]:
    """A change of one part of a zipped workbook, which must change something."""

    def change(content: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
            for entry in source.infolist():
                part = source.read(entry)
                if entry.filename == name:
                    part, changes = re.subn(pattern, replacement, part)
                    assert changes == 1
                target.writestr(entry, part)
        return buffer.getvalue()

    return change


def in_formula(result: bytes, flags: int) -> Callable[[bytes], bytes]:
    """An .xls whose one formula has this result and these flags."""

    def change(content: bytes) -> bytes:
        found = [one.start() for one in re.finditer(rb"\x06\x00.\x00\x01\x00\x02\x00", content, re.DOTALL)]
        assert len(found) == 1
        patched = bytearray(content)
        patched[found[0] + 10 : found[0] + 18] = result
        struct.pack_into("<H", patched, found[0] + 18, flags)
        return bytes(patched)

    return change


def uncalculated_sheet(content: bytes) -> bytes:
    """The same with a zero, on a sheet that says of itself that it was not calculated (in place of REFMODE)."""
    patched = in_formula(bytes(8), 0)(content)
    return patched.replace(struct.pack("<HHH", 0x0F, 2, 1), struct.pack("<HHH", 0x5E, 2, 0))


# How programs that can't calculate leave a formula, by kind.
FORGETTERS: dict[str, dict[str, Callable[[bytes], bytes]]] = {
    "xlsx": {"no result": in_part("xl/worksheets/sheet3.xml", rb"(</f>)<v>2000</v>", rb"\1")},
    "ods": {
        "no result": in_part("content.xml", rb'(table:formula="of:=SUM[^"]*")[^>]*><text:p>[^<]*</text:p>', rb"\1>")
    },
    "xls": {
        "an empty text": in_formula(b"\x03" + bytes(5) + b"\xff\xff", 0),
        "a zero to be calculated on opening": in_formula(bytes(8), 3),
        "a zero on a sheet that is not calculated": uncalculated_sheet,
    },
}


class TestXls:
    """What is told of an .xls by its records alone."""

    def test_every_value_stands_where_xlrd_finds_it(self, files: dict[tuple[str, str], bytes]) -> None:
        content = files["faults", "xls"]
        book = xlrd.open_workbook(file_contents=content)
        found = read(content, "xls")
        compared = 0
        for key, table in found.tables.items():
            theirs = book.sheet_by_name(table.sheet_name)
            for row in table.rows.iter_rows(named=True):
                for field, letter in table.columns.items():
                    cell = theirs.cell(row["row"] - 1, column_index_from_string(letter) - 1)
                    if cell.ctype == xlrd.XL_CELL_ERROR:
                        assert f" {field} " in row["errors"]
                    else:
                        is_number = sheets()[key].field(field).type in ("count", "year")
                        value = to_whole_number(cell.value) if is_number else to_text(cell.value)
                        assert row[field] == value or f" {field} " in (row["errors"] or ""), (key, row["row"], field)
                    compared += 1
        assert compared > 500

    @pytest.mark.parametrize(
        ("formula", "gives"),
        [
            ("SUM(K3:K9)", True),
            ("A1+1", True),
            ("'Xã \"1\"'!A1*2", True),
            ("ROUND(SUM(Xã!A1:A9)/3,1)", True),
            ("-A1", True),
            ("A1", False),
            ('IF(A1=1,"x","")', False),
            ("A1&B1", False),
            ("IF(A1>0,B1,C1)", False),
            ("VLOOKUP(A1,B1:C9,2)+0", False),
            ("TRIM(A1)", False),
            ("", False),
        ],
    )
    def test_an_empty_result_is_none_where_the_formula_gives_a_number(self, formula: str, gives: bool) -> None:
        assert _gives_a_number(formula) is gives

    @pytest.mark.parametrize("length", [512, 1500, 4000])
    def test_a_transfer_that_broke_off_is_refused(self, files: dict[tuple[str, str], bytes], length: int) -> None:
        with pytest.raises(Unreadable):
            read(files["sum", "xls"][:length], "xls")

    def test_whatever_xlrd_raises_the_file_is_damaged(self) -> None:
        for content in (b"", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), b"PK\x03\x04" + bytes(100)):
            with pytest.raises(ValueError):
                xls_marks(content)

    @settings(max_examples=40)
    @given(data=st.data())
    def test_no_damage_raises_out_of_the_reader(
        self,
        files: dict[tuple[str, str], bytes],
        readers: Readers,
        tmp_path_factory: pytest.TempPathFactory,
        data: st.DataObject,
    ) -> None:
        content = bytearray(files["faults", "xls"])
        for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
            content[at] = data.draw(st.integers(0, 255))
        path = tmp_path_factory.mktemp("damaged") / "a"
        path.write_bytes(content)
        assert isinstance(readers.read(path, "a.xls"), ReadWorkbook | Unreadable)


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1, seconds=20) as one:
        yield one
