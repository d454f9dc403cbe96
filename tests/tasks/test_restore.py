"""Accepted tables are written again from raw files that are no more trusted than on the day they came."""

import datetime as dt
import io
import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import psutil
import pytest
from dressed_months import as_csv_zip, plain_month
from small_district import DISTRICT, a_month
from typer.testing import CliRunner

import cli
from bench.hostile_files import bomb, with_part
from flows.ingest import ingest
from flows.publish import publish
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.events import Ledger
from ledger.states import State, derive_state
from settings import Settings
from tasks.faults import SystemFault
from tasks.pseudonym import pseudonym_key
from tasks.restore import restore_accepted

AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)
OTHER = "964"
BLANK_LINES = 200_000
# What a parent may take while a child opens a file that needs ten times as much.
PARENTS_BYTES = 16 << 20

Tables = dict[str, dict[str, pl.DataFrame]]


class Sent(NamedTuple):
    """A data root with two accepted districts; `large` is the submission that takes long and much to read."""

    settings: Settings
    state: State
    large: str

    def within(self, **limits: float) -> Settings:
        return self.settings.model_copy(update=limits)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    settings = Settings(
        data=tmp_path_factory.mktemp("restore"), settle_seconds=0, ledger_url="", pseudonym_key="k", readers=1
    )
    settings.inbox.mkdir(parents=True)
    write_workbook(settings.inbox / "nho.xlsx", a_month(district_code=OTHER))
    (settings.inbox / "lon.zip").write_bytes(with_many_blank_lines(as_csv_zip(plain_month({}))))
    report = ingest(settings, DirectRunner(), clock=lambda: AT)
    assert report.faults == []
    publish(settings, DirectRunner(), now=AT)
    ledger = Ledger(settings.database_url)
    state = derive_state(ledger.events())
    ledger.close()
    assert [one.state for one in state.submissions.values()] == ["accepted", "accepted"]
    [large] = [one.submission_id for one in state.submissions.values() if one.district_code == DISTRICT]
    return Sent(settings, state, large)


def with_many_blank_lines(archive: bytes) -> bytes:
    """Right data, and so many lines without any below it that the smallest of files unpacks to a large sheet."""
    name = "Hộ.csv"
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return with_part(archive, name, opened.read(name) + b"\n" * BLANK_LINES)


def tables(settings: Settings) -> Tables:
    return {
        folder.name: {path.name: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
        for folder in settings.accepted.iterdir()
    }


def assert_equal(found: Tables, expected: Tables) -> None:
    assert found.keys() == expected.keys()
    for submission_id, of_one in expected.items():
        assert found[submission_id].keys() == of_one.keys()
        assert all(found[submission_id][name].equals(table) for name, table in of_one.items())


def assert_no_child_is_left() -> None:
    assert [child for child in psutil.Process().children() if "tasks.child" in child.cmdline()] == []


def test_a_rebuild_gives_equal_tables_and_the_same_release_and_tells_how_far_it_is(sent: Sent) -> None:
    before, current = tables(sent.settings), sent.settings.current.resolve()
    told: list[tuple[str, int, int]] = []
    again = rebuild(sent.settings, DirectRunner(), lambda *step: told.append(step))
    assert told == [("rebuild", 1, 2), ("rebuild", 2, 2)]
    assert_equal(tables(sent.settings), before)
    assert sent.settings.current.resolve() == current
    assert again.release.release_id == current.name
    assert_no_child_is_left()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"reader_seconds": 0.3}, "reading takes more than 0.3 seconds"),
        ({"reader_megabytes": 130}, "the file is too large: reading it takes more than 130 MB of memory"),
    ],
)
def test_a_raw_file_that_takes_too_much_is_one_clear_sentence_and_harms_nothing(
    sent: Sent, limits: dict[str, float], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, current = tables(sent.settings), sent.settings.current.resolve()
    sentence = f"the raw file {sent.large[:12]} was accepted and can't be read again: {reason}"
    tracemalloc.start()
    with pytest.raises(SystemFault) as fault:
        rebuild(sent.within(**limits), DirectRunner(), lambda *_: None)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(fault.value) == sentence
    assert most < PARENTS_BYTES
    # The tables that were there are there, and readers see what they saw.
    assert_equal(tables(sent.settings), before)
    assert sent.settings.current.resolve() == current
    assert_no_child_is_left()

    monkeypatch.setattr(cli, "_settings", lambda: sent.within(**limits))
    shown = CliRunner().invoke(cli.app, ["rebuild"])
    assert isinstance(shown.exception, SystemFault)
    assert str(shown.exception) == sentence


def test_tables_that_were_lost_are_written_again_and_no_others(sent: Sent) -> None:
    before = tables(sent.settings)
    standing = list(sent.state.submissions.values())
    kept = {one.submission_id: (sent.settings.accepted / one.submission_id).stat().st_ino for one in standing}
    [small] = [one for one in standing if one.submission_id != sent.large]
    (sent.settings.accepted / small.submission_id).rename(sent.settings.data / "lost")
    done: list[tuple[int, int]] = []
    restore_accepted(
        sent.settings,
        standing,
        pseudonym_key(sent.settings.data, sent.settings.pseudonym_key),
        on_done=lambda *step: done.append(step),
    )
    assert done == [(1, 1)]
    assert_equal(tables(sent.settings), before)
    assert (sent.settings.accepted / sent.large).stat().st_ino == kept[sent.large]


class TestReplaced:
    """What stands in `raw/` under an accepted file's name, and is not what was received."""

    @pytest.fixture
    def raw(self, sent: Sent) -> Iterator[Path]:
        path, aside = sent.settings.raw / sent.large, sent.settings.data / "aside"
        path.rename(aside)
        yield path
        path.unlink(missing_ok=True)
        aside.rename(path)

    def assert_refused(self, sent: Sent, reason: str) -> None:
        before = tables(sent.settings)
        tracemalloc.start()
        with pytest.raises(SystemFault) as fault:
            rebuild(sent.settings, DirectRunner(), lambda *_: None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert str(fault.value) == f"the raw file {sent.large[:12]} {reason}"
        assert most < PARENTS_BYTES
        assert_equal(tables(sent.settings), before)
        assert_no_child_is_left()

    def test_a_huge_file_is_never_loaded(self, sent: Sent, raw: Path) -> None:
        with open(raw, "wb") as file:
            file.truncate(1 << 28)
        self.assert_refused(sent, "was changed")

    def test_a_bomb_is_never_opened(self, sent: Sent, raw: Path) -> None:
        raw.write_bytes(bomb((sent.settings.inbox / ".done" / "nho.xlsx").read_bytes()))
        self.assert_refused(sent, "was changed")

    def test_nothing_is_said_to_be_missing(self, sent: Sent, raw: Path) -> None:
        self.assert_refused(sent, "is missing")

    def test_a_pipe_is_not_waited_for(self, sent: Sent, raw: Path) -> None:
        os.mkfifo(raw)
        self.assert_refused(sent, "is missing")
