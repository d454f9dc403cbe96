"""Is a Prefect API configured? Asked without Prefect."""

import socket
from pathlib import Path

import pytest

import terminal
from errors import SYSTEM_FAULT
from flows.api import NoPrefectServer, prefect_api_configured, recorded_by_prefect

PROFILES = """
active = "office"
[profiles.office]
PREFECT_API_URL = "http://127.0.0.1:4200/api"
[profiles.alone]
PREFECT_SERVER_ALLOW_EPHEMERAL_MODE = "true"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and working directory: nothing is configured."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_is_configured_by_default() -> None:
    assert not prefect_api_configured()


@pytest.mark.parametrize(("url", "configured"), [("http://127.0.0.1:4200/api", True), ("", False)])
def test_the_environment_names_an_api(monkeypatch: pytest.MonkeyPatch, url: str, configured: bool) -> None:
    monkeypatch.setenv("PREFECT_API_URL", url)
    assert prefect_api_configured() is configured


def test_the_env_file_names_an_api(home: Path) -> None:
    (home / ".env").write_text("PREFECT_API_URL=http://127.0.0.1:4200/api\nGIAMNGHEO_READERS=1\n")
    assert prefect_api_configured()


@pytest.mark.parametrize(("profile", "configured"), [("", True), ("office", True), ("alone", False), ("none", False)])
def test_the_active_profile_names_an_api(
    home: Path, monkeypatch: pytest.MonkeyPatch, profile: str, configured: bool
) -> None:
    (home / "profiles.toml").write_text(PROFILES)
    monkeypatch.setenv("PREFECT_PROFILE", profile)
    assert prefect_api_configured() is configured


def test_a_broken_profile_file_is_left_to_prefect(home: Path) -> None:
    (home / "profiles.toml").write_text("active =")
    assert not prefect_api_configured()


def test_a_server_that_is_down_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}/api"
        monkeypatch.setenv("PREFECT_API_URL", f"http://writer:secret@{address}")
        with pytest.raises(NoPrefectServer) as caught:
            recorded_by_prefect()
    message, code = terminal.explain(caught.value)
    assert f"không tới được máy chủ Prefect ở {address} (PREFECT_API_URL)" in message
    assert "giamngheo up" in message
    assert "secret" not in message
    assert code == SYSTEM_FAULT


def test_nothing_configured_asks_nobody() -> None:
    assert recorded_by_prefect() is False
