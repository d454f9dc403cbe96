"""The key of a data root: never made anew, never another, where something is recorded that it made."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_district import a_month, some_rows

from flows.ingest import ingest
from flows.publish import publish
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from settings import Settings
from tasks.children import Readers
from tasks.ledgers import open_ledger
from tasks.pseudonym import KEY_FILE, WrongKey

AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


@pytest.fixture
def settings(tmp_path: Path, readers: Readers) -> Settings:
    """A data root that judged one file, by a key of its own."""
    one = Settings(data=tmp_path, settle_seconds=0, ledger_url="", pseudonym_key="")
    one.inbox.mkdir(parents=True)
    write_workbook(one.inbox / "good.xlsx", a_month(rows=some_rows()))
    ingest(one, DirectRunner(), clock=lambda: AT, readers=readers)
    return one


def events_of(settings: Settings) -> int:
    ledger = open_ledger(settings)
    try:
        return len(ledger.events())
    finally:
        ledger.close()


@pytest.mark.parametrize("is_published", [False, True])
@pytest.mark.parametrize("case", ["gone", "another file", "another setting"])
def test_nothing_is_made_by_another_key(settings: Settings, readers: Readers, is_published: bool, case: str) -> None:
    if is_published:
        publish(settings, DirectRunner(), now=AT)
    key = (settings.data / KEY_FILE).read_bytes()
    known = events_of(settings)
    current = settings.current.resolve()
    wrong = settings
    if case == "gone":
        (settings.data / KEY_FILE).unlink()
    elif case == "another file":
        (settings.data / KEY_FILE).write_bytes(key[::-1])
    else:
        wrong = settings.model_copy(update={"pseudonym_key": "k" * 64})
    with pytest.raises(WrongKey) as told:
        publish(wrong, DirectRunner(), now=AT)
    assert told.value.sentence().endswith("rồi chạy lại lệnh này.")
    with pytest.raises(WrongKey):
        rebuild(wrong, DirectRunner(), lambda stage, done, total: None)
    write_workbook(settings.inbox / "again.xlsx", a_month(rows=[*some_rows()][:-1]))
    with pytest.raises(WrongKey):
        ingest(wrong, DirectRunner(), clock=lambda: AT, readers=readers)
    assert (settings.data / KEY_FILE).exists() == (case != "gone")
    assert settings.current.resolve() == current

    (settings.data / KEY_FILE).write_bytes(key)
    publish(settings, DirectRunner(), now=AT)
    assert not ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers).faults
    assert events_of(settings) >= known


def test_the_ledger_notes_nothing_from_which_the_key_follows(settings: Settings) -> None:
    publish(settings, DirectRunner(), now=AT)
    key = (settings.data / KEY_FILE).read_text(encoding="ascii")
    assert key[:16] not in (settings.data / "ledger.sqlite").read_bytes().decode("latin-1")
