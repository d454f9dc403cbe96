"""The command line. Heavy libraries are imported where they are used, so that `--help` answers at once.

Exit codes (contract, section 5): 0 done, 1 a fault of the system, 2 wrong usage, 3 done, but `--strict` was
given and something was rejected, held or missing.
"""

import datetime as dt
import io
import json
import os
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from errors import SYSTEM_FAULT, WrongUsage

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from flows.decisions import Decided
    from flows.ingest import IngestReport
    from flows.publish import Published
    from flows.runner import Runner
    from ledger.states import State
    from settings import Settings
    from tasks.verify import Damage
    from telemetry.runs import Run

# Whatever is imported later: nothing here reports home.
for name in ("DO_NOT_TRACK", "GX_ANALYTICS_ENABLED", "PREFECT_SERVER_ANALYTICS_ENABLED"):
    os.environ.setdefault(name, "1" if name == "DO_NOT_TRACK" else "false")

NOT_ALL_WELL = 3

app = typer.Typer(
    name="giamngheo",
    help="A province's yearly poverty-reduction plan, run by numbers it can trust.\n\n"
    "Start with: giamngheo demo — then: giamngheo status, giamngheo sql.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

# As `--help` groups them.
BEGIN, MONTH, DECIDE = "To begin with", "Every month", "Decisions"
NUMBERS, UPKEEP = "Releases and numbers", "Running and upkeep"

users = typer.Typer(help="Who may sign in to the desk, and as what.", no_args_is_help=True)
app.add_typer(users, name="user", rich_help_panel=DECIDE)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 3 if something is rejected, held or missing.")]
By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept for good.")]
SubmissionId = Annotated[str, typer.Argument(metavar="SUBMISSION", help="The submission's id or the start of it.")]

Seen = Annotated[int | None, typer.Option(help="Decide only if this is still its version (status --json, findings).")]
UserName = Annotated[str, typer.Argument(metavar="NAME", help="The user's name; decisions are recorded under it.")]
Role = Annotated[str, typer.Option("--role", help="viewer, validator or administrator.")]
NoPassword = Annotated[bool, typer.Option("--no-password", help="Signs in by OpenID Connect alone.")]


def main() -> None:
    """Entry point: every fault ends as one clear sentence, never as a traceback; what was logged names the command."""
    from telemetry.file import log_path
    from telemetry.record import bound, tell

    begun = time.monotonic()
    _speak_utf8()
    with bound(command=next((word for word in sys.argv[1:] if word.isascii() and word.isalpha()), None)):
        try:
            _run()
        except SystemExit as end:
            if log_path():
                tell("command.finished", exit_code=end.code or 0, seconds=round(time.monotonic() - begun, 3))
            raise


def _speak_utf8() -> None:
    """Vietnamese needs it, whatever the locale says; what is no text in a file's name is shown by its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _run() -> None:
    try:
        try:
            app()
        except SystemExit:
            # What is still to be written: a full disk is told here, not by the interpreter at its end.
            if sys.stdout is not None:
                sys.stdout.flush()
            raise
    except SystemExit:
        raise
    except KeyboardInterrupt:
        _fail("Đã dừng theo yêu cầu. Tệp chưa xong vẫn chờ ở lần chạy sau.", SYSTEM_FAULT)
    except BrokenPipeError:
        _give_up_output()
        sys.exit(0)
    except BaseException as fault:  # a library written in Rust panics past Exception
        _explain(fault)


def _explain(fault: BaseException) -> None:
    """Log a fault of the system, say it with its record's number, and end."""
    from terminal import explain

    _, code = explain(fault)
    where = _log_fault(fault) if code == SYSTEM_FAULT else ""
    message, _ = explain(fault)
    if isinstance(fault, OSError):
        _give_up_output()
    _fail(f"{message}\n{where}" if where else message, code)


def _give_up_output() -> None:
    """What standard output can't take any more is let go, or the interpreter would fail on it at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> None:
    typer.echo(message, err=True)
    sys.exit(code)


def _log_fault(fault: BaseException) -> str:
    """Record it; returns where, empty where no log can be written."""
    from telemetry.file import log_path
    from telemetry.record import record_of, tell_fault

    try:
        _settings()
    except Exception:  # the message itself matters more than its log
        return ""
    tell_fault("command.failed", fault)
    record = record_of(fault)
    return f"(chi tiết kỹ thuật: {log_path()}, bản ghi số {record})" if record else ""


@app.command(rich_help_panel=BEGIN)
def demo(
    seed: Annotated[int, typer.Option(help="Another seed tells another synthetic year.")] = 2020,
) -> None:
    """The main job on the sample year: make it, ingest it, publish it, print target versus actual.

    Thirteen months of nine districts are ingested as they would have come. All data is synthetic; the
    province's totals at both ends are the published ones.
    """
    import terminal
    from flows.demo import run_demo
    from flows.runner import DirectRunner
    from terminal_targets import print_targets

    settings = _settings()
    with terminal.progress() as report:
        published, state = run_demo(settings, DirectRunner(), seed, report)
    terminal.print_story(settings, state)
    print_targets(settings)
    terminal.say_what_is_synthetic()
    terminal.print_places(settings, published)


@app.command(rich_help_panel=BEGIN)
def template(
    district: Annotated[str, typer.Option(help="District code, e.g. 970.")],
    period: Annotated[str, typer.Option(help="Month, YYYY-MM.")],
    out: Annotated[Path, typer.Option(help="The workbook to write.")],
) -> None:
    """The empty workbook for a district and month: communes filled in, drop-downs, notes."""
    from forms.dictionary import FORM_CODE, FORM_VALID_FROM, FORM_VALID_TO
    from forms.workbook import write_template
    from plan.reference import communes, districts, table

    month = _period(period)
    if not FORM_VALID_FROM <= month <= FORM_VALID_TO:
        raise WrongUsage(f"Biểu {FORM_CODE} chỉ dùng cho các kỳ {FORM_VALID_FROM} đến {FORM_VALID_TO}")
    unit = next((unit for unit in districts(month) if unit.code == district), None)
    if unit is None:
        known = ", ".join(f"{unit.code} {unit.name}" for unit in districts(month))
        raise WrongUsage(f"Không có huyện {district} trong kỳ {month}. Các huyện: {known}")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_template(
        out,
        period=month,
        district_code=unit.code,
        district_name=unit.name,
        communes=[(commune.code, commune.name) for commune in communes(month, district)],
        policies=[(row["policy"], row["label_vi"]) for row in table("policies_monitored")],
        ethnic_groups=[row["name"] for row in table("ethnic_groups")],
    )
    typer.echo(f"Đã ghi biểu mẫu {unit.name}, kỳ {month}: {out}")


@app.command(rich_help_panel=BEGIN)
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    first: Annotated[str, typer.Option("--from", help="First month, YYYY-MM.")] = "2019-12",
    last: Annotated[str, typer.Option("--to", help="Last month, YYYY-MM.")] = "2020-12",
    seed: Annotated[int, typer.Option(help="Another seed tells another synthetic year.")] = 2020,
    faults: Annotated[str, typer.Option(help="Rule codes, comma separated, or 'all'.")] = "",
    passing: Annotated[bool, typer.Option(help="With --faults: go to the edge of each rule and break none.")] = False,
) -> None:
    """Sample workbooks (synthetic); with --faults, one workbook per rule that breaks exactly that rule.

    Rules that compare files bring good ones along (0-*.xlsx), to be taken in
    together: the months before, the same file sent before (F07), another
    district's (X04). F05 needs its month closed first, F16 a recorded day of
    arrival: the output says how.
    """
    import terminal

    if passing and not faults:
        raise WrongUsage("--passing chỉ dùng cùng --faults, ví dụ: --faults all --passing")
    if faults:
        from sample.faults import FAULT_RULES, write_faults

        wanted = list(FAULT_RULES) if faults == "all" else [code.strip().upper() for code in faults.split(",")]
        unknown = [code for code in wanted if code not in FAULT_RULES]
        if unknown:
            raise WrongUsage(f"Không có mẫu lỗi cho {', '.join(unknown)}. Có: {', '.join(FAULT_RULES)}")
        terminal.print_fault_files(write_faults(out, wanted, seed, passing=passing))
        return
    from sample.writing import write_months
    from sample.year import generate_year

    with terminal.progress() as report:
        year = generate_year(seed, _period(first), _period(last))
        paths = write_months(out, year, progress=lambda done: report("write", done, len(year)))
    typer.echo(f"Đã ghi {len(paths)} tệp mẫu (dữ liệu không có thật) vào {out}")


@app.command(rich_help_panel=MONTH)
def ingest(
    inbox: Annotated[Path | None, typer.Option(help="Another inbox than data/inbox.")] = None,
    as_json: Json = False,
    strict: Strict = False,
) -> None:
    """Take what waits in the inbox, judge it, load what is accepted."""
    import terminal

    settings = _settings()
    if inbox is not None and not inbox.is_dir():
        raise WrongUsage(f"Không có thư mục {inbox}")
    (inbox or settings.inbox).mkdir(parents=True, exist_ok=True)
    with terminal.progress(quiet=as_json) as report:
        done = _run_ingest(settings, inbox, report)
    if as_json:
        _print_json(terminal.ingest_object(settings, done))
    else:
        terminal.print_ingest(settings, done)
    _finish(done, strict)


@app.command(rich_help_panel=MONTH)
def backfill(
    first: Annotated[str | None, typer.Option("--from", help="First month, YYYY-MM; files before it are left.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last month, YYYY-MM; files after it are left.")] = None,
    inbox: Annotated[Path | None, typer.Option(help="The folder with the files; better not data/inbox.")] = None,
    arrivals: Annotated[
        Path | None, typer.Option(help="CSV of file_name and received_at: when the files arrived.")
    ] = None,
    publish_each: Annotated[bool, typer.Option("--publish", help="Publish each month when it is in.")] = False,
    as_json: Json = False,
) -> None:
    """Take in many months at once, from any folders and in any order, the earliest month first.

    Ends as if the months had come one by one. Interrupted, it is simply run again.

    Example: giamngheo backfill --inbox /mnt/archive --arrivals arrivals.csv --publish
    """
    from dataclasses import asdict as fields

    import terminal
    from flows.backfill import backfill as run
    from flows.backfill import waiting_files
    from tasks.arrivals import Arrivals, read_arrivals, taken_before
    from tasks.calendar import calendar as slots_of
    from tasks.calendar import calendar_object
    from terminal_calendar import print_backfill, print_calendar, say_arrivals, say_month

    settings = _settings()
    folder = inbox or settings.inbox
    if inbox is not None and not inbox.is_dir():
        raise WrongUsage(f"Không có thư mục {inbox}")
    start, end = _period(first) if first else None, _period(last) if last else None
    noted = Arrivals()
    if arrivals is not None:
        files = [str(path.relative_to(folder)) for path in waiting_files(settings, folder)[0]]
        if not arrivals.is_file():
            raise WrongUsage(f"Không có tệp {arrivals}")
        noted = read_arrivals(arrivals, files, taken_before(_state(settings)), settings.timezone, _now())
        say_arrivals(noted)
    with terminal.progress(quiet=as_json) as report:
        done = run(
            settings,
            _runner(None),
            inbox=folder,
            received_at=noted.at,
            first=start,
            last=end,
            publish_months=publish_each,
            on_progress=report,
            on_month=(lambda month: None) if as_json else say_month,
        )
    months = [month.period for month in done.months if month.period]
    slots = slots_of(settings, done.state, _today(settings), min(months), max(months)) if months else []
    if as_json:
        _print_json(
            {"months": [fields(month) for month in done.months]}
            | {"left": done.left, "refused": done.refused, "faults": done.faults}
            | {"arrivals_unknown": noted.unknown, "arrivals_missing": noted.silent}
            | {"calendar": calendar_object(slots, _today(settings))}
        )
    else:
        print_backfill(done)
        if slots:
            print_calendar(slots, _today(settings))
    if done.faults:
        sys.exit(SYSTEM_FAULT)


@app.command(rich_help_panel=MONTH)
def publish(
    as_of: Annotated[str | None, typer.Option("--as-of", help="Last month to publish, YYYY-MM.")] = None,
    to_current: Annotated[
        bool, typer.Option("--current", help="Readers get it even if they have a release of later months.")
    ] = False,
    show_small: Annotated[
        bool,
        typer.Option("--yes-publish-small-change", help="A correction of few households may be seen; kept for good."),
    ] = False,
    hold_small: Annotated[
        bool,
        typer.Option(
            "--hold-small-change",
            help="Leave such a correction out until a new month is published.",
        ),
    ] = False,
    by: Annotated[str, typer.Option("--by", help="Who says that it may be seen.")] = "",
    as_json: Json = False,
    strict: Strict = False,
) -> None:
    """Build, audit and switch a release, and say what readers lose by it.

    A release of an older month than readers have is made beside it. A correction that changes one to four
    households of a commune shows when two releases are held against each other: such is refused unless one of
    the two options says what to do.
    """
    import terminal
    from terminal_publish import print_published, published_object
    from terminal_targets import print_targets

    if show_small and hold_small:
        raise WrongUsage("Chỉ chọn một: --yes-publish-small-change hoặc --hold-small-change")
    if by and not show_small:
        raise WrongUsage("--by chỉ dùng cùng --yes-publish-small-change")
    if show_small and not by.strip():
        raise WrongUsage("--yes-publish-small-change cần --by: ai cho phép công bố")
    settings = _settings()
    small = "publish" if show_small else "hold" if hold_small or settings.hold_small_change else "refuse"
    month = _period(as_of) if as_of else None
    published = _run_publish(settings, as_of=month, to_current=to_current, small=small, by=by)
    missing = terminal.missing_districts(published.release.path)
    if as_json:
        _print_json(published_object(published, missing))
    else:
        if published.is_current:
            print_targets(settings)
        print_published(settings, published)
        terminal.print_places(settings, published)
    if strict and missing:
        sys.exit(NOT_ALL_WELL)


@app.command(name="publish-due", rich_help_panel=MONTH)
def publish_due() -> None:
    """Publish what is due by now, for schedules: may be run as often as one likes.

    A month is not published before its due day has passed or all districts are accepted; what came or was corrected
    later is published by the next run. Where there is nothing to publish it says why, and ends well.
    """
    import terminal
    from flows.publish import NothingToPublish
    from terminal_publish import print_small_changes

    settings = _settings()
    try:
        published = _run_due(settings)
    except NothingToPublish as nothing:
        terminal.say(nothing.sentence())
        return
    release = published.release
    nothing_new = "Không có gì mới" if not published.held else "Chưa có gì khác để công bố"
    terminal.say(
        f"Đã công bố bản {release.release_id}."
        if release.created
        else f"{nothing_new}: bản {release.release_id} đã công bố."
    )
    print_small_changes(published)


@app.command(rich_help_panel=MONTH)
def status(
    period: Annotated[str | None, typer.Option(help="One month, YYYY-MM.")] = None,
    as_json: Json = False,
    strict: Strict = False,
) -> None:
    """Expected, received, late, waiting, rejected, held, accepted by district."""
    import terminal
    from tasks.status import expected_periods, is_settled, slot_rows, status_rows

    settings, today = _settings(), _today(_settings())
    state = _state(settings)
    rows = status_rows(settings, state, today, _period(period) if period else None)
    if as_json:
        _print_json(rows)
    else:
        terminal.print_status(rows, summarise=period is None)
    periods = [period] if period else expected_periods(settings, state, today)
    if strict and not all(is_settled(slot, today) for slot in slot_rows(settings, state, periods)):
        sys.exit(NOT_ALL_WELL)


@app.command(rich_help_panel=MONTH)
def calendar(
    first: Annotated[str | None, typer.Option("--from", help="First month, YYYY-MM.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last month, YYYY-MM.")] = None,
    district: Annotated[str | None, typer.Option(help="One district, by its code.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="As it stood at the end of a day, YYYY-MM-DD.")] = None,
    as_json: Json = False,
) -> None:
    """When each district's month was due, and what became of it: on time, late, corrected, open, missing.

    Example: giamngheo calendar --from 2020-01 --to 2020-06
    """
    from tasks.calendar import calendar as slots_of
    from tasks.calendar import calendar_object, state_on
    from tasks.ledgers import open_ledger
    from terminal_calendar import print_calendar

    settings = _settings()
    start, end = _period(first) if first else None, _period(last) if last else None
    code = _district(district) if district else None
    if as_of:
        today = _day(as_of)
        ledger = open_ledger(settings)
        try:
            state = state_on(ledger.events(), today, settings.timezone)
        finally:
            ledger.close()
    else:
        today, state = _today(settings), _state(settings)
    slots = slots_of(settings, state, today, start, end, code)
    if as_json:
        _print_json(calendar_object(slots, today))
    else:
        print_calendar(slots, today, summarise=start is None and end is None)


@app.command(rich_help_panel=MONTH)
def findings(
    submission: SubmissionId,
    as_json: Json = False,
) -> None:
    """The findings of a submission, cause first.

    Where the listing is cut, the true numbers are said; in JSON each finding has its rule's as rule_count.
    """
    import terminal
    from tasks.judgements import exact_counts, read_findings

    settings = _settings()
    state = _state(settings)
    found = _find(state, submission)
    rows = read_findings(settings.judgements, state, found, settings.timezone)
    if as_json:
        counts = exact_counts(found, rows)
        _print_json([row | {"rule_count": counts[row["rule"]]} for row in rows.to_dicts()])
        if rows.height < counts.total():
            typer.echo(terminal.of_all(rows.height, counts.total()), err=True)
    else:
        terminal.print_findings(found, rows)


@app.command(name="return", rich_help_panel=DECIDE)
def return_(submission: SubmissionId, by: By, reason: Reason, seen: Seen = None) -> None:
    """Send a submission back to the district."""
    _decide(submission, "return", by, reason, seen=seen)
    import terminal

    settings = _settings()
    terminal.say_returned(settings, _find(_state(settings), submission))


@app.command(rich_help_panel=DECIDE)
def waive(
    submission: SubmissionId,
    by: By,
    reason: Reason,
    until: Annotated[str, typer.Option(help="Last day of the waiver, YYYY-MM-DD.")],
    rule: Annotated[str, typer.Option(help="Waive this rule in the submission.")] = "",
    finding: Annotated[
        list[str] | None, typer.Option(help="Waive this one finding, by its finding_id; may be repeated.")
    ] = None,
    seen: Seen = None,
) -> None:
    """Let a rule or some findings stand until a day; the submission is judged again."""
    if bool(rule) == bool(finding):
        raise WrongUsage("Chọn một trong hai: --rule hoặc --finding")
    day = _day(until)
    how = {"rule": rule.upper(), "finding_ids": tuple(finding or ())}
    _decide(submission, "waive", by, reason, until=day, seen=seen, **how)


@app.command(rich_help_panel=DECIDE)
def accept(submission: SubmissionId, by: By, reason: Reason, seen: Seen = None) -> None:
    """Accept a held submission as it is."""
    _decide(submission, "accept", by, reason, seen=seen)


@app.command(rich_help_panel=DECIDE)
def withdraw(submission: SubmissionId, by: By, reason: Reason, seen: Seen = None) -> None:
    """Take an accepted submission out again."""
    _decide(submission, "withdraw", by, reason, seen=seen)


@app.command(rich_help_panel=DECIDE)
def reopen(submission: SubmissionId, by: By, reason: Reason, seen: Seen = None) -> None:
    """Let a returned or withdrawn submission be judged again, or a superseded one whose successor is gone."""
    _decide(submission, "reopen", by, reason, seen=seen)


@app.command(rich_help_panel=DECIDE)
def undo(
    event: Annotated[int, typer.Argument(metavar="EVENT", help="The decision's number, said when it was recorded.")],
    by: By,
    reason: Reason,
) -> None:
    """Take back a decision (return, waive, accept, withdraw) by a new event; the submission is judged again."""
    from flows.decisions import undo as run

    _say_decided(run(_settings(), _runner(None), event, by=by, reason=reason, at=_now()))


@app.command(rich_help_panel=DECIDE)
def excuse(
    district: Annotated[str, typer.Argument(help="District code.")],
    period: Annotated[str, typer.Argument(help="Month, YYYY-MM.")],
    by: By,
    reason: Reason,
) -> None:
    """Say that nothing will come for a district's month; later months no longer wait for it."""
    from flows.decisions import record
    from tasks import decide

    month, at = _expected_period(period), _now()
    record(_settings(), _runner(None), lambda state: decide.excuse(state, district, month, by, reason, at), at)
    typer.echo(f"Đã ghi: huyện {district} được miễn kỳ {month}.")


@app.command(rich_help_panel=DECIDE)
def close(period: Annotated[str, typer.Argument(help="Month, YYYY-MM.")], by: By, reason: Reason) -> None:
    """Close a month: afterwards only a correction (Điều chỉnh) may change it."""
    from flows.decisions import record
    from tasks import decide

    month, at = _expected_period(period), _now()
    record(_settings(), _runner(None), lambda state: decide.close(state, month, by, reason, at), at)
    typer.echo(f"Đã khoá sổ kỳ {month}.")


@app.command(rich_help_panel=MONTH)
def rejudge(
    submission: Annotated[
        str | None, typer.Argument(help="One submission; all that are not accepted if left out.")
    ] = None,
) -> None:
    """Judge again what is not accepted."""
    import terminal
    from flows.ingest import ingest as run
    from labels.table import STATES
    from ledger.states import OPEN_STATES

    settings = _settings()
    state = _state(settings)
    chosen = [_find(state, submission)] if submission else list(state.submissions.values())
    again = frozenset(
        one.submission_id
        for one in chosen
        if one.state in (*OPEN_STATES, "unreadable") and not state.newer_accepted(one)
    )
    if submission and not again:
        raise WrongUsage(f"Tệp này “{STATES[chosen[0].state].vi}”: không xét lại")
    if not again:
        typer.echo("Không có tệp nào cần xét lại.")
        return
    with terminal.progress() as report:
        done = run(settings, _runner(report), again=again, take_files=False)
    terminal.print_ingest(settings, done)
    _finish(done, strict=False)


@app.command(rich_help_panel=UPKEEP)
def replay(
    period: Annotated[str | None, typer.Option(help="One month, YYYY-MM.")] = None,
    district: Annotated[str | None, typer.Option(help="One district, by its code.")] = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if anything would change.")] = False,
) -> None:
    """What the present rules would change: every known submission judged again, nothing recorded.

    Lists what would newly fail or pass. What is not accepted can then be judged
    by them: giamngheo rejudge. Accepted submissions are for a validator.
    """
    import terminal
    from flows.replay import replay as run
    from terminal_replay import print_replay

    settings = _settings()
    month, code = _period(period) if period else None, _district(district) if district else None
    with terminal.progress(quiet=as_json) as report:
        found = run(settings, period=month, district=code, on_progress=report)
    if as_json:
        _print_json(found.as_object())
    else:
        print_replay(found)
    if found.faults:
        sys.exit(SYSTEM_FAULT)
    if strict and found.changes:
        sys.exit(NOT_ALL_WELL)


@app.command(rich_help_panel=MONTH)
def notify(
    test: Annotated[bool, typer.Option("--test", help="Send a trial notice to every address.")] = False,
) -> None:
    """Remind of due days, and tell what is new and overdue (every run does the latter by itself).

    To the addresses in GIAMNGHEO_NOTICES, and to districts by addresses.csv in the
    data root. Run it once a day. Try the addresses with: giamngheo notify --test
    """
    from flows.notices import announce, send_trial, tells_anybody
    from tasks.reminders import district_addresses

    settings = _settings()
    if not tells_anybody(settings):
        raise WrongUsage("Chưa có địa chỉ nào: đặt GIAMNGHEO_NOTICES, ví dụ mailto://…")
    district_addresses(settings.data)
    if not test:
        sending = announce(settings, remind=True)
        assert sending is not None
        sending.join()
        typer.echo("Đã gửi những tin còn chờ; lỗi gửi, nếu có, nằm trong nhật ký.")
        return
    taken = send_trial(settings)
    for service, worked in taken.items():
        typer.echo(f"{service}: {'đã gửi' if worked else 'KHÔNG gửi được'}")
    if not all(taken.values()):
        sys.exit(SYSTEM_FAULT)


@app.command(rich_help_panel=DECIDE)
def review(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Another port; 0 takes any free one.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
) -> None:
    """The validator's web desk, on this machine only, until Ctrl+C.

    Someone has to be there to sign in: giamngheo user add NAME --role validator
    """
    from review.serve import serve

    settings = _settings()
    serve(
        settings, settings.review_port if port is None else port, browser, lambda at: typer.echo(f"Bàn thẩm định: {at}")
    )


@app.command(rich_help_panel=UPKEEP)
def up(
    prefect_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Another port for Prefect; 0 takes any free one.")
    ] = None,
    review_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Another port for the desk; 0 takes any free one.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Another port for the metrics; 0 takes any free one.")
    ] = None,
) -> None:
    """Run everything on this machine until Ctrl+C: Prefect's server, a worker for its schedules, the desk, metrics.

    What dies is started again. Ctrl+C lets a run at work end first; once more, and it stops at once.
    """
    from up.run import up as run

    ports = {"prefect_port": prefect_port, "review_port": review_port, "metrics_port": metrics_port}
    chosen = {name: port for name, port in ports.items() if port is not None}
    run(_settings().model_copy(update=chosen), lambda line: typer.echo(line, color=False))


