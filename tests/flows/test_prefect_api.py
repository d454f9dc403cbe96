"""Is a Prefect API configured? Asked without Prefect."""

from pathlib import Path

import pytest

from flows.api import prefect_api_configured

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
