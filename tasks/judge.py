"""From findings to a verdict (contract, section 2)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from expectations.catalogue import rules
from ledger.states import ACCEPTED, HELD, REJECTED, WAITING, Waiver
from tasks.identity import rule_pack


def waivers_in_force(waivers: Iterable[Waiver], on: dt.date) -> tuple[set[str], set[str]]:
    """The rules that are waived as a whole on a day, and the finding ids that are waived singly."""
    valid = [waiver for waiver in waivers if waiver.until >= on and rules()[waiver.rule].waivable]
    return (
        {waiver.rule for waiver in valid if waiver.finding_id is None},
        {waiver.finding_id for waiver in valid if waiver.finding_id is not None},
    )


def mark_waived(
    listed: list[dict[str, Any]], waived_rules: set[str], waived_findings: set[str]
) -> list[dict[str, Any]]:
    """The findings with `waived` true where a waiver covers them."""
    return [
        finding | {"waived": finding["rule"] in waived_rules or finding["finding_id"] in waived_findings}
        for finding in listed
    ]


def decide(counts: Counter[str], listed: list[dict[str, Any]], waived_rules: set[str], waits: bool) -> str:
    """The verdict over exact counts per rule, less what is waived: rejected, waiting, held or accepted."""
    waived = Counter(finding["rule"] for finding in listed if finding["waived"])
    standing = {rule for rule, count in counts.items() if rule not in waived_rules and count > waived[rule]}
    outcomes = {rules()[rule].on_fail for rule in standing}
    if "reject" in outcomes:
        return REJECTED
    if waits:
        return WAITING
    return HELD if "hold" in outcomes else ACCEPTED


def conclude(
    counts: Counter[str], listed: list[dict[str, Any]], waivers: Iterable[Waiver], on: dt.date, waits: bool
) -> tuple[list[dict[str, Any]], str]:
    """The findings, marked where a waiver in force on a day covers them, and the verdict."""
    waived_rules, waived_findings = waivers_in_force(waivers, on)
    marked = mark_waived(listed, waived_rules, waived_findings)
    return marked, decide(counts, marked, waived_rules, waits)


def severities(counts: Counter[str]) -> dict[str, int]:
    """Exact number of findings by severity, waived ones included."""
    totals = {"critical": 0, "warning": 0, "info": 0}
    for rule, count in counts.items():
        totals[rules()[rule].severity] += count
    return totals


__all__ = ["conclude", "decide", "mark_waived", "rule_pack", "severities", "waivers_in_force"]
