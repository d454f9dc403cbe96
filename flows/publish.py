"""build → audit → reports → release: from what is accepted to the release that readers see."""

import datetime as dt
from dataclasses import dataclass

from errors import Refused
from flows.notices import announce
from flows.runner import Runner
from ledger.events import Event
from ledger.states import derive_state
from reports.files import write_reports
from settings import Settings
from tasks.build import method_hash
from tasks.identity import check_unchanged
from tasks.inputs import accepted_periods, build_inputs
from tasks.ledgers import open_ledger
from tasks.locks import only_run
from tasks.publications import published_contents
from tasks.release import ReleaseResult, make_release, point_current
from tasks.runs import recorded
from tasks.status import expected_periods
from telemetry.record import step
from telemetry.runs import Run


class NothingToPublish(Refused):
    """Nothing is accepted for the months asked for; readers see what they saw before. Says why, in Vietnamese."""

    outcome = "nothing"
    usual_do_vi = "xem: giamngheo status"
    usual_do_en = "see: giamngheo status"

    def __init__(self, why_vi: str) -> None:
        super().__init__(f"chưa công bố được: {why_vi}")


@dataclass(frozen=True)
class Published:
    """A finished publication."""

    release: ReleaseResult
    as_of: str


def _note(run: Run, published: Published) -> None:
    release = published.release
    run.about = {"release": release.release_id, "as_of": published.as_of, "created": release.created}


@recorded("publish", _note)
def publish(
    settings: Settings,
    runner: Runner,
    *,
    as_of: str | None = None,
    now: dt.datetime | None = None,
    source: str = "",
) -> Published:
    """Build, audit and switch a release of all periods up to `as_of` (YYYY-MM; the latest accepted one).

    `source` is kept with the event: what a backfill publishes is told to nobody.

    Raises NothingToPublish, tasks.release.PublishBlocked (an audit found bad rows; nothing was switched),
    tasks.locks.Busy, SystemFault (the program was replaced under this process, or makes another content of the same
    id), or what the disk raises.
    """
    check_unchanged()
    with only_run(settings, "publish"):
        ledger = open_ledger(settings)
        try:
            state = derive_state(ledger.events())
            accepted = accepted_periods(state)
            last = as_of or max(accepted, default=None)
            if last is None or not any(period <= last for period in accepted):
                raise NothingToPublish("chưa có tệp nào được chấp nhận đến kỳ này")
            if last > max(expected_periods(settings, state)):
                raise NothingToPublish(f"kỳ {last} chưa đến hạn báo cáo nào")
            with step("inputs", as_of=last):
                inputs = build_inputs(settings, state, last)
            outcome = runner.each(
                "build, audit and switch",
                lambda one: make_release(
                    settings.releases, settings.current, one, [write_reports], published_contents(state)
                ),
                [inputs],
                lambda one: one.as_of,
            )[0]
            if isinstance(outcome, Exception):
                raise outcome
            payload = {
                "release_id": outcome.release_id,
                "as_of": last,
                "created": outcome.created,
                # What this release knew of the ledger, and by what it was made: tasks/publications.py.
                "position": state.position,
                "method": method_hash(settings.rate_denominator_excludes_social_protection),
                "content": outcome.content,
            }
            if source:
                payload["source"] = source
            if not state.published or state.published[-1].payload["release_id"] != outcome.release_id:
                ledger.append([Event("published", now or dt.datetime.now(dt.UTC), payload=payload)])
        finally:
            ledger.close()
    announce(settings)
    return Published(outcome, last)


@recorded("rollback")
def rollback(settings: Settings, release_id: str, by: str, reason: str) -> None:
    """Let `current` point to an older finished release. Raises FileNotFoundError where there is none."""
    with only_run(settings, "publish"):
        ledger = open_ledger(settings)
        try:
            published = published_contents(derive_state(ledger.events()))
            point_current(settings.releases, settings.current, release_id, published)
            # With the month, so that `rebuild` publishes the one that readers saw. A release's name begins with it.
            payload = {"release_id": release_id, "as_of": release_id.rpartition("-")[0]}
            ledger.append([Event("rolled_back", dt.datetime.now(dt.UTC), by=by, reason=reason, payload=payload)])
        finally:
            ledger.close()
