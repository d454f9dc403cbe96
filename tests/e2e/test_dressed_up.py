"""A district's baseline as offices send it: right data is accepted however it is dressed, and a wrong cell is named.

Each file is dressed in every way at once (`dressing.py`) and saved by another program or in another encoding. All are
files of one month, so the last stands; each was accepted, and its tables are those of the plain file.
"""

import csv
import io
import json
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from dressing import WRONG, as_csv_zip, as_xlsx, dressed, shouted
from legacy_typing import typed
from openpyxl import load_workbook
from sample_year import run

from forms.layout import column_letter
from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Ledger
from ledger.states import State, Submission, derive_state
from plan.reference import BASELINE_PERIOD
from sample.scale import thinned
from sample.year import generate_year
from settings import Settings
from tasks.judgements import read_findings
from tasks.legacy_text import DECOMPOSED, TCVN3, UTF_16, VNI, WINDOWS_1258

DISTRICT, OTHER = "971", "972"
PLAIN, TEMPLATE = "00 mau.xlsx", "99 chua dien.xlsx"
# What tells a row of one file from the same row of another.
PROVENANCE = ("submission_id", "row")
# The dressed files, and the encoding that each is told about (rule F12).
DRESSED = {
    "tat ca.xlsx": DECOMPOSED,
    "luu lai.xlsx": DECOMPOSED,
    "luu lai.xls": DECOMPOSED,
    "luu lai.ods": DECOMPOSED,
    "tcvn3.xlsx": TCVN3,
    "vni.xlsx": VNI,
    "utf-16.zip": UTF_16,
    "windows-1258.zip": WINDOWS_1258,
}
GOOD, SPOILED = "tot", "sai"


class Sent(NamedTuple):
    """The data root after the run, and the files as they were sent; `folder` is for more files."""

    folder: Path
    settings: Settings
    files: dict[str, bytes]
    state: State

    def one(self, name: str) -> Submission:
        [found] = [one for one in self.state.submissions.values() if one.file_name == name]
        return found

    def findings(self, name: str) -> pl.DataFrame:
        return read_findings(self.settings.judgements, self.state, self.one(name), self.settings.timezone)

    def tables(self, name: str) -> dict[str, pl.DataFrame]:
        folder = self.settings.accepted / self.one(name).submission_id
        return {path.stem: pl.read_parquet(path).drop(PROVENANCE) for path in sorted(folder.glob("*.parquet"))}


def convert(files: list[Path], to: str, out: Path) -> None:
    """Save files by LibreOffice in another format, or in the same anew."""
    profile = f"-env:UserInstallation={(out.parent / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(out), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)


