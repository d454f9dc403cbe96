"""What the command line prints: tables, progress and faults, in Vietnamese, never by colour alone."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from forms.numbers import DECIMALS
from labels.table import CHANGES, SAMPLE_NOTE, SEVERITIES, STATES, TIMELINESS, UNITS
from reports.files import DOCUMENT, PAGE, WORKBOOK
from tasks.words import number_vi

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from expectations.catalogue import Rule
    from flows.decisions import Decided
    from flows.ingest import IngestReport
    from flows.publish import Published
    from ledger.states import State, Submission
    from review.access.users import User
    from sample.faults import FaultCase
    from settings import Settings
    from tasks.verify import Damage
    from watch.line import Line

STAGES_VI = {
    "write": "Ghi tệp mẫu",
    "ingest": "Nhận và kiểm tra",
    "receive": "Nhận tệp",
    "read": "Đọc tệp",
    "validate": "Kiểm tra",
    "accept": "Nạp dữ liệu",
    "rebuild": "Dựng lại",
    "replay": "Xét thử",
    "look": "Xem kỳ báo cáo",
    "verify": "Kiểm tra toàn vẹn",
    "backup": "Sao lưu",
    "restore": "Khôi phục",
}
# A listing in the terminal stops here; the total is always said.
SHOWN_FINDINGS = 100
SHOWN_ROWS = 1000
WIDEST = 2000

console = Console(emoji=False)


def say(text: str, *, bold: bool = False) -> None:
    """A line as it is: no markup, no wrapping in the middle of a path."""
    console.print(text, markup=False, highlight=False, soft_wrap=True, style="bold" if bold else None)


@contextlib.contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar per stage on standard error; silent where nobody watches."""
    bars = Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=quiet or not Console(stderr=True).is_terminal,
    )
    stages: dict[str, Any] = {}

    def report(stage: str, done: int, total: int) -> None:
        if total <= 0:
            return
        if stage not in stages:
            stages[stage] = bars.add_task(STAGES_VI.get(stage, stage), total=total)
        bars.update(stages[stage], completed=done, total=total)

    with bars:
        yield report


def print_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Any query result as a table; values as they are."""
    table = Table(*names, show_header=True)
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*["" if value is None else _escape(str(value)) for value in row])
    print_plain(table)
    if len(rows) > SHOWN_ROWS:
        say(f"{number_vi(SHOWN_ROWS)} trong số {number_vi(len(rows))} dòng (đủ: --csv hoặc --json)")


def print_plain(table: Table) -> None:
    """Print a table at its own width: an id that is cut is of no use, a long line is."""
    width = max(console.width, Measurement.get(console, console.options.update(width=WIDEST), table).maximum)
    Console(width=width, emoji=False).print(table, crop=False, no_wrap=False)


def district_name(code: str | None) -> str:
    """Code and name of a district, `?` where the cover could not be read."""
    from plan.reference import district_names

    return f"{code} {district_names().get(code, '')}".strip() if code else "?"


def in_catalogue_order(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Counts per rule, causes first as the catalogue has them: the ledger keeps them by name."""
    from expectations.catalogue import rules

    order = list(rules())
    return sorted(counts.items(), key=lambda item: order.index(item[0]))


def say_what_is_synthetic() -> None:
    """What of the sample year is published, and what is made up."""
    say(SAMPLE_NOTE.vi)


def print_story(settings: "Settings", state: "State") -> None:
    """What happened to the sample year's files, in a few lines."""
    from collections import Counter

    from tasks.calendar import calendar, summary

    states = Counter(one.state for one in state.submissions.values())
    late = summary(calendar(settings, state, dt.date.today()))["late"]
    parts = ", ".join(f"{count} {STATES[name].vi}" for name, count in states.most_common())
    say(f"{len(state.submissions)} tệp mẫu (dữ liệu không có thật): {parts}; {late} báo cáo nộp muộn.", bold=True)
    for one in state.submissions.values():
        if one.state in ("rejected", "superseded") or one.decided_by not in (None, "hệ thống"):
            found = in_catalogue_order((one.judgement or {}).get("counts", {}))
            counts = ", ".join(f"{rule} ×{count}" for rule, count in found)
            decided = f" — {one.decided_by}: {one.reason}" if one.reason else ""
            why = f" ({counts})" if counts else ""
            where = f"{one.period} {district_name(one.district_code)} {one.file_name}"
            say(f"  {where}: {STATES[one.state].vi}{why}{decided}")


