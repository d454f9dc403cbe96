"""What each output of one release says, as facts: a key, and the text or figure that stands there."""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import duckdb
import lxml.html
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from typer.testing import CliRunner

import cli
from flows.prefect_artifacts import targets_markdown
from forms.numbers import number_vi
from labels.table import GROUPS, STATES, TARGETS, TIMELINESS, kinds, measure_words
from plan.reference import district_names, plan
from reports.files import DOCUMENT, PAGE, WAREHOUSE, WORKBOOK
from settings import Settings
from terminal_targets import print_targets

Facts = dict[tuple[str, ...], str | bool]
CODES = {name: code for code, name in district_names().items()}
HOW = measure_words(plan().headline_measure, plan().headline_basis).vi
GROUP_OF = {TARGETS[f"{group}_reduction"].vi: group for group in GROUPS}
# "7/9 huyện đạt" behind the name of a target: how every output tells it.
MET = re.compile(rf"({'|'.join(name.lower() for name in GROUP_OF)}) (\d+/\d+) huyện đạt")
LEVEL = re.compile(
    r"(\S+(?: huyện đã báo cáo| tỉnh)) có ([\d.]+) hộ nghèo \(([\d,]+) %\) và ([\d.]+) hộ cận nghèo \(([\d,]+) %\)"
)


def _sentences(text: str) -> Facts:
    """Verdicts in sentences: how many districts met each target, and what is said of the province."""
    found: Facts = {("met", GROUP_OF[name.capitalize()]): share for name, share in MET.findall(text)}
    for name, group in GROUP_OF.items():
        for sentence in re.findall(rf"(?:^|\n)[-\s]*({name}(?:, {re.escape(HOW)})?: [^\n]*?\.)(?=\n|$)", text):
            if "chỉ tiêu" in sentence:  # and not what is told of the year's movements
                found["sentence", group] = sentence
    return found


def _verdict(found: Facts, unit: str, target: str, how: str, word: str) -> None:
    """A row of a table: the plan's own measure is the verdict, the others stand beside it."""
    found["status", unit, target, how] = word


def of_terminal(settings: Settings) -> Facts:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_targets(settings)
    text = out.getvalue()
    found = _sentences(text)
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        if cells[0] in GROUP_OF and len(cells) == 8:
            _verdict(found, "96", cells[0], cells[1], cells[-1])
        elif cells[0] in CODES and len(cells) == 13:
            for name, at in zip(GROUP_OF, (5, 11), strict=True):
                _verdict(found, CODES[cells[0]], name, HOW, cells[at])
    whose = re.search(r"TẠM TÍNH, (\d+/\d+)", text)
    if whose:
        found["reported",] = whose[1]
    return found


def of_markdown(folder: Path) -> Facts:
    text = targets_markdown(folder / WAREHOUSE)
    found = _sentences(text)
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 8 and cells[1] in GROUP_OF:
            _verdict(found, CODES.get(cells[0], "96"), cells[1], cells[2], cells[-1])
    if whose := re.search(r"\((\d+/\d+) huyện đã báo cáo\)", text.splitlines()[0]):
        found["reported",] = whose[1]
    return found


def of_document(folder: Path) -> Facts:
    document = docx.Document(str(folder / DOCUMENT))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    found = _sentences(text)
    reported = re.search(r"(\d+/\d+) huyện, thành phố có báo cáo được chấp nhận\.([^\n]*)", text)
    assert reported is not None
    found["reported",] = reported[1]
    missing = re.search(r"Chưa có: ([^.]*)\.", reported[2])
    late = re.search(r"Nộp muộn: ([^.]*)\.", reported[2])
    for name, code in CODES.items():
        found["missing", code] = bool(missing and name in missing[1].split(", "))
        found["late", code] = bool(late and name in late[1].split(", "))
    for group, words in GROUPS.items():
        level = re.search(rf"có ([\d.]+) {words.vi} với [\d.]+ khẩu, chiếm tỷ lệ ([\d,]+)%", text)
        assert level is not None
        found["households", group], found["rate", group] = level[1], level[2]
    for table in document.tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if rows[0][0] == "Chỉ tiêu của Kế hoạch":
            for row in reversed(rows[1:]):  # the first of a target's rows is the plan's own, in bold
                name = row[0].partition(":")[0]
                if name in GROUP_OF:
                    _verdict(found, "96", name, HOW, row[-1])
        if rows[0][0] == "Đơn vị" and "Kết quả" in rows[0]:
            name = list(GROUP_OF)[sum(("status", "964", one, HOW) in found for one in GROUP_OF)]
            for row in rows[1:]:
                _verdict(found, CODES.get(row[0], "96"), name, HOW, row[rows[0].index("Kết quả")])
        if rows[0][0] == "Tháng":
            for row in rows[1:]:
                for name, state in re.findall(r"([^;(]+?) \(([^)]*)\)", row[1]):
                    found["state", CODES[name.strip()], row[0]] = state
    return found