def in_every_dress(month: DistrictMonth, folder: Path) -> dict[str, bytes]:
    """The dressed files by name, those with one wrong cell among them."""
    found = {}
    for kind in (GOOD, SPOILED):
        layouts = dressed(month, spoiled=kind == SPOILED)
        legacy: dict[str, Callable[[str], str]] = {
            name: lambda text, encoding=encoding: typed(text, encoding) for name, encoding in _TYPED.items()
        }
        found[f"{kind} tat ca.xlsx"] = as_xlsx(layouts, shouted)
        found |= {f"{kind} {name}": as_xlsx(layouts, letters) for name, letters in legacy.items()}
        found[f"{kind} utf-16.zip"] = as_csv_zip(layouts, lambda text: text.encode("utf-16"))
        found[f"{kind} windows-1258.zip"] = as_csv_zip(
            layouts, lambda text: typed(text, WINDOWS_1258).encode("latin-1")
        )
        (folder / f"{kind} luu lai.xlsx").write_bytes(found[f"{kind} tat ca.xlsx"])
    sources = [folder / f"{kind} luu lai.xlsx" for kind in (GOOD, SPOILED)]
    for extension in ("xlsx", "xls", "ods"):
        convert(sources, extension, folder / "out")
    return found | {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


_CODE_PAGE = "cp1258"
_TYPED = {"tcvn3.xlsx": TCVN3, "vni.xlsx": VNI}


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    folder = tmp_path_factory.mktemp("dressed")
    settings = Settings(data=folder / "data", settle_seconds=0, ledger_url="", pseudonym_key="")
    settings.inbox.mkdir(parents=True)
    [month] = thinned([generate_year(last=BASELINE_PERIOD)[BASELINE_PERIOD, DISTRICT]])
    write_workbook(settings.inbox / PLAIN, month)
    slot = ("--district", OTHER, "--period", BASELINE_PERIOD)
    run(settings.data, "template", *slot, "--out", str(settings.inbox / TEMPLATE))
    files = in_every_dress(month, folder)
    for name, content in files.items():
        (settings.inbox / name).write_bytes(content)
    done = json.loads(run(settings.data, "ingest", "--json").stdout)
    assert done["faults"] == []
    ledger = Ledger(settings.database_url)
    state = derive_state(ledger.events())
    ledger.close()
    return Sent(folder, settings, files, state)


each_file = pytest.mark.parametrize("name", DRESSED)


@each_file
def test_right_data_is_accepted_however_it_is_dressed(sent: Sent, name: str) -> None:
    submission = sent.one(f"{GOOD} {name}")
    assert submission.judgement is not None
    assert submission.judgement["verdict"] == "accepted"
    found = sent.findings(f"{GOOD} {name}")
    assert set(found["rule"]) == {"F11", "F12"}
    assert set(found.filter(pl.col("rule") == "F12")["value"]) == {DRESSED[name]}


@each_file
def test_its_tables_are_those_of_the_plain_file(sent: Sent, name: str) -> None:
    plain, found = sent.tables(PLAIN), sent.tables(f"{GOOD} {name}")
    assert found.keys() == plain.keys() == {"household", "commune", "movement", "policy"}
    if DRESSED[name] == TCVN3:
        # Capitals with a tone are a font of their own there: "Ấp" comes back as "ấp".
        plain["household"], found["household"] = map(without_case, (plain["household"], found["household"]))
    for key, table in plain.items():
        assert table.height > 0
        assert found[key].equals(table), key


def without_case(household: pl.DataFrame) -> pl.DataFrame:
    return household.with_columns(pl.col("hamlet").str.to_lowercase())


@each_file
def test_one_wrong_cell_is_named_where_it_stands_in_the_senders_file(sent: Sent, name: str) -> None:
    name = f"{SPOILED} {name}"
    assert sent.one(name).state == "rejected"
    wrong = sent.findings(name).filter(pl.col("severity") != "info")
    assert wrong["rule"].to_list() == ["H05"]
    places = places_of_the_wrong_value(name, sent.files[name], sent.folder)
    assert [(wrong.item(0, "sheet"), wrong.item(0, "cell"))] == places
    assert wrong.item(0, "value") == WRONG


def places_of_the_wrong_value(name: str, content: bytes, folder: Path) -> list[tuple[str, str]]:
    """The sheet and address of every cell that holds it: by openpyxl, or by the csv module."""
    if name.endswith(".zip"):
        return list(_in_csv(content, _CODE_PAGE if "1258" in name else "utf-16"))
    path = folder / name
    path.write_bytes(content)
    if not name.endswith(".xlsx"):
        convert([path], "xlsx", folder / path.suffix)
        path = folder / path.suffix / path.with_suffix(".xlsx").name
    return [
        (worksheet.title, cell.coordinate)
        for worksheet in load_workbook(path)
        for row in worksheet.iter_rows()
        for cell in row
        if cell.value == WRONG
    ]


def _in_csv(content: bytes, encoding: str) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            lines = csv.reader(io.StringIO(archive.read(member).decode(encoding), newline=""), delimiter=";")
            for number, cells in enumerate(lines, start=1):
                for column, value in enumerate(cells):
                    if value == WRONG:
                        yield member.rpartition("/")[2], f"{column_letter(column)}{number}"


def test_an_untouched_template_is_told_in_a_few_lines(sent: Sent) -> None:
    """What the cover lacks, and once for each sheet that no number was written on."""
    assert sent.one(TEMPLATE).state == "rejected"
    found = [(row["rule"], row["sheet"], row["cell"]) for row in sent.findings(TEMPLATE).iter_rows(named=True)]
    assert found == [
        *[("F04", "Bìa", f"B{row}") for row in range(8, 13)],
        ("C01", "Xã", "C4"),
        ("C01", "Diễn biến", "E4"),
        ("P01", "Chính sách", "D4"),
    ]