def _status(settings: "Settings", state: "State") -> list[dict[str, Any]]:
    from tasks.status import status_rows

    return status_rows(settings, state, dt.date.today())


def print_places(settings: "Settings", published: "Published") -> None:
    """Where everything is, and what to do next."""
    from tasks.remote import shown_url

    release = published.release
    place = settings.current if published.is_current else release.path
    say(f"Bản công bố {release.release_id} ({'mới' if release.created else 'đã có, không đổi'})", bold=True)
    for what, where in (
        ("kho dữ liệu", place / "warehouse.duckdb"),
        ("bảng Parquet, CSV", place / "tables"),
        ("bảng công khai", place / "public"),
        ("biểu tổng hợp", place / WORKBOOK),
        ("báo cáo Word", place / DOCUMENT),
        ("trang báo cáo", place / PAGE),
        ("tệp gốc", shown_url(settings.raw_url) if settings.raw_url else settings.raw),
        ("sổ sự kiện", settings.database_url.split("@")[-1].removeprefix("sqlite:///")),
    ):
        say(f"  {what:<18} {where}")
    say("Tiếp theo: giamngheo status   |   giamngheo sql")


def missing_districts(release: "Path") -> dict[str, list[str]]:
    """Period → district codes without accepted data in a finished release, periods of gaps only."""
    import json

    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    missing: dict[str, list[str]] = manifest["districts_missing"]
    return missing


def print_status(rows: list[dict[str, Any]], *, summarise: bool = False) -> None:
    """Submissions and open slots, a line each; `summarise` puts months for which nothing came into a sentence."""
    from tasks.silence import without_silent_months

    shown, silent = without_silent_months(rows) if summarise else (rows, "")
    table = Table("Kỳ", "Huyện", "Trạng thái", "Nhận lúc", "Hạn", "Đúng hạn", "Lỗi NT/CB/TT", "Tệp", "Mã")
    for row in shown:
        found = row["findings"]
        state = STATES[row["state"]].vi
        if row["state"] == "expected" and row["on_time"] is False:
            state += f", {TIMELINESS['missing'].vi}"
        if row["needs_look"]:
            state += " (cần xem lại: kỳ trước đã đổi)"
        table.add_row(
            row["period"] or "?",
            district_name(row["district_code"]),
            state,
            (row["received_at"] or "")[:16].replace("T", " "),
            row["due"] or "",
            _timeliness(row),
            f"{found['critical']}/{found['warning']}/{found['info']}" if row["submission_id"] else "",
            _escape(row["file_name"] or ""),
            (row["submission_id"] or "")[:12],
        )
    if shown:
        print_plain(table)
    if silent:
        say(silent)


def _timeliness(row: dict[str, Any]) -> str:
    """Whether a file's slot was served in time, in words; nothing where no file came or no day was due."""
    if not row["submission_id"] or row["on_time"] is None:
        return ""
    return TIMELINESS["on_time" if row["on_time"] else "late"].vi


