"""build → audit → reports → release: from what is accepted to the release that readers see."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from errors import Refused
from flows.notices import announce
from flows.runner import Runner
from ledger.events import Event
from ledger.states import State, derive_state
from reports.files import write_reports
from settings import Settings
from tasks.build import method_hash
from tasks.identity import check_unchanged
from tasks.inputs import accepted_periods, build_inputs
from tasks.ledgers import open_ledger
from tasks.locks import only_run
from tasks.losses import Loss, reader_losses, shown_by
from tasks.pseudonym import fingerprint, root_key
from tasks.publications import current_release, publications, published_contents
from tasks.release import WAREHOUSE, ReleaseResult, make_release, point_current, refuse_changed
from tasks.restore import restore_accepted
from tasks.runs import recorded
from tasks.small_changes import SmallChange, SmallChangeRefused, corrections, small_changes
from tasks.status import expected_periods
from tasks.stored import reading_accepted
from telemetry.record import step
from telemetry.runs import Run


class NothingToPublish(Refused):
    """Nothing is accepted for the months asked for; readers see what they saw before. Says why, in Vietnamese."""

    outcome = "nothing"
    usual_do_vi = "xem: giamngheo status"
    usual_do_en = "see: giamngheo status"

    def __init__(self, why_vi: str) -> None:
        super().__init__(f"chưa công bố được: {why_vi}")


class SmallChanges(StrEnum):
    """What to do with corrections that two releases would reveal (tasks/small_changes.py)."""

    REFUSE = "refuse"  # publish nothing
    HOLD = "hold"  # leave them out until a new month is published; the rest is published
    PUBLISH = "publish"  # somebody says that they may be seen


@dataclass(frozen=True)
class Published:
    """A finished publication.

    `is_current` is false where readers keep a release of later months. `losses` is what readers lose by it, None where
    what they had can't be read. `small_changes` are corrections that two releases reveal; `held` says that they were
    left out.
    """

    release: ReleaseResult
    as_of: str
    is_current: bool = True
    losses: tuple[Loss, ...] | None = ()
    small_changes: tuple[SmallChange, ...] = ()
    held: bool = False


def _note(run: Run, published: Published) -> None:
    release = published.release
    run.about = {"release": release.release_id, "as_of": published.as_of, "created": release.created}


@recorded("publish", _note)
def publish(
    settings: Settings,
    runner: Runner,
    *,
    as_of: str | None = None,
    to_current: bool = False,
    small: SmallChanges = SmallChanges.REFUSE,
    by: str = "",
    now: dt.datetime | None = None,
    source: str = "",
) -> Published:
    """Build and audit a release of all periods up to `as_of` (YYYY-MM; the latest accepted one), and switch to it.

    Where readers have a release of later months they keep it, unless `to_current`. `small` says what becomes of
    corrections of a few households in months that were published before; with a new month they go out in any case.
    `by` is who says so, and `source` is kept with the event: what a backfill publishes is told to nobody.

    Raises NothingToPublish, SmallChangeRefused, tasks.release.PublishBlocked (an audit found bad rows; nothing was
    switched), Busy, SystemFault (the program was replaced under this process, or makes another content of the same
    id), or what the disk raises.
    """
    check_unchanged()
    with only_run(settings, "publish"):
        ledger = open_ledger(settings)
        try:
            state = derive_state(ledger.events())
            at = now or dt.datetime.now(dt.UTC)
            last = _last_month(settings, state, as_of, at)
            current = current_release(state)
            is_current = to_current or current is None or last >= current.as_of
            found = _small_changes(settings, state, last)
            asked = [] if _is_new_month(state, last) else found
            if asked and small is SmallChanges.REFUSE:
                raise SmallChangeRefused(asked)
            held = {one.slot: one.shown for one in asked} if small is SmallChanges.HOLD else {}
            with step("inputs", as_of=last):
                inputs = build_inputs(settings, state, last, held)
            contents = published_contents(state)
            outcome = runner.each(
                "build and audit",
                lambda one: make_release(
                    settings.releases, settings.current, one, [write_reports], contents, switched=False
                ),
                [inputs],
                lambda one: one.as_of,
            )[0]
            if isinstance(outcome, Exception):
                raise outcome
            published = Published(outcome, last, is_current, (), tuple(found), held=bool(held))
            if is_current:
                published = replace(published, losses=_losses(settings, outcome.path))
                with step("switch", release=outcome.release_id):
                    point_current(settings.releases, settings.current, outcome.release_id, contents)
            else:
                refuse_changed(outcome.path, contents)
            if _is_news(state, published):
                ledger.append([_event(settings, state, published, by, source, at)])
        finally:
            ledger.close()
    announce(settings)
    return published


def _last_month(settings: Settings, state: State, as_of: str | None, at: dt.datetime) -> str:
    accepted = accepted_periods(state)
    last = as_of or max(accepted, default=None)
    if last is None or not any(period <= last for period in accepted):
        raise NothingToPublish("chưa có tệp nào được chấp nhận đến kỳ này")
    expected = expected_periods(settings, state, at.astimezone(ZoneInfo(settings.timezone)).date())
    if last > expected[-1]:
        raise NothingToPublish(f"kỳ {last} không nằm trong các kỳ phải báo cáo đến nay (đến {expected[-1]})")
    return last


def _small_changes(settings: Settings, state: State, last: str) -> list[SmallChange]:
    """Which of the corrections that no release has shown are small; tables that were lost are written again."""
    found = corrections(state, settings.first_period, last)
    if not found:
        return []
    with step("corrections", counts={"slots": len(found)}):
        named = {submission_id for one in found for submission_id in (*one.published, one.now)}
        key = root_key(settings, state)
        restore_accepted(settings, [state.submissions[submission_id] for submission_id in sorted(named)], key)
        with reading_accepted(settings.accepted / submission_id for submission_id in named):
            return small_changes(
                found,
                lambda submission_id, sheet: pl.read_parquet(settings.accepted / submission_id / f"{sheet}.parquet"),
            )


def _is_new_month(state: State, last: str) -> bool:
    return all(one.as_of < last for one in publications(state))


def _losses(settings: Settings, new: Path) -> tuple[Loss, ...] | None:
    old = settings.current.resolve()
    if old == new.resolve() or not (old / WAREHOUSE).is_file():
        return ()
    try:
        before = shown_by(old)
    except duckdb.Error:
        # Damaged, or made by a version whose tables were others: it is about to be replaced.
        return None
    return tuple(reader_losses(before, shown_by(new)))


def _is_news(state: State, published: Published) -> bool:
    """Whether readers get another release than they have, or one is published beside it that never was."""
    name = published.release.release_id
    if published.is_current:
        current = current_release(state)
        return current is None or current.release_id != name
    return all(one.release_id != name for one in publications(state))


def _event(settings: Settings, state: State, published: Published, by: str, source: str, at: dt.datetime) -> Event:
    payload: dict[str, Any] = {
        "release_id": published.release.release_id,
        "as_of": published.as_of,
        "created": published.release.created,
        # What this release knew of the ledger, and by what it was made: tasks/publications.py.
        "position": state.position,
        "method": method_hash(settings.rate_denominator_excludes_social_protection),
        "content": published.release.content,
        "key": fingerprint(root_key(settings, state)),
    }
    if source:
        payload["source"] = source
    if not published.is_current:
        payload["current"] = False
    if published.held:
        payload["held"] = [one.told() | {"submission_id": one.shown} for one in published.small_changes]
    elif published.small_changes:
        payload["small_changes"] = [one.told() for one in published.small_changes]
    event = Event("published", at, payload=payload)
    return replace(event, by=by) if by else event


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
