"""The few questions that `up` asks of its Prefect server, over HTTP: importing Prefect would cost seconds."""

import datetime as dt
from typing import Any

import httpx

POOL = "giamngheo"
# In these states a run holds a slot of its deployment's limit.
AT_WORK = ("PENDING", "RUNNING", "CANCELLING")
_MOST_ROWS = 200

Json = dict[str, Any]


class Api:
    """A Prefect server's API at `url`. Everything raises httpx.HTTPError where the server can't be asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        # A proxy for the web has no business between processes of this machine.
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def is_healthy(self) -> bool:
        try:
            return bool(self._http.get("/health", timeout=3).json())
        except (httpx.HTTPError, ValueError):
            return False

    def make_pool(self) -> None:
        """The work pool, unless it is there. What kind of jobs it takes is filled in by its first worker."""
        answer = self._http.post("/work_pools/", json={"name": POOL, "type": "process"})
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()

    def is_paused(self) -> bool:
        """Whether the pool gives its workers nothing to do."""
        return bool(self._http.get(f"/work_pools/{POOL}").raise_for_status().json()["is_paused"])

    def pause(self, is_paused: bool) -> None:
        self._http.patch(f"/work_pools/{POOL}", json={"is_paused": is_paused}).raise_for_status()

    def runs_at_work(self) -> list[Json]:
        """The pool's runs that are pending, running or being cancelled."""
        found: list[Json] = self._post(
            "/flow_runs/filter",
            flow_runs={"state": {"type": {"any_": list(AT_WORK)}}},
            work_pools={"name": {"any_": [POOL]}},
            limit=_MOST_ROWS,
        )
        return found

    def crashed(self, since: dt.datetime) -> list[Json]:
        """The pool's runs that crashed after a time."""
        found: list[Json] = self._post(
            "/flow_runs/filter",
            flow_runs={"state": {"type": {"any_": ["CRASHED"]}}, "end_time": {"after_": since.isoformat()}},
            work_pools={"name": {"any_": [POOL]}},
            limit=_MOST_ROWS,
        )
        return found

    def task_runs_at_work(self, flow_run_id: str) -> list[Json]:
        found: list[Json] = self._post(
            "/task_runs/filter",
            flow_runs={"id": {"any_": [flow_run_id]}},
            task_runs={"state": {"type": {"any_": list(AT_WORK)}}},
            limit=_MOST_ROWS,
        )
        return found

    def workers(self) -> list[Json]:
        """The pool's workers, with the time of their last sign of life."""
        found: list[Json] = self._post(f"/work_pools/{POOL}/workers/filter", limit=_MOST_ROWS)
        return found

    def deployments(self) -> list[Json]:
        """The pool's deployments."""
        found: list[Json] = self._post("/deployments/filter", work_pools={"name": {"any_": [POOL]}})
        return found

    def drop_deployment(self, deployment_id: str) -> None:
        """Forget a deployment and what it had scheduled; runs of it that are done stay."""
        self._http.delete(f"/deployments/{deployment_id}").raise_for_status()

    def end(self, kind: str, run_id: str, state: str, message: str) -> None:
        """Give a run (`flow_runs` or `task_runs`) its last state, which frees what it held."""
        self._post(
            f"/{kind}/{run_id}/set_state",
            state={"type": state, "name": state.capitalize(), "message": message},
            # A task run of a dead process is past all rules; a flow run's rules are what frees its slot.
            force=kind == "task_runs",
        )

    def start(self, deployment_id: str, parameters: Json, key: str, tags: list[str]) -> None:
        """A run of a deployment as soon as there is a worker; asked twice with the same key, it is one run."""
        self._post(
            f"/deployments/{deployment_id}/create_flow_run", parameters=parameters, idempotency_key=key, tags=tags
        )

    def tag(self, run_id: str, tags: list[str]) -> None:
        self._http.patch(f"/flow_runs/{run_id}", json={"tags": tags}).raise_for_status()

    def set_taken_slots(self, limit_id: str, taken: int) -> None:
        self._http.patch(f"/v2/concurrency_limits/{limit_id}", json={"active_slots": taken}).raise_for_status()

    def _post(self, path: str, **body: Any) -> Any:
        return self._http.post(path, json=body).raise_for_status().json()
