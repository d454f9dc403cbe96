"""Whether runs are to be recorded by a Prefect server. Asked at every start of the command, so Prefect stays out."""

import tomllib
from pathlib import Path

import httpx
from pydantic_settings import BaseSettings, SettingsConfigDict

from errors import SystemFault

_PATIENCE_SECONDS = 20


class _Prefect(BaseSettings):
    """The few of Prefect's own settings that say where its API is."""

    model_config = SettingsConfigDict(env_prefix="PREFECT_", env_file=".env", extra="ignore")

    api_url: str = ""
    home: Path = Path("~/.prefect")
    profile: str = ""


class NoPrefectServer(SystemFault):
    """An API is configured, and nobody answers there: its address, without a password."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"nothing was done: Prefect's server at {address} (PREFECT_API_URL) can't be reached",
            f"chưa làm gì: không tới được máy chủ Prefect ở {address} (PREFECT_API_URL)",
            "start it (giamngheo up) and {again}, or unset PREFECT_API_URL to run without Prefect; files wait in the "
            "inbox",
            "khởi động nó (giamngheo up) rồi {again}, hoặc bỏ PREFECT_API_URL để chạy không qua Prefect; tệp vẫn chờ "
            "trong hộp nhận",
        )


class PrefectFails(SystemFault):
    """Prefect's server went away under a run, or refused it; `status` is the HTTP status, where it gave one."""

    def __init__(self, status: int | None = None) -> None:
        said = f"HTTP {status}" if status else ""
        super().__init__(
            f"Prefect's server fails ({said or 'no answer'})",
            f"không làm việc được với máy chủ Prefect ({said or 'không trả lời'})",
            "check PREFECT_API_URL and the server, or unset PREFECT_API_URL to run without Prefect; what is not done "
            "waits",
            "kiểm tra PREFECT_API_URL và máy chủ, hoặc bỏ PREFECT_API_URL để chạy không qua Prefect; tệp chưa xong vẫn "
            "chờ",
        )


def prefect_api_configured() -> bool:
    """Whether the environment, `.env` or the active Prefect profile names an API (`PREFECT_API_URL`)."""
    return bool(prefect_api_url())


def recorded_by_prefect() -> bool:
    """`prefect_api_configured`, and that API can be reached. Raises NoPrefectServer where it can't.

    Prefect itself would say so only seconds later, in its own words.
    """
    address = prefect_api_url()
    if not address:
        return False
    try:
        # Whatever comes back, somebody is there; a refusal is for Prefect to explain.
        httpx.get(f"{address.rstrip('/')}/health", timeout=_PATIENCE_SECONDS)
    except (httpx.TransportError, httpx.InvalidURL):
        raise NoPrefectServer(address.split("@")[-1]) from None
    return True


def prefect_api_url() -> str:
    """The API that they name; empty where none does."""
    prefect = _Prefect()
    return prefect.api_url or _of_profile(prefect)


def _of_profile(prefect: _Prefect) -> str:
    """The API of the active profile, or nothing. A profile file that is not TOML is Prefect's to complain about."""
    try:
        known = tomllib.loads((prefect.home.expanduser() / "profiles.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    active = prefect.profile or known.get("active", "")
    return str(known.get("profiles", {}).get(active, {}).get("PREFECT_API_URL", ""))