@users.command("add")
def add_user(name: UserName, role: Role = "validator", no_password: NoPassword = False) -> None:
    """Make a user of the desk; the password is asked for, or read from standard input.

    Example: giamngheo user add "Trần Thị B" --role validator
    """
    from review.access.users import add_user as add
    from review.store import Desk

    add(Desk(_settings().data), name, role, None if no_password else _new_password())
    typer.echo(f"Đã thêm người dùng {name} ({role}).")


@users.command("list")
def list_users(as_json: Json = False) -> None:
    """The users of the desk."""
    import dataclasses

    import terminal
    from review.access.users import list_users as known
    from review.store import Desk

    found = known(Desk(_settings().data))
    if as_json:
        _print_json([dataclasses.asdict(user) for user in found])
    else:
        terminal.print_users(found)


@users.command("disable")
def disable_user(name: UserName) -> None:
    """Shut a user out; whoever is signed in under that name is signed out at once."""
    _change_user(name, "disabled", True)


@users.command("enable")
def enable_user(name: UserName) -> None:
    """Let a user in again."""
    _change_user(name, "disabled", False)


@users.command("role")
def user_role(name: UserName, role: Annotated[str, typer.Argument(help="viewer, validator or administrator.")]) -> None:
    """Give a user another role."""
    _change_user(name, "role", role)


