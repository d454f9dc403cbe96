"""Make a case of a read file and what is recorded, and hold cases against the rules.

`flows/ingest.py` and `flows/replay.py` both judge by it: given the same recorded state they find the same.
"""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.states import State, Submission
from settings import Settings
from tasks import accept
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.findings import Judged, make_findings
from tasks.judging import at_slot, judging_inputs
from tasks.read import ReadWorkbook
from tasks.stored import reading_accepted


def judged_period(workbook: ReadWorkbook) -> str | None:
    """The month (YYYY-MM) to judge a workbook in; None where its cover names no slot that the form serves."""
    cover = read_cover(workbook)
    return cover.period if cover.district_code and cover.form_fits else None


def make_case(
    settings: Settings,
    state: State,
    submission: Submission,
    workbook: ReadWorkbook,
    accepted: Callable[[Submission], Path],
) -> Case:
    """A submission with all that its judging depends on at the moment of `state`.

    `accepted` gives the folder of an accepted submission's tables. Raises DamagedFile where they are damaged.
    """
    cover = read_cover(workbook)
    case = Case(
        submission_id=submission.submission_id,
        workbook=workbook,
        # What came too early (F05, F16) may come again, byte for byte, when its time has come.
        received_on=max([submission.received_at, *submission.received_again])
        .astimezone(ZoneInfo(settings.timezone))
        .date(),
        district_code=cover.district_code,
        period=cover.period,
        form_fits=cover.form_fits,
        is_closed=cover.period in state.closed,
        waived_rules=frozenset(waiver.rule for waiver in submission.waivers),
    )
    first = settings.first_period
    if case.is_judgeable and case.district_code and case.period and case.period > first:
        slot = (case.district_code, case.period)
        standing = state.previous(slot)
        waits = judging_inputs(state, at_slot(submission, slot), first)["waits"]
        case.lacks_previous = waits or standing is None
        if standing is not None and not waits and standing.period:
            previous = accepted(standing)
            before = {p: s for p, s in state.accepted_of(case.district_code).items() if p < case.period}
            earlier = {p: accepted(s) for p, s in before.items()}
            with reading_accepted([previous, *earlier.values()]):
                case.previous = accept.read_previous(previous, standing.period)
                case.earlier = accept.read_earlier(earlier)
    return case


def judge_cases(cases: list[Case], listed: int) -> list[Judged]:
    """The findings of cases of one month (or of none), in their order; at most `listed` are listed for each rule.

    Raises ProgramFault where a rule could not be computed.
    """
    # Validation takes seconds to import.
    from tasks.validate import validate_wave

    periods = {case.period for case in cases if case.is_judgeable}
    period = periods.pop() if periods else None
    frames = derive_wave(cases, period)
    return make_findings(cases, frames, validate_wave(frames, period), listed)