def print_findings(submission: "Submission", rows: "pl.DataFrame") -> None:
    """Causes first (rule, column, count), then the findings themselves."""
    import polars as pl

    from expectations.catalogue import rules
    from tasks.judgements import exact_counts

    say(f"{submission.file_name} — {STATES[submission.state].vi} (phiên bản {submission.version})")
    exact = exact_counts(submission, rows)
    if not exact:
        say("Không có lỗi nào." if submission.judgement else "Tệp chưa được kiểm tra.")
        return
    causes = Table("Quy tắc", "Mức độ", "Số lỗi", "Ví dụ", title="Nguyên nhân", title_justify="left")
    for rule, count in in_catalogue_order(exact):
        mine = rows.filter(pl.col("rule") == rule)
        examples = [
            f"{sheet or ''} {cell or ''}".strip() for sheet, cell in mine.select("sheet", "cell").head(3).rows()
        ]
        # A rule is waived as a whole, also what is not listed, or finding by finding.
        waived = count if mine.get_column("waived").all() else int(mine.get_column("waived").sum())
        where = ", ".join(example for example in examples if example)
        text = mine.item(0, "message_vi") + (f"  [{where}]" if where else "")
        severity = SEVERITIES[rules()[rule].severity].vi + (f", bỏ qua {number_vi(waived)}" if waived else "")
        causes.add_row(rule, severity, number_vi(count), _escape(text))
    print_plain(causes)
    listing = Table("Quy tắc", "Trang", "Ô", "Giá trị", "Cần là", "Nội dung", "Mã lỗi")
    for row in rows.head(SHOWN_FINDINGS).iter_rows(named=True):
        listing.add_row(
            row["rule"],
            *[_escape(row[key] or "") for key in ("sheet", "cell", "value", "expected", "message_vi")],
            row["finding_id"],
        )
    print_plain(listing)
    shown = min(rows.height, SHOWN_FINDINGS)
    if exact.total() > shown:
        more = "đủ: --json" if rows.height == exact.total() else f"--json: {number_vi(rows.height)}"
        say(f"{of_all(shown, exact.total())} ({more})")


def of_all(shown: int, total: int) -> str:
    """Says that a listing of findings is cut, and where: 1.000 trong số 12.345 lỗi được liệt kê."""
    return f"{number_vi(shown)} trong số {number_vi(total)} lỗi được liệt kê"


def print_ingest(settings: "Settings", report: "IngestReport") -> None:
    """One line per file that was taken or judged, and faults of the system apart."""
    if not report.taken and not report.judged and not report.faults:
        say(f"Không có tệp nào chờ trong {settings.inbox}.")
        return
    table = Table("Tệp", "Huyện", "Kỳ", "Kết quả", "Lỗi chính", "Mã")
    for submission_id in dict.fromkeys(report.judged):
        one = report.state.submissions[submission_id]
        counts = (one.judgement or {}).get("counts", {})
        first = ", ".join(f"{rule} ×{number_vi(count)}" for rule, count in in_catalogue_order(counts)[:4])
        table.add_row(
            _escape(one.file_name),
            district_name(one.district_code),
            one.period or "?",
            STATES[one.state].vi,
            first,
            submission_id[:12],
        )
    if report.judged:
        print_plain(table)
    for taken in report.taken:
        if taken.refused:
            say(f"{taken.file_name}: chưa nhận — {taken.refused}")
        elif taken.duplicate:
            say(f"{taken.file_name}: tệp này đã nhận trước đây, không tạo bản mới (F07)")
    for fault in report.faults:
        say(f"LỖI HỆ THỐNG (tệp vẫn chờ xử lý): {fault}", bold=True)
    if any(report.state.submissions[one].state in ("rejected", "held", "unreadable") for one in report.judged):
        say("Xem lỗi từng ô: giamngheo findings MÃ")
        say(f"Bản đánh dấu lỗi để gửi huyện: {settings.data / 'returned'}")


def ingest_object(settings: "Settings", report: "IngestReport") -> dict[str, Any]:
    """The run as JSON: files taken, submissions judged (as in `status --json`, with counts per rule), faults."""
    rows = {row["submission_id"]: row for row in _status(settings, report.state)}
    return {
        "files": [
            {
                "file_name": taken.file_name,
                "submission_id": taken.submission_id,
                "duplicate": taken.duplicate,
                "refused": taken.refused or None,
            }
            for taken in report.taken
        ],
        "submissions": [
            rows[one] | {"rules": (report.state.submissions[one].judgement or {}).get("counts", {})}
            for one in dict.fromkeys(report.judged)
        ],
        "faults": report.faults,
    }


