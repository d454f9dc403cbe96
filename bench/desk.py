"""How fast the validator's desk answers: `python -m bench.desk DATA_ROOT FAULTY_FOLDER`, on the data root of the year.

The year's ledger is lengthened to 24 months, and a workbook with more than fifty thousand listed findings is taken in.
Then a real server is asked by a real HTTP client. Prints JSON: the seconds of every timed answer of the first page
and of the submission's, and what the server held after ANSWERS_BEFORE answers and after ANSWERS (bytes resident).
"""

import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from bench.process import giamngheo
from bench.verdict import BROKEN, LARGE
from flows.ingest import ingest
from flows.runner import DirectRunner
from ledger.events import Event, Ledger
from settings import Settings

MONTHS_LATER = 11
FINDINGS = 50_000
ROUNDS = 40
ANSWERS_BEFORE, ANSWERS = 500, 5_000
NAME, PASSWORD = "Bench", "không phải mật khẩu thật"


def main() -> None:
    root, folder = Path(sys.argv[1]), Path(sys.argv[2])
    settings = Settings(
        data=root, ledger_url="", last_period="2021-11", listed_findings=FINDINGS // len(BROKEN), settle_seconds=0
    )
    _lengthen(settings)
    submission_id = _take(settings, folder / LARGE)
    environment = os.environ | {"GIAMNGHEO_DATA": str(root), "GIAMNGHEO_LAST_PERIOD": settings.last_period}
    subprocess.run(
        giamngheo("user", "add", NAME, "--role", "validator"),
        input=f"{PASSWORD}\n{PASSWORD}\n",
        env=environment,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    command = giamngheo("review", "--no-browser", "--port", "0")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            print(json.dumps(_ask(server, f"/submissions/{submission_id}")))
        finally:
            server.terminate()


def _lengthen(settings: Settings) -> None:
    """Tell the months after the first once more as those of the next year, judged alike."""
    ledger = Ledger(settings.database_url)
    events = [event for event in ledger.events() if event.period is None or event.period > settings.first_period]
    # What was not accepted would be marked for its district again, and the copy has no file.
    answered = {event.submission_id for event in events if event.payload.get("verdict") not in (None, "accepted")}
    later = {event.submission_id for event in events if event.period and event.period <= "2020-11"} - answered
    ledger.append([_a_year_later(event) for event in events if event.submission_id in later])
    ledger.close()


def _a_year_later(event: Event) -> Event:
    named = hashlib.sha256(f"{event.submission_id} again".encode()).hexdigest()
    period = f"{int(event.period[:4]) + 1}{event.period[4:]}" if event.period else None
    return dataclasses.replace(event, submission_id=named, period=period, at=event.at.replace(year=event.at.year + 1))


def _take(settings: Settings, path: Path) -> str:
    settings.inbox.mkdir(exist_ok=True)
    shutil.copy(path, settings.inbox)
    report = ingest(settings, DirectRunner())
    (submission_id,) = {one.submission_id for one in report.taken if one.submission_id}
    judged = report.state.submissions[submission_id].judgement
    if report.faults or judged is None or sum(judged["counts"].values()) < FINDINGS:
        raise RuntimeError(f"the faulty file did not end as it should: {report.faults}")
    return submission_id


def _ask(server: "subprocess.Popen[str]", submission: str) -> dict[str, object]:
    assert server.stdout is not None
    address = re.search(r"http://\S+", server.stdout.readline())
    if address is None:
        raise RuntimeError("the desk did not say where it is")
    with httpx.Client(base_url=address.group().rstrip("/"), timeout=60, follow_redirects=True) as client:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
        assert token is not None
        form = {"name": NAME, "password": PASSWORD, "csrf_token": token.group(1)}
        client.post("/sign-in", data=form).raise_for_status()
        paths = {"home": "/", "submission": submission}
        timed = {name: _timed(client, path) for name, path in paths.items()}
        process = psutil.Process(server.pid)
        held = {}
        for number in range(1, ANSWERS + 1):
            client.get(paths["home"] if number % 2 else paths["submission"]).raise_for_status()
            if number in (ANSWERS_BEFORE, ANSWERS):
                held[number] = process.memory_info().rss
    return {**timed, "before_bytes": held[ANSWERS_BEFORE], "after_bytes": held[ANSWERS]}


def _timed(client: httpx.Client, path: str) -> list[float]:
    """The seconds of each answer; the first that a server gives is not timed."""
    client.get(path).raise_for_status()
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        client.get(path).raise_for_status()
        seconds.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