def of_workbook(folder: Path) -> Facts:
    book = load_workbook(folder / WORKBOOK, data_only=True, read_only=True)
    sheets = {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}
    found: Facts = {}
    month = re.search(r"tháng (\d\d/\d{4})", str(sheets["Mục lục"][3][0]))
    assert month is not None
    for row in sheets["Mục lục"]:
        if row[0] in CODES.values():
            code = str(row[0])
            found["state", code, month[1]] = row[2]
            found["missing", code] = row[2] != STATES["accepted"].vi
            if row[2] == STATES["accepted"].vi:  # the day of a file that stands
                found["late", code] = row[3].endswith(f"({TIMELINESS['late'].vi})")
    found["reported",] = re.search(r"(\d+/\d+) huyện", str(sheets["Mục lục"][4][0]))[1]  # type: ignore[index]
    for row in sheets["Biểu 1"]:
        if str(row[1]).startswith("TOÀN TỈNH"):
            for group, count, rate in (("poor", 5, 6), ("near_poor", 14, 15)):
                found["households", group], found["rate", group] = number_vi(row[count]), number_vi(row[rate], 2)
    group = ""
    for row in sheets.get("Biểu 11", []):
        group = next((name for name in GROUP_OF if name.upper() == row[1]), group)
        unit = "96" if str(row[1]).startswith("TOÀN TỈNH") else CODES.get(re.sub(r" \(.*", "", str(row[1])))
        if unit and group:
            _verdict(found, unit, group, HOW, row[15])
    for row in sheets.get("Biểu 12", []):
        if row[1] in GROUP_OF:
            _verdict(found, "96", row[1], row[2], row[-1])
        for name, group in GROUP_OF.items():
            if str(row[1]).startswith("Số huyện") and str(row[1]).endswith(f"tỷ lệ {name.lower()}"):
                found["met", group] = f"{number_vi(row[6])}/{number_vi(row[5])}"
    return found


def _in(element: Any, language: str) -> str:
    """The text of an element in one language; what both write alike has no language."""
    own = element.xpath(f".//*[@lang='{language}']")
    return "".join(own[0].itertext()) if own else "".join(element.itertext())


def _rows(root: Any, section: str) -> list[list[Any]]:
    return [list(row) for row in root.xpath(f"//section[@id='{section}']//table//tbody/tr")]


def of_page(folder: Path, month: str) -> Facts:
    root = lxml.html.parse(str(folder / PAGE)).getroot()
    headline = "\n".join(_in(one, "vi") for one in root.xpath("//div[@class='headline']/p"))
    found = _sentences(headline)
    level = LEVEL.search(headline)
    assert level is not None, headline
    found["households", "poor"], found["rate", "poor"] = level[2], level[3]
    found["households", "near_poor"], found["rate", "near_poor"] = level[4], level[5]
    banner = root.xpath("//p[contains(@class, 'provisional')]")
    text = _in(banner[0], "vi") if banner else ""
    names = re.search(r"\(([^)]*)\)", text)
    for name, code in CODES.items():
        found["missing", code] = bool(names and name in names[1].split(", "))
    if "huyện đã báo cáo" in level[1]:
        found["reported",] = level[1].split()[0]
    words = {words for kind in ("state", "status") for words in kinds()[kind].values()}
    pairs = {(words.vi, words.en) for words in words}
    for section in ("province", "districts"):
        head = [_in(cell, "vi") for cell in root.xpath(f"//section[@id='{section}']//table//thead//th")]
        for cells in _rows(root, section):
            told = cells[head.index("Kết quả")]
            assert (_in(told, "vi"), _in(told, "en")) in pairs
            unit = "96" if section == "province" else CODES[_in(cells[0], "vi")]
            name, _, how = _in(cells[section == "districts"], "vi").partition(": ")
            _verdict(found, unit, name, how, _in(told, "vi"))
    accepted = STATES["accepted"]
    for cells in _rows(root, "completeness"):
        if _in(cells[1], "vi") == month:
            code = CODES[_in(cells[0], "vi")]
            state, _, when = _in(cells[2], "vi").partition(f"{accepted.vi}, ")
            found["state", code, month] = state or accepted.vi
            if when:
                found["late", code] = when == TIMELINESS["late"].vi
            assert (state, _in(cells[2], "en")) in pairs or _in(cells[2], "en").startswith(accepted.en)
    return found