def print_explanation(found: dict[str, Any], shown: int) -> None:
    """A number (tasks/explain.py) from its parts down to the first rows of the senders' files."""
    month = f"{found['period'][5:]}/{found['period'][:4]}"
    say(f"{found['indicator']} ({found['population']}) — {found['unit_name']}, {month}", bold=True)
    say(_equation(found))
    reported = f"{found['districts_reported']}/{found['districts_expected']} huyện"
    if found["provisional"]:
        held = f" (đang tạm giữ: {found['districts_held']})" if found["districts_held"] else ""
        say(f"TẠM TÍNH: {reported}, còn thiếu {found['districts_missing']}{held}", bold=True)
    for part in found["parts"]:
        name = _PARTS_VI[part["part"]] if len(found["parts"]) > 1 else "Tổng"
        _print_part(name, part, shown)
    files = Table("Tệp", "Huyện", "Loại", "Nhận lúc (UTC)", "Người quyết định", "Lý do", "Mã", title="Tệp gốc")
    for one in found["submissions"]:
        received = f"{one['received_at']:%Y-%m-%d %H:%M}"
        texts = [_escape(one[key] or "") for key in ("file_name", "district_code", "kind")]
        decided = [_escape(one[key] or "") for key in ("decided_by", "reason")]
        files.add_row(*texts, received, *decided, one["submission_id"][:12])
    print_plain(files)
    for old in found["restated"]:
        values = (number_vi(old[key], _decimals(found)) or "không có" for key in ("as_published", "as_known_now"))
        published, now = values
        reason = f": {old['reason']}" if old["reason"] else ""
        say(f"Bản {old['published_in']} đã công bố {published}, nay là {now} ({old['cause']}{reason})")


_PARTS_VI = {"numerator": "Tử số", "denominator": "Mẫu số"}


def _decimals(found: dict[str, Any]) -> int:
    return DECIMALS[found["unit"]]


def _equation(found: dict[str, Any]) -> str:
    value = number_vi(found["value"], _decimals(found))
    if found["unit"] != "percent":
        return f"= {value} {UNITS[found['unit']].vi}"
    parts = f"100 × {number_vi(found['numerator'])} / {number_vi(found['denominator'])}"
    return f"= {value} % = {parts}" if value else f"không xác định: {parts}"


def _print_part(name: str, part: dict[str, Any], shown: int) -> None:
    communes = part["communes"]
    total = sum(len(commune["rows"]) for commune in communes)
    title = f"{name}: {part['of']} = {number_vi(part['total'])}"
    table = Table("Mã xã", "Xã", "Đếm được", "Số dòng gốc", title=title, title_justify="left")
    for commune in communes:
        counts = (number_vi(commune["counted"]), number_vi(len(commune["rows"])))
        table.add_row(commune["commune_code"], commune["commune_name"], *counts)
    print_plain(table)
    rows = [(commune["commune_code"], row) for commune in communes for row in commune["rows"]][:shown]
    if rows:
        listing = Table("Mã xã", "Hộ (mã ẩn danh)", "Đếm", "Tệp", "Trang", "Dòng", "Mã tệp")
        for code, row in rows:
            file, sheet = _escape(row["file_name"]), row["sheet"]
            household = row["household_id"] or ""
            place = (file, sheet, str(row["row"]), row["submission_id"][:12])
            listing.add_row(code, household, number_vi(row["counted"]), *place)
        print_plain(listing)
    if total > len(rows):
        say(f"{number_vi(len(rows))} trong số {number_vi(total)} dòng gốc (đủ: --rows hoặc --json)")


def print_rules(catalogue: "list[Rule]") -> None:
    table = Table("Mã", "Phạm vi", "Mức độ", "Hậu quả", "Bỏ qua được", "Quy tắc", "Thông báo")
    for rule in catalogue:
        waivable = "có" if rule.waivable else ""
        severity = SEVERITIES[rule.severity].vi
        table.add_row(
            rule.code, rule.scope, severity, rule.on_fail, waivable, _escape(rule.rule), _escape(rule.message_vi)
        )
    print_plain(table)


def print_users(users: "list[User]") -> None:
    """The users of the desk, a line each."""
    if not users:
        say("Chưa có người dùng nào. Thêm: giamngheo user add TÊN --role administrator")
        return
    table = Table("Tên", "Vai trò", "Đăng nhập bằng", "Trạng thái")
    for user in users:
        way = "mật khẩu" if user.has_password else "OpenID Connect"
        table.add_row(_escape(user.name), user.role, way, "đã khoá" if user.disabled else "")
    print_plain(table)


