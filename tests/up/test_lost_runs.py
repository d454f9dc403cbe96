"""Which runs are lost: those without a process, unless a worker on another machine has them."""

import datetime as dt

from up.lost_runs import heard_of, lost

NOW = dt.datetime(2020, 3, 15, 6, 0, tzinfo=dt.UTC)


def a_run(name: str, worker: str | None) -> dict[str, object]:
    return {"id": name, "labels": {"prefect.worker.name": worker} if worker else {}}


def test_a_run_is_lost_when_nobody_can_have_it() -> None:
    runs = [
        a_run("at work here", "ours"),
        a_run("killed here", "ours"),
        a_run("killed before a worker signed it", None),
        a_run("at work on another machine", "theirs"),
        a_run("of a machine that is gone", "silent"),
    ]
    found = lost(runs, alive={"at work here"}, elsewhere={"theirs"})
    assert [run["id"] for run in found] == [
        "killed here",
        "killed before a worker signed it",
        "of a machine that is gone",
    ]


def test_a_worker_is_there_as_long_as_it_says_so() -> None:
    workers = [
        {"name": "theirs", "last_heartbeat_time": "2020-03-15T05:59:30Z"},
        {"name": "silent", "last_heartbeat_time": "2020-03-15T05:49:00.123456Z"},
        {"name": "never seen", "last_heartbeat_time": None},
    ]
    assert heard_of(workers, NOW) == {"theirs"}