@users.command("password")
def user_password(name: UserName) -> None:
    """Give a user another password; whoever is signed in under that name is signed out at once."""
    _change_user(name, "password", _new_password())


def _change_user(name: str, what: str, value: Any) -> None:
    from review.access import users as known
    from review.store import Desk

    change = {"disabled": known.set_disabled, "role": known.set_role, "password": known.set_password}[what]
    change(Desk(_settings().data), name, value)  # type: ignore[operator]
    typer.echo(f"Đã ghi thay đổi cho {name}.")


def _new_password() -> str:
    """Asked for twice where somebody types; the first line of standard input otherwise. Never a word of the call."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    word: str = typer.prompt("Mật khẩu", hide_input=True, confirmation_prompt="Nhập lại mật khẩu")
    return word


@app.command(rich_help_panel=UPKEEP)
def rebuild() -> None:
    """Make data/warehouse/ again from the raw files and the recorded decisions.

    Accepted tables are read anew from the raw files; a finished release of equal content is used again.
    """
    import terminal
    from flows.rebuild import rebuild as run

    settings = _settings()
    with terminal.progress() as report:
        published = run(settings, _runner(None), report)
    terminal.print_places(settings, published)


@app.command(rich_help_panel=UPKEEP)
def verify(as_json: Json = False) -> None:
    """Check that ledger, raw files, findings, accepted tables and releases are as they were written.

    Changes nothing. Names what is damaged and what mends it; exits with 1 if anything is.
    """
    import terminal
    from flows.upkeep import verify as run

    settings = _settings()
    with terminal.progress(quiet=as_json) as report:
        found = run(settings, report)
    _tell_damage(settings, found, as_json)


@app.command(rich_help_panel=UPKEEP)
def doctor(as_json: Json = False, strict: Strict = False) -> None:
    """Check the machine, the data root and what runs beside; changes nothing and takes some seconds.

    Each line is ✓, ! (look at it) or ✗ (broken) with the way on. Exits with 1 if anything is broken, with
    --strict with 3 if there is a line with !.
    """
    import terminal
    from watch.doctor import examine, is_broken
    from watch.line import OK

    lines = examine(_settings())
    if as_json:
        _print_json([asdict(line) for line in lines])
    else:
        terminal.print_health(lines)
    if is_broken(lines):
        sys.exit(SYSTEM_FAULT)
    if strict and any(line.mark != OK for line in lines):
        sys.exit(NOT_ALL_WELL)


@app.command(rich_help_panel=UPKEEP)
def metrics(
    serve: Annotated[bool, typer.Option("--serve", help="Listen for Prometheus until stopped.")] = False,
) -> None:
    """The system's numbers in Prometheus's text format: once, or over HTTP on this machine.

    For node_exporter: giamngheo metrics > giamngheo.prom
    """
    settings = _settings()
    if serve:
        from watch.serve import serve_metrics

        serve_metrics(settings, lambda at: typer.echo(f"Số đo cho Prometheus: {at}"))
        return
    from watch.metrics import metrics_text

    typer.echo(metrics_text(settings), nl=False)


@app.command(rich_help_panel=UPKEEP)
def upgrade() -> None:
    """Bring the ledger to the form of this version of the program. Every command does so by itself where it may.

    A SQLite ledger is copied beside itself first. On PostgreSQL, run this as the owner of the table.
    """
    from ledger.versions import NEWEST
    from tasks.ledgers import open_ledger

    ledger = open_ledger(_settings())
    ledger.close()
    if ledger.found_version == NEWEST:
        typer.echo(f"Sổ sự kiện đã ở dạng mới nhất ({NEWEST}).")
    else:
        typer.echo(f"Đã nâng cấp sổ sự kiện: {ledger.found_version} → {NEWEST}.")


@app.command(rich_help_panel=UPKEEP)
def backup(
    out: Annotated[Path, typer.Option(help="Folder of the backups, outside of the data root.")],
) -> None:
    """Copy what can't be made again into a new folder under --out, while runs go on, and check the copy.

    Holds the ledger, raw files, findings, keys and the desk's users: personal data, keep it as safe as data/.
    Files that the last backup there has are linked. Bring it back with: giamngheo restore.
    """
    import terminal
    from flows.upkeep import backup as run

    settings = _settings()
    with terminal.progress() as report:
        copied, found = run(settings, out, _now(), report)
    typer.echo(f"Đã sao lưu vào {copied.data}")
    _tell_damage(copied, found, as_json=False)


@app.command(rich_help_panel=UPKEEP)
def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder that `giamngheo backup` wrote.")],
) -> None:
    """Fill an empty data root from a backup, make the warehouse again, and check everything."""
    import terminal
    from flows.rebuild import rebuild as make_again
    from flows.upkeep import verify as check
    from tasks.backup import restore as run

    settings = _settings()
    with terminal.progress() as report, _recorded(settings, "restore"):
        run(settings, backup, report)
    if any(one.state == "accepted" for one in _state(settings).submissions.values()):
        with terminal.progress() as report:
            published = make_again(settings, _runner(None), report)
        terminal.print_places(settings, published)
    with terminal.progress() as report:
        found = check(settings, report)
    _tell_damage(settings, found, as_json=False)


@app.command(rich_help_panel=NUMBERS)
def releases(as_json: Json = False) -> None:
    """The finished releases, newest first, and what each changed against those published before it."""
    import terminal
    from tasks.publications import release_changes
    from tasks.release import list_releases

    settings = _settings()
    changes = release_changes(_state(settings), settings.first_period)
    rows = [
        row | {"changes": changes.get(row["release_id"], [])}
        for row in list_releases(settings.releases, settings.current)
    ]
    if as_json:
        _print_json(rows)
    else:
        terminal.print_releases(rows)


@app.command(rich_help_panel=NUMBERS)
def rollback(
    release: Annotated[str, typer.Argument(help="A release id from `giamngheo releases`.")], by: By, reason: Reason
) -> None:
    """Let readers see an older release again."""
    from flows.publish import rollback as run

    run(_settings(), release, by, reason)
    typer.echo(f"Bản đang dùng: {release}")


@app.command(name="explain", rich_help_panel=NUMBERS)
def explain_number(
    indicator: Annotated[str, typer.Argument(help="E.g. poor_rate, deprived_households:water, policy_coverage:bhyt.")],
    unit: Annotated[str, typer.Option(help="Code of the province, district or commune, e.g. 970.")],
    period: Annotated[str, typer.Option(help="Month, YYYY-MM.")],
    population: Annotated[
        str | None, typer.Option(help="Whom it counts, e.g. khmer; all if left out (poor for deprivations).")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Show so many source rows of each part.")] = 20,
    as_json: Json = False,
) -> None:
    """Where a published number comes from: its parts, communes, households (pseudonyms), file, sheet and row.

    Example: giamngheo explain poor_rate --unit 970 --period 2020-06
    """
    import terminal
    from tasks.explain import explain
    from tasks.release import reading_release

    path = _published(_settings())
    with reading_release(path.parent):
        found = explain(path, indicator, unit, _period(period), population)
    if as_json:
        _print_json(found)
    else:
        terminal.print_explanation(found, rows)


@app.command(rich_help_panel=NUMBERS)
def rules(as_json: Json = False) -> None:
    """The rule catalogue: codes, severities, what a failure leads to, and the messages."""
    import dataclasses

    import terminal
    from expectations.catalogue import rules as catalogue

    if as_json:
        _print_json([dataclasses.asdict(rule) for rule in catalogue().values()])
    else:
        terminal.print_rules(list(catalogue().values()))


@app.command(rich_help_panel=NUMBERS)
def sql(
    query: Annotated[
        str | None, typer.Argument(help="A query, or several; a read-only shell opens if left out.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Json = False,
) -> None:
    """A read-only shell, or one query, on the current release.

    Example: giamngheo sql "select period, value from mart.indicator where indicator = 'poor_rate'
    and population = 'all' and unit_code = '96' order by period"
    """
    import duckdb

    import shell
    from errors import ProgramFault
    from tasks.fault_words import as_ours
    from tasks.release import reading_release

    path = _published(_settings())
    if query is None:
        with reading_release(path.parent):
            shell.run_shell(path)
    elif not query.strip():
        raise WrongUsage("Câu lệnh SQL trống")
    else:
        try:
            with reading_release(path.parent):
                shell.run_query(path, query, "csv" if as_csv else "json" if as_json else "table")
        except duckdb.Error as fault:
            # What the machine refused is no fault of the query.
            if not isinstance(as_ours(fault), ProgramFault):
                raise
            raise shell.WrongQuery(str(fault)) from None


def _recorded(settings: "Settings", flow: str) -> "AbstractContextManager[Run]":
    from tasks.runs import run_of

    return run_of(settings, flow)


def _tell_damage(settings: "Settings", found: "list[Damage]", as_json: bool) -> None:
    import terminal

    if as_json:
        _print_json([asdict(one) for one in found])
    else:
        terminal.print_damage(settings, found)
    if found:
        sys.exit(SYSTEM_FAULT)


def _settings() -> "Settings":
    from settings import get_settings
    from telemetry.file import configure

    settings = get_settings()
    configure(settings.data, settings.log_megabytes, on_standard_error=settings.log_stderr)
    return settings


def _published(settings: "Settings") -> Path:
    """The file that readers have now."""
    from errors import SystemFault

    path = settings.current / "warehouse.duckdb"
    if not path.exists():
        if not settings.current.is_symlink():
            raise WrongUsage("Chưa có bản công bố nào. Chạy: giamngheo publish")
        raise SystemFault(
            f"{settings.current} leads to no whole release",
            "bản công bố đang dùng đã mất hoặc thiếu tệp",
            "run giamngheo rebuild, which makes it again",
            "chạy giamngheo rebuild để dựng lại",
        )
    return path


def _state(settings: "Settings") -> "State":
    from ledger.states import derive_state
    from tasks.ledgers import open_ledger

    ledger = open_ledger(settings)
    try:
        return derive_state(ledger.events())
    finally:
        ledger.close()


def _find(state: "State", prefix: str) -> Any:
    return state.find(prefix)


def _runner(report: Any) -> "Runner":
    from flows.runner import DirectRunner

    return DirectRunner(report)


def _run_ingest(settings: "Settings", inbox: Path | None, report: Any) -> "IngestReport":
    from flows.api import recorded_by_prefect

    if recorded_by_prefect():
        from flows.prefect_flows import run_ingest

        return run_ingest(inbox)
    from flows.ingest import ingest as run

    return run(settings, _runner(report), inbox=inbox)


def _run_publish(settings: "Settings", **how: Any) -> "Published":
    from flows.api import recorded_by_prefect

    if recorded_by_prefect():
        from flows.prefect_flows import run_publish

        return run_publish(**how)
    from flows.publish import SmallChanges
    from flows.publish import publish as run

    return run(settings, _runner(None), **(how | {"small": SmallChanges(how["small"])}))


def _run_due(settings: "Settings") -> "Published":
    from flows.api import recorded_by_prefect

    if recorded_by_prefect():
        from flows.prefect_flows import run_due

        return run_due()
    from flows.scheduled import publish_due as run

    return run(settings, _runner(None))


def _decide(
    submission: str, action: str, by: str, reason: str, *, until: dt.date | None = None, seen: int | None, **how: Any
) -> None:
    from flows.decisions import Asked, decide_all

    settings = _settings()
    found = _find(_state(settings), submission)
    asked = Asked(found.submission_id, action, seen=seen, **how)
    _say_decided(decide_all(settings, _runner(None), [asked], by=by, reason=reason, at=_now(), until=until))


def _say_decided(done: "Decided") -> None:
    import terminal

    terminal.print_decided(done)
    if done.faults:
        sys.exit(SYSTEM_FAULT)


def _finish(report: "IngestReport", strict: bool) -> None:
    state, judged, faults = report.state, report.judged, report.faults
    refused = any(taken.refused for taken in report.taken)
    if faults:
        sys.exit(SYSTEM_FAULT)
    if strict and (refused or any(state.submissions[one].state not in ("accepted", "superseded") for one in judged)):
        sys.exit(NOT_ALL_WELL)


def _period(text: str) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise WrongUsage(f"Kỳ “{text}” không đúng dạng YYYY-MM, ví dụ 2020-03")
    return text


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"Ngày {text} không đúng dạng YYYY-MM-DD") from None


def _expected_period(text: str) -> str:
    from tasks.status import expected_periods

    settings = _settings()
    expected = expected_periods(settings, _state(settings), _today(settings))
    if _period(text) not in expected:
        raise WrongUsage(f"Kỳ {text} không nằm trong các kỳ phải báo cáo ({expected[0]} đến {expected[-1]})")
    return text


def _district(code: str) -> str:
    from plan.reference import district_names

    if code not in district_names():
        known = ", ".join(f"{known} {name}" for known, name in district_names().items())
        raise WrongUsage(f"Không có huyện {code}. Các huyện: {known}")
    return code


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _today(settings: "Settings") -> dt.date:
    from zoneinfo import ZoneInfo

    return dt.datetime.now(ZoneInfo(settings.timezone)).date()


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


if __name__ == "__main__":
    main()
