"""A ledger of every version that was released comes forward whole; a newer one is refused; a killed upgrade is none."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgresql_server import PostgresServer
from test_events import an_event

import ledger.versions
from ledger.events import Ledger
from ledger.schema import metadata
from ledger.states import derive_state
from ledger.versions import NEWEST, LedgerFaulty, version_of
from settings import REPOSITORY

# As `sqlite3 ledger.sqlite .dump` gave them, by the program of that version; what they tell is synthetic.
DUMPS = sorted(Path(__file__).with_name("versions").glob("*.sql"))
MIGRATIONS = Path(ledger.versions.__file__).with_name("migrations")


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A SQLite ledger as that version of the program left it."""
    return as_left_by(request.param, tmp_path / "ledger.sqlite")


def as_left_by(dump: Path, path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return path


def opened(path: Path) -> Ledger:
    return Ledger(f"sqlite:///{path}")


def rows_of(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM event ORDER BY id").fetchall()


def form_of(path: Path) -> set[tuple[object, ...]]:
    """Everything that the database is told, tables and triggers, whatever the order and the white space."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name <> 'alembic_version'")
        return {
            (kind, name, " ".join(text.split()) if text else None)
            for kind, name, text in found
            if not name.startswith("sqlite_")
        }


def command(name: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", name],
        cwd=REPOSITORY,
        env={"GIAMNGHEO_DATA": str(data), "PATH": "", "PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
    )


def test_it_comes_forward_with_every_event_and_goes_on(old: Path) -> None:
    before = rows_of(old)
    ledger = opened(old)
    assert rows_of(old) == before
    assert ledger.damaged() is None
    state = derive_state(ledger.events())
    assert sorted(one.state for one in state.submissions.values()) == ["accepted", "held", "returned"]
    ledger.append([an_event()])
    assert ledger.damaged() is None
    ledger.close()
    again = opened(old)
    assert again.found_version == NEWEST
    assert len(again.events()) == len(before) + 1
    again.close()


def test_it_ends_as_a_new_one_begins(old: Path, tmp_path: Path) -> None:
    opened(old).close()
    opened(tmp_path / "new.sqlite").close()
    assert form_of(old) == form_of(tmp_path / "new.sqlite")


def test_what_it_was_stays_beside_it(tmp_path: Path) -> None:
    old = as_left_by(DUMPS[0], tmp_path / "ledger.sqlite")
    before = rows_of(old)
    opened(old).close()
    (copy,) = tmp_path.glob("*.before-*")
    assert rows_of(copy) == before
    with closing(sqlite3.connect(copy)) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'event_chain'").fetchall()


@pytest.mark.parametrize("before", ["os.replace", "commit"])
def test_killed_in_between_it_is_as_it_was_and_the_next_one_finishes(tmp_path: Path, before: str) -> None:
    old = as_left_by(DUMPS[0], tmp_path / "ledger.sqlite")
    form, rows = form_of(old), rows_of(old)
    die = {
        "os.replace": "os.replace = lambda *_: os.kill(os.getpid(), 9)",
        "commit": "sa.event.listen(sa.Engine, 'commit', lambda c: os.kill(os.getpid(), 9))",
    }[before]
    code = f"import os, sys\nimport sqlalchemy as sa\nfrom ledger.events import Ledger\n{die}\nLedger(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, f"sqlite:///{old}"], cwd=REPOSITORY)
    assert done.returncode == -signal.SIGKILL
    look = shutil.copytree(tmp_path, tmp_path / "look") / old.name  # looking folds the journal in
    assert (form_of(look), rows_of(look)) == (form, rows)
    ledger = opened(old)
    assert ledger.damaged() is None and rows_of(old) == rows
    ledger.close()
    assert [path.name for path in tmp_path.glob("*before*")] == [f"ledger.sqlite.before-{NEWEST}"]


def test_one_that_is_only_read_stays_as_it_is(tmp_path: Path) -> None:
    old = as_left_by(DUMPS[0], tmp_path / "ledger.sqlite")
    form = form_of(old)
    ledger = Ledger(f"sqlite:///{old}", as_it_is=True)
    assert ledger.damaged() is None and ledger.events()
    ledger.close()
    assert form_of(old) == form
    assert list(tmp_path.glob("*before*")) == []


def test_a_newer_one_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    done = command("status", tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    sentence = done.stderr.splitlines()[0]
    assert "phiên bản mới hơn" in sentence and "Cập nhật chương trình" in sentence


def test_every_form_has_a_ledger_kept_of_it() -> None:
    """Whoever adds a migration keeps a ledger that the version before it wrote, and one of its own."""
    revisions = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    assert max(revisions) == NEWEST
    kept = set()
    for dump in DUMPS:
        engine = sa.create_engine("sqlite://")
        with engine.connect() as connection:
            connection.connection.executescript(dump.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
            kept.add(version_of(connection))
    assert kept == revisions


def test_the_upgrade_command_says_what_it_did(tmp_path: Path) -> None:
    as_left_by(DUMPS[0], tmp_path / "ledger.sqlite")
    for expected in ("0001 → 0002", f"đã ở dạng mới nhất ({NEWEST})"):
        done = command("upgrade", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert expected in done.stdout


class TestOnPostgresql:
    @pytest.fixture
    def url(self, postgresql: PostgresServer) -> str:
        return postgresql.create(f"ledger-{uuid.uuid4().hex}")

    def test_a_ledger_of_0_1_0_comes_forward(self, url: str) -> None:
        """The table is the one that 0.1.0 made there: the same statement, with PostgreSQL's word for a counted id."""
        made = DUMPS[0].read_text(encoding="utf-8").partition("CREATE TRIGGER")[0]
        made = made.removeprefix("BEGIN TRANSACTION;\n").replace("id INTEGER NOT NULL", "id SERIAL NOT NULL")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(made)
            connection.exec_driver_sql("SELECT setval('event_id_seq', (SELECT max(id) FROM event))")
        ledger = Ledger(url)
        assert ledger.found_version == "0001"
        assert ledger.damaged() is None
        ledger.append([an_event()])
        assert ledger.damaged() is None
        with pytest.raises(sa.exc.DBAPIError, match="only ever appended"), engine.begin() as connection:
            connection.exec_driver_sql("TRUNCATE event")
        ledger.close()
        engine.dispose()

    def test_the_migrations_make_what_a_new_one_has(self, url: str, postgresql: PostgresServer) -> None:
        from alembic import command

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        new = postgresql.create(f"ledger-{uuid.uuid4().hex}")
        Ledger(new).close()
        assert self.triggers(engine) == self.triggers(sa.create_engine(new))

    def triggers(self, engine: sa.Engine) -> list[tuple[object, ...]]:
        query = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def test_who_may_only_write_is_told_who_has_to_upgrade(self, url: str, postgresql: PostgresServer) -> None:
        database = sa.make_url(url).database
        assert database
        Ledger(url).close()
        role = f"writer_{uuid.uuid4().hex[:8]}"
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT SELECT, INSERT ON event TO {role}",
            f"GRANT USAGE ON SEQUENCE event_id_seq TO {role}",
            f"GRANT SELECT ON alembic_version TO {role}",
        ):
            postgresql.run(statement, database)
        writer = Ledger(postgresql.url(database, user=role))
        writer.append([an_event()])
        assert writer.damaged() is None
        writer.close()
        postgresql.run("UPDATE alembic_version SET version_num = '0001'", database)
        with pytest.raises(LedgerFaulty) as refused:
            Ledger(postgresql.url(database, user=role))
        assert "giamngheo upgrade" in refused.value.sentence()
