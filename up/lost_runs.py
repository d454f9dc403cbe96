"""Runs that Prefect shows at work, but whose process is gone: it was killed, or could not reach the server at its end.

Prefect never ends them itself, and each holds its deployment's slot. Their work is in the ledger as far as it went;
the next run carries on.
"""

import datetime as dt
import socket
from collections import Counter
from collections.abc import Collection, Iterator

import psutil

from telemetry.record import tell as record
from up.api import Api, Json

# Prefect sets it for the process of a run.
RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
AGAIN = "again"
REPEATED = "repeated"
REPEATED_WITHIN = dt.timedelta(days=1)
# A worker says every half minute that it is there.
SILENT_AFTER = dt.timedelta(minutes=10)
_WORKER_LABEL = "prefect.worker.name"
_MESSAGE = "Tiến trình của lượt chạy này không còn / the process of this run is gone"


def worker_name(data_id: str) -> str:
    """The worker of this data root, told from workers of the same pool on other machines."""
    return f"giamngheo-{socket.gethostname()}-{data_id}"


def processes_with(variable: str) -> Iterator[tuple[psutil.Process, str]]:
    """Processes of this machine that have a variable in their environment, and its value."""
    for process in psutil.process_iter():
        try:
            value = process.environ().get(variable)
            if value and process.status() != psutil.STATUS_ZOMBIE:
                yield process, value
        except (psutil.Error, OSError):  # gone by now, or somebody else's
            continue


def lost(runs: list[Json], alive: Collection[str], elsewhere: Collection[str]) -> list[Json]:
    """Those of the runs at work that have no process.

    `alive` are the ids that have one on this machine, `elsewhere` the names of workers that are at work on others: only
    those machines know of their runs.
    """
    return [run for run in runs if run["id"] not in alive and run["labels"].get(_WORKER_LABEL) not in elsewhere]


def find_lost(api: Api, worker: str) -> list[Json]:
    """The lost runs of this machine's worker, and of workers that fell silent. Raises httpx.HTTPError."""
    runs = api.runs_at_work()
    if not runs:
        return []
    alive = {run_id for _, run_id in processes_with(RUN_VARIABLE)}
    return lost(runs, alive, heard_of(api.workers(), dt.datetime.now(dt.UTC)) - {worker})


def heard_of(workers: list[Json], now: dt.datetime) -> set[str]:
    """The names of workers that gave a sign of life lately."""
    oldest = now - SILENT_AFTER
    return {
        one["name"]
        for one in workers
        if one["last_heartbeat_time"] and dt.datetime.fromisoformat(one["last_heartbeat_time"]) > oldest
    }


def end_lost(api: Api, found: list[Json]) -> list[str]:
    """End these runs as Crashed, which frees their slots; returns their names. Raises httpx.HTTPError."""
    for run in found:
        record("run.lost", run=run["id"])
        for task in api.task_runs_at_work(run["id"]):
            api.end("task_runs", task["id"], "CRASHED", _MESSAGE)
        was_cancelled = run["state_type"] == "CANCELLING"
        api.end("flow_runs", run["id"], "CANCELLED" if was_cancelled else "CRASHED", _MESSAGE)
    return [run["name"] for run in found]


def repeat_crashed(api: Api, now: dt.datetime) -> list[str]:
    """Start once more what crashed lately and a month depends on; returns the names of the crashed runs.

    Those are runs of deployments that let them wait for their turn: their schedule would bring them back only days or a
    month later. The repetition itself is not repeated. Raises httpx.HTTPError.
    """
    crashed = [run for run in api.crashed(now - REPEATED_WITHIN) if not {AGAIN, REPEATED} & set(run["tags"])]
    waiting = {one["id"] for one in api.deployments() if _waits_its_turn(one)} if crashed else set()
    found = [run for run in crashed if run["deployment_id"] in waiting]
    for run in found:
        api.start(run["deployment_id"], run["parameters"], f"{AGAIN}-{run['id']}", [*run["tags"], AGAIN])
        api.tag(run["id"], [*run["tags"], REPEATED])
    return [run["name"] for run in found]


def free_slots(api: Api) -> None:
    """Set every deployment's count of taken slots to the runs that are at work. Raises httpx.HTTPError.

    The count and the runs' states can differ after a server was killed between two writes.
    """
    at_work = Counter(run["deployment_id"] for run in api.runs_at_work())
    for deployment in api.deployments():
        limit = deployment["global_concurrency_limit"]
        if limit and limit["active_slots"] > at_work[deployment["id"]]:
            api.set_taken_slots(limit["id"], at_work[deployment["id"]])


def _waits_its_turn(deployment: Json) -> bool:
    return bool((deployment.get("concurrency_options") or {}).get("collision_strategy") == "ENQUEUE")
