"""A Dask cluster by Prefect's own task runner: each job is a task run, recorded by the worker that does it.

Prefect is told a step, a file's name and, where a job failed, the kind of fault. The job and its answer are bytes that
it passes on and does not keep.
"""

from collections.abc import Callable
from contextvars import copy_context
from typing import Any, cast

import distributed
from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State as RunState
from prefect.context import FlowRunContext
from prefect.states import Failed
from prefect_dask.task_runners import DaskTaskRunner, PrefectDaskFuture

from flows.dask_cluster import answer_of, count_workers, local_cluster, no_scheduler, wait_for_workers
from flows.prefect_runner import StepFault
from settings import Settings
from tasks.faults import SystemFault
from tasks.on_worker import perform, unpacked


def dask_task_runner(settings: Settings) -> DaskTaskRunner:
    """The task runner of a flow whose jobs go to the cluster that the settings name, or to one for the run."""
    if settings.dask_scheduler:
        return DaskTaskRunner(address=settings.dask_scheduler)
    return DaskTaskRunner(cluster_kwargs=local_cluster(settings))


class PrefectCluster:
    """The cluster of the flow run at hand; to be made there, and not in a task run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A task run takes along the one in which it is submitted; those of the coordinator can't travel.
        self._flow_run = copy_context()
        context = FlowRunContext.get()
        runner = context.task_runner if context else None
        if not isinstance(runner, DaskTaskRunner):
            raise SystemFault(
                "the flow was not started with a Dask task runner",
                "lượt chạy Prefect này không có cụm Dask",
                "start Prefect's worker anew with GIAMNGHEO_WORK=dask",
                "khởi động lại worker của Prefect với GIAMNGHEO_WORK=dask",
            )
        try:
            self._client: distributed.Client = runner.client
        except (OSError, TimeoutError) as fault:
            raise no_scheduler(settings, fault) from fault
        wait_for_workers(settings, self._client)

    def workers(self) -> int:
        return count_workers(self._client)

    def submit(self, step: str, label: str, sent: bytes) -> Callable[[], bytes]:
        name = f"{step} on the cluster: {label}"
        job = Task(
            perform_recorded,
            name=f"{step} on the cluster",
            task_run_name=lambda: name,
            cache_policy=NO_CACHE,
            persist_result=False,
        )
        submitted = self._flow_run.run(job.submit, sent)
        future = cast("PrefectDaskFuture[Any]", submitted).wrapped_future

        def wait() -> bytes:
            state = cast(RunState[Any], answer_of(self._settings, future))
            answer = state.result(raise_on_failure=False)
            if isinstance(answer, bytes):
                return answer
            raise SystemFault(
                f"Prefect did not run a job on the cluster: {state.name}",
                "Prefect không chạy được việc trên cụm Dask",
                "see whether the workers reach Prefect's server, then run giamngheo ingest",
                "kiểm tra máy đọc tới được máy chủ Prefect không, rồi chạy lại giamngheo ingest",
            )

        return wait


def perform_recorded(sent: bytes) -> Any:
    """Do a job; a failed one ends as Failed with the kind of its fault, and what came of it all the same."""
    answer = perform(sent)
    fault = unpacked(answer).fault
    if fault is None:
        return answer
    return Failed(message=str(StepFault(fault)), data=answer)
