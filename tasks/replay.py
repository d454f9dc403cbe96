"""What another rule pack would change: of each submission the judgement then, beside one of now. Nothing is written."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from expectations.catalogue import rules
from ledger.states import ACCEPTED, OPEN_STATES, UNREADABLE, State, Submission
from tasks.stored import reading_judgements

# What may follow: `giamngheo rejudge` does it, a validator has to look, or nothing is to be done.
REJUDGE, VALIDATOR, NOTHING = "rejudge", "validator", "nothing"


@dataclass(frozen=True)
class Judgement:
    """What one judging found. `listed` has the finding ids of each rule, perhaps fewer than `counts` says."""

    verdict: str
    slot: tuple[str, str] | None
    counts: Counter[str]
    listed: dict[str, frozenset[str]]
    severities: dict[str, str]


@dataclass(frozen=True)
class Change:
    """What judging a submission now would change.

    `newly_failing` and `newly_passing` count findings by rule; `severities` has what a rule's severity was and is,
    where the submission has findings of it. `rule_pack` is the one that it was judged by, `way` one of REJUDGE,
    VALIDATOR, NOTHING.
    """

    submission_id: str
    file_name: str
    district_code: str | None
    period: str | None
    state: str
    rule_pack: str
    verdict_then: str
    verdict_now: str
    newly_failing: dict[str, int]
    newly_passing: dict[str, int]
    severities: dict[str, tuple[str, str]]
    slot_now: tuple[str, str] | None
    way: str


@dataclass
class Replay:
    """A replay's outcome: `judged` submissions, the `changes` among them, those left out with the reason, and faults.

    `rule_packs` says how many submissions were judged by which rule pack; `rule_pack` is the present one.
    """

    rule_pack: str
    code_version: str
    judged: int = 0
    rule_packs: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def as_object(self) -> dict[str, Any]:
        """The whole as JSON knows it."""
        return {
            "rule_pack": self.rule_pack,
            "code_version": self.code_version,
            "judged": self.judged,
            "judged_by": dict(self.rule_packs),
            "rules": totals_by_rule(self.changes),
            "submissions": [asdict(change) for change in self.changes],
            "left_out": self.left_out,
            "faults": self.faults,
        }


def judged_before(judgements: Path, submission: Submission) -> Judgement:
    """The recorded judgement. Where its listing is lost the exact counts remain."""
    recorded = submission.judgement
    assert recorded is not None
    path = judgements / recorded["findings"]
    with reading_judgements([path]):
        rows = pl.read_parquet(path, columns=["rule", "finding_id", "severity"]).rows() if path.is_file() else []
    return judgement(recorded["verdict"], submission.slot, Counter(recorded["counts"]), rows)


def judgement(
    verdict: str, slot: tuple[str, str] | None, counts: Counter[str], listed: Iterable[tuple[str, str, str]]
) -> Judgement:
    """A judgement of its exact counts and its listed findings: (rule, finding_id, severity)."""
    ids: dict[str, set[str]] = {}
    severities = {}
    for rule, finding_id, severity in listed:
        ids.setdefault(rule, set()).add(finding_id)
        severities[rule] = severity
    return Judgement(verdict, slot, counts, {rule: frozenset(own) for rule, own in ids.items()}, severities)


def compare(state: State, submission: Submission, then: Judgement, now: Judgement) -> Change | None:
    """What judging a submission now would change; None where it would change nothing."""
    failing, passing = {}, {}
    severities = {}
    for rule in sorted(then.counts.keys() | now.counts.keys()):
        more, fewer = _differing(rule, then, now)
        if more:
            failing[rule] = more
        if fewer:
            passing[rule] = fewer
        was, is_ = then.severities.get(rule), now.severities.get(rule)
        if was and is_ and was != is_:
            severities[rule] = (was, is_)
    if then.verdict == now.verdict and then.slot == now.slot and not (failing or passing or severities):
        return None
    assert submission.judgement is not None
    return Change(
        submission_id=submission.submission_id,
        file_name=submission.file_name,
        district_code=submission.district_code,
        period=submission.period,
        state=submission.state,
        rule_pack=submission.judgement["rule_pack"],
        verdict_then=then.verdict,
        verdict_now=now.verdict,
        newly_failing=failing,
        newly_passing=passing,
        severities=severities,
        slot_now=now.slot if now.slot != then.slot else None,
        way=_way_on(state, submission, then, now, failing),
    )


def totals_by_rule(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """One row for each rule that changes something, in the catalogue's order.

    Keys: rule, severity (now), severity_then, newly_failing_files, newly_failing_findings, newly_passing_files,
    newly_passing_findings.
    """
    totals: dict[str, dict[str, Any]] = {}
    for change in changes:
        for what, counts in (("failing", change.newly_failing), ("passing", change.newly_passing)):
            for rule, count in counts.items():
                row = totals.setdefault(rule, _no_totals(rule))
                row[f"newly_{what}_files"] += 1
                row[f"newly_{what}_findings"] += count
        for rule, (was, _) in change.severities.items():
            totals.setdefault(rule, _no_totals(rule))["severity_then"] = was
    return [totals[rule] for rule in rules() if rule in totals]


def _no_totals(rule: str) -> dict[str, Any]:
    severity = rules()[rule].severity
    kinds = ("newly_failing_files", "newly_failing_findings", "newly_passing_files", "newly_passing_findings")
    return {"rule": rule, "severity": severity, "severity_then": severity} | dict.fromkeys(kinds, 0)


def _differing(rule: str, then: Judgement, now: Judgement) -> tuple[int, int]:
    """How many findings of a rule are new, and how many are gone.

    Finding by finding; where a listing was cut, by the exact numbers alone.
    """
    before, after = then.listed.get(rule, frozenset()), now.listed.get(rule, frozenset())
    if len(before) == then.counts[rule] and len(after) == now.counts[rule]:
        return len(after - before), len(before - after)
    more = now.counts[rule] - then.counts[rule]
    return max(0, more), max(0, -more)


def _way_on(state: State, submission: Submission, then: Judgement, now: Judgement, failing: Iterable[str]) -> str:
    if submission.state in (*OPEN_STATES, UNREADABLE):
        return NOTHING if state.newer_accepted(submission) else REJUDGE
    if submission.state != ACCEPTED:
        return NOTHING
    # A validator may have accepted what the rules hold: only what is new since then asks for another look.
    graver = any(rules()[rule].on_fail in ("reject", "hold") for rule in failing)
    fails = now.verdict != ACCEPTED and (now.verdict != then.verdict or graver)
    return VALIDATOR if fails or now.slot != then.slot else NOTHING