def of_warehouse(folder: Path, month: str) -> Facts:
    """mart.submission_status, core.slot and mart.indicator, the tables that analysts read."""
    period = f"{month[3:]}-{month[:2]}"
    found: Facts = {}
    with duckdb.connect(str((folder / WAREHOUSE).resolve()), read_only=True) as connection:
        for code, state, on_time in connection.execute(
            "select district_code, state, on_time from core.slot where strftime(period, '%Y-%m') = ?", [period]
        ).fetchall():
            found["state", code, month] = STATES[state].vi
            found["missing", code] = state != "accepted"
            found["late", code] = on_time is False
        for code, on_time in connection.execute(
            "select district_code, on_time from mart.submission_status"
            " where strftime(period, '%Y-%m') = ? and submission_id is not null",
            [period],
        ).fetchall():
            assert found["late", code] == (on_time is False)
        for group, count, rate in connection.execute(
            "select replace(indicator, '_rate', ''), numerator, value from mart.indicator where unit_code = '96'"
            " and strftime(period, '%Y-%m') = ? and population = 'all'"
            " and indicator in ('poor_rate', 'near_poor_rate')",
            [period],
        ).fetchall():
            found["households", group], found["rate", group] = number_vi(count), number_vi(rate, 2)
    return found


def of_commands(settings: Settings, month: str) -> dict[str, Facts]:
    """`status` and `calendar`, as tables and as JSON, of one month."""
    period = f"{month[3:]}-{month[:2]}"
    span = ["--from", period, "--to", period]
    names = {words.vi: code for code, words in STATES.items()}

    def output(*words: str) -> str:
        with pytest.MonkeyPatch.context() as patch:  # a command of a process of its own reads its settings anew
            patch.setattr("settings.get_settings", lambda: settings)
            done = CliRunner().invoke(cli.app, list(words), env={"COLUMNS": "250"})
        assert done.exit_code == 0, done.output
        return done.stdout

    rows = json.loads(output("status", "--period", period, "--json"))
    of_slot: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        of_slot.setdefault(row["district_code"], []).append(row)
    status: Facts = {}
    for code, mine in of_slot.items():
        assert len({row["on_time"] for row in mine}) == 1
        status["late", code] = mine[0]["on_time"] is False and mine[0]["submission_id"] is not None
        status["missing", code] = all(row["state"] != "accepted" for row in mine)
        if len(mine) == 1:
            status["state", code, month] = STATES[mine[0]["state"]].vi
    shown: Facts = {}
    for line in output("status", "--period", period).splitlines():
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        if cells[0] == period and cells[8]:
            code = cells[1].split()[0]
            shown["late", code] = cells[5] == TIMELINESS["late"].vi
            state = re.sub(r" \(.*", "", cells[2])
            assert state in names
            if len(of_slot[code]) == 1:
                shown["state", code, month] = state
    slots: Facts = {}
    for slot in json.loads(output("calendar", *span, "--json"))["slots"]:
        code = slot["district_code"]
        slots["state", code, month] = STATES[slot["state"]].vi
        slots["late", code] = slot["timeliness"] == "late"
        slots["missing", code] = slot["state"] != "accepted"
    lines = output("calendar", *span).splitlines()
    line = next(line for line in lines if line.startswith(period))
    codes = sorted(re.findall(r"\b9\d\d\b", "\n".join(lines[: lines.index(line)])))
    cells = re.findall(r"✓(?: \+\d+)?\*?|(?:thiếu|còn) ?\d*|miễn|[^\W\d]+ *\d\d/\d\d", line[12:])
    drawn: Facts = {("reported",): line.split()[-1]}
    for code, cell in zip(codes, cells, strict=True):
        drawn["missing", code] = not cell.startswith("✓")
        if cell.startswith("✓"):
            drawn["late", code] = "+" in cell
    return {"status --json": status, "status": shown, "calendar --json": slots, "calendar": drawn}


def of_desk(page: str, month: str) -> Facts:
    """The months on the desk's first page."""
    root = lxml.html.fromstring(page)
    table = root.xpath("//table[contains(@class, 'months')]")[0]
    names = [cell.text for cell in table.xpath(".//thead//th")[1:-2]]
    row = next(row for row in table.xpath(".//tbody/tr") if month in "".join(row.xpath("./th")[0].itertext()))
    short = {name.replace("Huyện ", "").replace("Thành phố ", "TP "): code for name, code in CODES.items()}
    found: Facts = {}
    for name, cell in zip(names, row.xpath("./td")[:-2], strict=True):
        state = cell.xpath("./a")[0].text
        found["state", short[name], month] = state[:1].lower() + state[1:]
        late = [one.text for one in cell.xpath("./span[@class='late']")]
        found["late", short[name]] = late == [TIMELINESS["late"].first_upper().vi]
        found["missing", short[name]] = state != STATES["accepted"].first_upper().vi
    return found


def differing(outputs: dict[str, Facts]) -> Iterator[str]:
    """Each fact that two outputs tell apart."""
    for key in sorted({key for facts in outputs.values() for key in facts}, key=str):
        told = {name: facts[key] for name, facts in outputs.items() if key in facts}
        if len(set(told.values())) > 1:
            yield f"{key}: {told}"
