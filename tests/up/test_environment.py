"""What `up` starts works with the settings that it was started with."""

import datetime as dt
from pathlib import Path

import pytest

from settings import Settings
from up.api import Api
from up.run import environment


def test_every_setting_reaches_the_parts_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = Settings(
        data=tmp_path,
        due_dates={"2020-01": dt.date(2020, 2, 17)},
        raw_url="sftp://store.example/raw",
        storage_options={"username": "giamngheo", "password": "không thật"},
        log_stderr=True,
        settle_seconds=0.5,
    )
    for name, value in environment(own, Api("http://127.0.0.1:1/api")).items():
        if name.startswith("GIAMNGHEO_"):
            monkeypatch.setenv(name, value)
    assert Settings() == own
