"""Everything a release is made from, gathered from the ledger and the accepted tables."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import polars as pl

from expectations.catalogue import rules
from ledger.states import State, Submission
from plan.reference import period_end, periods_between
from settings import Settings
from tasks.build import FINDING_COUNT, RESTATED, RESTATED_MONTH, SLOT, SUBMISSION, BuildInputs, method_hash
from tasks.cross import cross_counts
from tasks.findings import to_frame, with_household_id
from tasks.judgements import later_findings, write_judgement
from tasks.pseudonym import derived_key, root_key
from tasks.publications import Held, restated, without
from tasks.restore import restore_accepted
from tasks.status import due_date, files_by_slot, slot_rows, slots_on_time


def accepted_periods(state: State) -> set[str]:
    """The periods (YYYY-MM) with an accepted submission."""
    return {one.period for one in state.submissions.values() if one.state == "accepted" and one.period}


def build_inputs(settings: Settings, state: State, as_of: str, held: Held | None = None) -> BuildInputs:
    """Everything a release is made from, with the accepted tables written again where they were lost.

    Of the corrections in `held` it knows nothing: what they replaced stands.
    """
    whole, state = state, without(state, held or {})
    # Which slots a release has follows from its last month alone, never from the clock.
    rows = slot_rows(settings, state, periods_between(settings.first_period, as_of))
    slots = pl.DataFrame(rows, schema=SLOT, orient="row")
    method = method_hash(settings.rate_denominator_excludes_social_protection)
    otherwise = restated(whole, settings.first_period, as_of, method, held)
    restated_slots = pl.DataFrame(otherwise.slots, schema=RESTATED, orient="row")
    key = root_key(settings, state)
    needed = pl.concat(
        [slots.get_column("accepted_submission_id"), restated_slots.get_column("published_submission_id")]
    )
    named = [state.submissions[submission_id] for submission_id in needed.drop_nulls().unique(maintain_order=True)]
    restore_accepted(settings, named, key)
    submissions = list(state.submissions.values())
    judged = [one for one in submissions if one.judgement is not None]
    shared = cross_counts(settings.judgements, state)
    counts = [
        {"submission_id": one.submission_id, "rule": rule, "severity": rules()[rule].severity, "count": count}
        for one in judged
        for rule, count in _counts(one, shared[one.submission_id]).items()
    ]
    in_time = slots_on_time(settings, state, files_by_slot(state))
    later = later_findings(settings.judgements, state, submissions, settings.timezone)
    later_name = write_judgement(settings.judgements, "later", with_household_id(to_frame(later), key))
    return BuildInputs(
        as_of=as_of,
        first_period=settings.first_period,
        accepted=settings.accepted,
        submissions=pl.DataFrame(
            [_submission_row(settings, one, shared[one.submission_id], in_time.get(one.slot)) for one in submissions],
            schema=SUBMISSION,
            orient="row",
        ),
        slots=slots,
        findings=[
            *[settings.judgements / one.judgement["findings"] for one in judged if one.judgement],
            settings.judgements / later_name,
        ],
        finding_counts=pl.DataFrame(counts, schema=FINDING_COUNT, orient="row"),
        suppression_key=derived_key(key, "suppression"),
        rate_denominator_excludes_social_protection=settings.rate_denominator_excludes_social_protection,
        code_version=code_version(),
        restated=restated_slots,
        restated_months=pl.DataFrame(otherwise.months, schema=RESTATED_MONTH, orient="row"),
    )


def _counts(submission: Submission, shared: int) -> dict[str, int]:
    counts: dict[str, int] = dict((submission.judgement or {}).get("counts", {}))
    if submission.received_again:
        counts["F07"] = len(submission.received_again)
    if shared:
        counts["X04"] = shared
    return counts


def _submission_row(settings: Settings, submission: Submission, shared: int, in_time: bool | None) -> dict[str, Any]:
    return {
        "submission_id": submission.submission_id,
        "sha256": submission.submission_id,
        "file_name": submission.file_name,
        "source": submission.source,
        "district_code": submission.district_code,
        "period": period_end(submission.period) if submission.period else None,
        "kind": submission.kind,
        "state": submission.state,
        "received_at": submission.received_at,
        "decided_at": submission.decided_at,
        "decided_by": submission.decided_by,
        "reason": submission.reason,
        "due": due_date(settings, submission.period) if submission.period else None,
        "on_time": in_time,
        "rule_pack": (submission.judgement or {}).get("rule_pack"),
        "critical": submission.counts("critical"),
        "warning": submission.counts("warning") + shared,
        "info": submission.counts("info"),
    }


def code_version() -> str:
    """The version of this code, as installed."""
    try:
        return version("giamngheo")
    except PackageNotFoundError:
        return "not installed"
