"""What the log says of an event of the ledger: ids, codes and counts, and neither file name nor reason."""

from collections.abc import Mapping
from typing import Any

from telemetry.record import tell

_OF_FILES = ("received", "received_again", "judged", "superseded")
_OF_RELEASES = ("published", "rolled_back")
# What of an event's payload may be told, and as what.
_TOLD = {
    "verdict": "outcome",
    "severities": "counts",
    "size": "bytes",
    "release_id": "release",
    "as_of": "as_of",
    "rule": "rule",
    "rule_pack": "rule_pack",
}
NOBODY = "hệ thống"


def tell_event(
    number: int,
    kind: str,
    by: str,
    submission_id: str | None,
    district_code: str | None,
    period: str | None,
    payload: Mapping[str, Any],
) -> None:
    """Record `file.KIND`, `release.KIND` or `decision.KIND` once the ledger has it."""
    family = "file" if kind in _OF_FILES else "release" if kind in _OF_RELEASES else "decision"
    tell(
        f"{family}.{kind}",
        ledger_event=number,
        by=None if by == NOBODY else by,
        submission=submission_id,
        district=district_code,
        period=period,
        **{name: payload.get(key) for key, name in _TOLD.items()},
    )
