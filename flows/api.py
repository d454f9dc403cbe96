"""Whether runs are to be recorded by a Prefect server. Asked at every start of the command, so Prefect stays out."""

import tomllib
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class _Prefect(BaseSettings):
    """The few of Prefect's own settings that say where its API is."""

    model_config = SettingsConfigDict(env_prefix="PREFECT_", env_file=".env", extra="ignore")

    api_url: str = ""
    home: Path = Path("~/.prefect")
    profile: str = ""


def prefect_api_configured() -> bool:
    """Whether the environment, `.env` or the active Prefect profile names an API (`PREFECT_API_URL`)."""
    prefect = _Prefect()
    return bool(prefect.api_url or _of_profile(prefect))


def _of_profile(prefect: _Prefect) -> str:
    """The API of the active profile, or nothing. A profile file that is not TOML is Prefect's to complain about."""
    try:
        known = tomllib.loads((prefect.home.expanduser() / "profiles.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    active = prefect.profile or known.get("active", "")
    return str(known.get("profiles", {}).get(active, {}).get("PREFECT_API_URL", ""))
