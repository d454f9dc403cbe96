"""The main job on the sample year: thirteen months of nine districts, told as they would have come.

Everything is recorded at the time the story gives it, so the result is the same whenever it is told.
"""

import datetime as dt
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from errors import Refused
from flows.decisions import decide_on
from flows.ingest import FaultsOfTheSystem, IngestReport, ingest
from flows.publish import Published, publish
from flows.runner import Runner
from ledger.states import State, derive_state
from sample.story import Decision, Story, story, write_deliveries
from settings import Settings
from tasks.children import Readers, start_readers
from tasks.files import sha256_of
from tasks.ledgers import open_ledger
from tasks.receive import find_unhidden

SOURCE = "sample"
Progress = Callable[[str, int, int], None]


class NotASampleRoot(Refused):
    """The data root holds something that is not of the sample year; nothing was changed."""

    usual_do_vi = "đặt GIAMNGHEO_DATA tới một thư mục trống rồi {again}"
    usual_do_en = "set GIAMNGHEO_DATA to an empty folder, then {again}"

    def __init__(self, why_vi: str) -> None:
        super().__init__(f"không chạy mẫu trên dữ liệu thật: {why_vi}")


def run_demo(settings: Settings, runner: Runner, seed: int, on_progress: Progress) -> tuple[Published, State]:
    """Make the sample year, ingest it month by month, decide what is held, publish.

    `on_progress` hears of (stage, done, total). A second run finds everything known and only publishes.
    Raises NotASampleRoot.
    """
    refuse_other_data(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    told = story(seed)
    with tempfile.TemporaryDirectory(dir=settings.data, prefix=".sample-") as folder:
        paths = write_deliveries(
            Path(folder),
            told.deliveries,
            workers=settings.readers,
            progress=lambda done: on_progress("write", done, len(told.deliveries)),
        )
        with start_readers(settings) as readers:
            state = _tell(settings, runner, told, paths, on_progress, readers)
    last = max(told.deliveries[-1].received_at, *(decision.at for decision in told.decisions))
    published = publish(settings, runner, now=last.astimezone(dt.UTC))
    return published, state


def refuse_other_data(settings: Settings) -> None:
    """Raises NotASampleRoot where a data root holds submissions or inbox files that are not the sample's."""
    if any(not is_note for _, is_note in find_unhidden(settings.inbox)):
        raise NotASampleRoot(f"hộp nhận {settings.inbox} đang có tệp")
    if not (settings.ledger_url or (settings.data / "ledger.sqlite").exists()):
        return
    ledger = open_ledger(settings)
    state = derive_state(ledger.events())
    ledger.close()
    others = [one for one in state.submissions.values() if one.source != SOURCE]
    if others:
        raise NotASampleRoot(f"{settings.data} có {len(others)} tệp không thuộc năm mẫu")


def batches(told: Story) -> list[tuple[list[int], list[Decision]]]:
    """The deliveries (as places in the story) that are ingested together, and the decisions after each lot.

    A lot ends with its calendar month, and before every decision.
    """
    lots: list[tuple[list[int], list[Decision]]] = []
    happenings: list[tuple[dt.datetime, int | Decision]] = [
        *[(delivery.received_at, place) for place, delivery in enumerate(told.deliveries)],
        *[(decision.at, decision) for decision in told.decisions],
    ]
    for at, happening in sorted(happenings, key=lambda one: one[0]):
        if isinstance(happening, Decision):
            lots[-1][1].append(happening)
            continue
        places, decisions = lots[-1] if lots else ([], [])
        last = told.deliveries[places[-1]].received_at if places else None
        if last is None or decisions or (last.year, last.month) != (at.year, at.month):
            lots.append(([happening], []))
        else:
            places.append(happening)
    return lots


def _tell(
    settings: Settings, runner: Runner, told: Story, paths: list[Path], on_progress: Progress, readers: Readers
) -> State:
    state = State()
    lots = batches(told)
    settings.inbox.mkdir(parents=True, exist_ok=True)
    quick = settings.model_copy(update={"settle_seconds": 0})
    for number, (places, decisions) in enumerate(lots, start=1):
        known = _known_submissions(settings)
        arrivals = {}
        for place in places:
            if sha256_of(paths[place]) not in known:
                os.replace(paths[place], settings.inbox / paths[place].name)
                arrivals[paths[place].name] = told.deliveries[place].received_at.astimezone(dt.UTC)
        at = told.deliveries[places[-1]].received_at.astimezone(dt.UTC)
        report: IngestReport = ingest(
            quick,
            runner,
            received_at=arrivals,
            clock=lambda at=at: at,  # type: ignore[misc]
            source=SOURCE,
            readers=readers,
        )
        if report.faults:
            raise FaultsOfTheSystem(report)
        state = report.state
        for decision in decisions:
            slot = (decision.district_code, decision.period)
            held = [one for one in state.submissions.values() if one.slot == slot and one.state == "held"]
            for one in held:
                state = decide_on(
                    quick,
                    runner,
                    one.submission_id,
                    decision.action,
                    by=decision.by,
                    reason=decision.reason,
                    at=decision.at.astimezone(dt.UTC),
                    readers=readers,
                )
        on_progress("ingest", number, len(lots))
    return state


def _known_submissions(settings: Settings) -> set[str]:
    ledger = open_ledger(settings)
    try:
        return set(derive_state(ledger.events()).submissions)
    finally:
        ledger.close()