def print_decided(done: "Decided") -> None:
    """What was recorded, by the numbers that `undo` takes, and what became of each submission."""
    numbers = ", ".join(str(event.id) for event in done.events)
    for one in dict.fromkeys(event.submission_id for event in done.events):
        submission = done.state.submissions[one or ""]
        counts = dict((submission.judgement or {}).get("counts", {}))
        standing = ", ".join(f"{rule} ×{number_vi(count)}" for rule, count in in_catalogue_order(counts))
        still = f" Các lỗi: {standing}." if standing and submission.state in ("rejected", "held") else ""
        say(f"Đã ghi (sự kiện {numbers}). {submission.file_name}: {STATES[submission.state].vi}.{still}")
    for fault in done.faults:
        say(f"LỖI HỆ THỐNG (quyết định đã ghi, tệp chờ lần chạy sau): {fault}", bold=True)


def say_returned(settings: "Settings", submission: "Submission") -> None:
    """Where the marked workbook for the district is."""
    from tasks.returned import returned_path

    path = returned_path(settings, submission)
    if path.exists():
        say(f"Bản đánh dấu lỗi để gửi huyện: {path}")


def print_damage(settings: "Settings", found: "list[Damage]") -> None:
    """What is damaged, the worst first as the checks go, each with what mends it."""
    if not found:
        say(f"Mọi thứ trong {settings.data} còn nguyên như khi ghi.")
        return
    print_rows(("Phần", "Ở đâu", "Hỏng thế nào", "Cách sửa"), [(d.part, d.place, d.what, d.remedy) for d in found])
    say(f"{len(found)} chỗ hỏng trong {settings.data}", bold=True)


def print_health(lines: "list[Line]") -> None:
    """What the doctor found, a line each; below what is not well, the way on."""
    from watch.line import BROKEN, MARKS, OK, WARNING

    for line in lines:
        say(f"{MARKS[line.mark]} {line.says}", bold=line.mark == BROKEN)
        if line.way:
            say(f"    → {line.way}")
    count = {mark: sum(line.mark == mark for line in lines) for mark in (OK, WARNING, BROKEN)}
    say(f"{count[OK]} ✓, {count[WARNING]} !, {count[BROKEN]} ✗")


def print_releases(rows: list[dict[str, Any]]) -> None:
    if not rows:
        say("Chưa có bản công bố nào. Chạy: giamngheo publish")
        return
    table = Table("Bản", "Đến kỳ", "Tạo lúc (UTC)", "Số tệp", "Đang dùng", "Thay đổi so với các bản trước")
    for row in rows:
        current = "●" if row["current"] else ""
        changes = _summed_changes(row["changes"])
        table.add_row(row["release_id"], row["as_of"], row["created_at"], str(row["submissions"]), current, changes)
    print_plain(table)
    for row in rows:
        for change in row["changes"]:
            if change["cause"] != "new":
                reason = f": {change['reason']}" if change["reason"] else ""
                file = (change["now"] or change["was"])[:12]
                cause = CHANGES[change["cause"]].vi
                say(
                    f"{row['release_id']}: {change['period']} {change['district_code']} {cause},"
                    f" tệp {file}, {change['decided_by']}{reason}"
                )


def _summed_changes(changes: list[dict[str, Any]]) -> str:
    counts = {cause: sum(change["cause"] == cause for change in changes) for cause in CHANGES}
    return ", ".join(f"{count} {CHANGES[cause].vi}" for cause, count in counts.items() if count)


def print_fault_files(cases: "list[FaultCase]") -> None:
    table = Table("Quy tắc", "Tệp", "Trang", "Ô", "Kết quả chờ đợi")
    for case in cases:
        table.add_row(case.rule, str(case.path), case.sheet, case.cell, case.outcome)
    print_plain(table)
    for case in cases:
        if case.companions:
            say(f"{case.rule}: nhận cùng với {', '.join(path.name for path in case.companions)}")
        if case.before:
            say(f"{case.rule}: chạy trước khi nhận: {case.before}")
        if case.received_on:
            say(
                f"{case.rule}: nhận bằng giamngheo backfill --arrivals, ghi ngày nhận {case.received_on:%d/%m/%Y}"
                f" cho {case.path.name}"
            )


def explain(fault: BaseException) -> tuple[str, int]:
    """A fault in one sentence with a way on (and what it lists below), and the exit code."""
    from tasks.fault_words import as_ours, in_words

    ours = as_ours(fault)
    return "\n".join([in_words(fault), *ours.details]), ours.exit_code


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
