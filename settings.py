"""Every setting, in one place. Read from the environment (`GIAMNGHEO_…`) or a `.env` file."""

import datetime as dt
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from errors import WrongSettings
from plan.reference import BASELINE_PERIOD, plan

REPOSITORY = Path(__file__).parent
_DAYS = r"^(\d{1,2}(,\d{1,2})*)?$"
_MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class Settings(BaseSettings):
    """Where the data lives, which periods are due, and the limits of a run."""

    model_config = SettingsConfigDict(env_prefix="GIAMNGHEO_", env_file=(REPOSITORY / ".env", ".env"), extra="ignore")

    data: Path = Field(REPOSITORY / "data", description="The data root; everything lives under it")
    ledger_url: str = Field("", description="SQLAlchemy URL of the ledger; SQLite under the data root when empty")
    raw_url: str = Field(
        "",
        repr=False,
        description="fsspec URL of the received files, such as sftp://giamngheo@store/raw; raw/ under the data root "
        "when empty",
    )
    accepted_url: str = Field(
        "",
        repr=False,
        description="fsspec URL of the accepted tables; warehouse/accepted/ under the data root when empty",
    )
    storage_options: dict[str, Any] = Field(
        {},
        repr=False,
        description="What fsspec needs for these URLs and an URL can't say, as JSON; for sftp: username, password, "
        "key_filename, known_hosts",
    )
    pseudonym_key: str = Field("", description="Key of the household pseudonyms; a file under the data root when empty")
    first_period: str = Field(
        BASELINE_PERIOD,
        pattern=_MONTH,
        description="The start of the registers, which has no previous one; it must be the plan's baseline",
    )
    last_period: str = Field(
        "",
        pattern=f"{_MONTH}|^$",
        description="The last month that districts owe, where their duty has ended; when empty it goes on, to the "
        "current month",
    )
    due_days: int = Field(10, ge=0, description="A month's workbook is due this many days after the month's end")
    due_dates: dict[str, dt.date] = Field(
        {},
        description='Other due days of single months, as a JSON object: {"2020-01": "2020-02-17"} leaves room for Tết',
    )
    timezone: str = Field("Asia/Ho_Chi_Minh", description="Due days and arrivals are counted in this time zone")
    work: Literal["processes", "threads", "dask"] = Field(
        "processes",
        description="Where workbooks are read and judged: processes, limited children of the run; threads of it, where "
        "no child may be started, then without READER_SECONDS and READER_MEGABYTES; dask, a cluster (docs/scale.md)",
    )
    dask_scheduler: str = Field(
        "",
        description="Address of the Dask scheduler, such as tcp://host:8786; when empty, READERS workers for each run",
    )
    readers: int = Field(
        2, ge=1, description="Child processes that open workbooks; or threads, or workers of an own Dask cluster"
    )
    reader_seconds: float = Field(60, gt=0, description="A workbook that takes longer to open is unreadable")
    reader_megabytes: int = Field(1024, ge=1, description="A workbook that needs more memory to open is unreadable")
    max_file_megabytes: int = Field(100, ge=1, description="A larger file is kept, but not opened")
    max_cells: int = Field(6_000_000, ge=1, description="A workbook whose sheets span more cells is not opened")
    settle_seconds: float = Field(2.0, ge=0, description="An inbox file is taken once it has not changed for this long")
    listed_findings: int = Field(1000, ge=1, description="At most this many findings are listed for one rule and file")
    rate_denominator_excludes_social_protection: bool = Field(
        False, description="Leave BTXH households out of the denominator too; the plan's figures allow both"
    )
    hold_small_change: bool = Field(
        False,
        description="`publish` leaves corrections of few households out until a new month is published, in place of "
        "refusing; for timers, where nobody can say that they may be seen",
    )

    log_megabytes: int = Field(50, ge=1, description="The log under the data root never takes more")
    log_stderr: bool = Field(
        False, description="Write every log record to standard error, too: for systemd, containers"
    )
    metrics_host: str = Field("127.0.0.1", description="The address at which metrics are served")
    metrics_port: int = Field(9119, description="The port at which metrics are served")
    notices: str = Field(
        "",
        description="Apprise addresses that are told of what happens, separated by spaces; with kinds (rejected, held, "
        "returned, late, reminder, published) and a bar in front only of those: late,held|mailto://…",
    )
    remind_before: str = Field(
        "3", pattern=_DAYS, description="Reminders so many days before a due day, comma separated; 0 is the day itself"
    )
    remind_after: str = Field(
        "3,7", pattern=_DAYS, description="Reminders so many days after it; the first day is told as late"
    )
    review_host: str = Field("127.0.0.1", description="The desk's address; another than loopback needs REVIEW_PROXY")
    review_port: int = Field(8019, description="The desk's port")
    review_names: str = Field("", description="Host names, comma separated, by which browsers may ask for the desk")
    review_proxy: str = Field(
        "", description="Address of the TLS proxy that stands before the desk; its word on who asks is believed"
    )
    review_idle_minutes: float = Field(30, gt=0, description="A desk session ends when it was not used for so long")
    review_session_hours: float = Field(12, gt=0, description="A desk session ends after so long in any case")
    prefect_port: int = Field(
        4200, ge=0, le=65535, description="`giamngheo up`: the Prefect server's port on loopback; 0 is any free one"
    )
    prefect_database_url: str = Field(
        "", description="`giamngheo up`: Prefect's database, postgresql+asyncpg://…; SQLite in the data root when empty"
    )
    stop_seconds: float = Field(
        300, ge=0, description="`giamngheo up`: a run at work when it is stopped may take so long to end"
    )
    backup_folder: str = Field(
        "", description="Where the daily backup goes, outside of the data root; there is none when empty"
    )
    oidc_issuer: str = Field("", description="OpenID Connect: the issuer's address; empty for passwords only")
    oidc_client_id: str = Field("", description="OpenID Connect: how the issuer knows the desk")
    oidc_client_secret: str = Field("", description="OpenID Connect: the desk's secret with the issuer")
    oidc_name_claim: str = Field("preferred_username", description="OpenID Connect: the claim that is the user's name")
    oidc_role_claim: str = Field(
        "", description="OpenID Connect: the claim that says the role; where empty, only users made before are admitted"
    )
    oidc_roles: str = Field(
        "", description="OpenID Connect: value=role, comma separated, where the claim's values are not the roles' names"
    )

    @field_validator("first_period")
    @classmethod
    def _is_the_plans_baseline(cls, period: str) -> str:
        known = plan()
        if period != known.baseline_period:
            # A later start leaves the targets nothing to be held against; for earlier months there is no form.
            raise ValueError(
                f"phải là kỳ gốc của Kế hoạch số {known.number}, {known.baseline_period}: chỉ tiêu được so với kỳ này"
            )
        return period

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, KeyError, ValueError):
            raise ValueError("phải là tên một múi giờ, ví dụ Asia/Ho_Chi_Minh") from None
        return name

    @field_validator("due_dates")
    @classmethod
    def _are_after_their_months(cls, dates: dict[str, dt.date]) -> dict[str, dt.date]:
        for period, due in dates.items():
            if not re.fullmatch(_MONTH, period):
                raise ValueError(f"phải có tháng dạng YYYY-MM, không phải {period!r}")
            if f"{due:%Y-%m}" <= period:
                raise ValueError(f"phải có hạn sau khi tháng kết thúc, không phải {due} cho {period}")
        return dates

    @field_validator("ledger_url")
    @classmethod
    def _is_of_a_database_that_we_know(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("phải bắt đầu bằng sqlite:/// hoặc postgresql+psycopg://")
        return url

    @model_validator(mode="after")
    def _months_are_in_order(self) -> Self:
        if self.last_period and self.last_period < self.first_period:
            raise ValueError("GIAMNGHEO_LAST_PERIOD phải từ GIAMNGHEO_FIRST_PERIOD trở đi")
        return self

    @property
    def inbox(self) -> Path:
        return self.data / "inbox"

    @property
    def cache(self) -> Path:
        """Copies of what is used of remote places; may be deleted at any time."""
        return self.data / "cache"

    @property
    def raw(self) -> Path:
        """Where received files are at hand: kept here, or copied here by `tasks.storage.raw_file`."""
        return self.cache / "raw" if self.raw_url else self.data / "raw"

    @property
    def judgements(self) -> Path:
        return self.data / "judgements"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse"

    @property
    def accepted(self) -> Path:
        """Where accepted tables are at hand: kept here, or copied here by `tasks.storage.accepted_folder`."""
        return self.cache / "accepted" if self.accepted_url else self.warehouse / "accepted"

    @property
    def releases(self) -> Path:
        return self.warehouse / "releases"

    @property
    def current(self) -> Path:
        return self.warehouse / "current"

    def as_environment(self) -> dict[str, str]:
        """The settings as variables, secrets among them, for a process of our own that is to have the same ones."""
        prefix = self.model_config.get("env_prefix", "")
        values = {f"{prefix}{name.upper()}": value for name, value in self.model_dump(mode="json").items()}
        told = {name: value for name, value in values.items() if value is not None}
        return {name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in told.items()}

    @property
    def database_url(self) -> str:
        return self.ledger_url or f"sqlite:///{self.data / 'ledger.sqlite'}"


@cache
def get_settings() -> Settings:
    """The settings of this process. Raises WrongSettings."""
    try:
        return Settings()
    except (ValidationError, SettingsError) as fault:
        wrong = _wrong(fault)
    raise WrongSettings(f"thiết đặt không dùng được: {wrong}", en=f"settings that can't be used: {wrong}")


_LIMITS = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}
_WRONG_KIND = {
    "int_parsing": "phải là số nguyên",
    "float_parsing": "phải là số",
    "bool_parsing": "phải là true hoặc false",
}
_WRONG_TEXT = {
    "first_period": "phải là một tháng dạng YYYY-MM",
    "last_period": "phải là một tháng dạng YYYY-MM",
    "remind_before": "phải là các số ngày, ví dụ 3 hoặc 1,3,7",
    "remind_after": "phải là các số ngày, ví dụ 3 hoặc 1,3,7",
}


def _wrong(fault: ValidationError | SettingsError) -> str:
    """Which settings are wrong and how; never what they hold, which may be a secret."""
    if isinstance(fault, SettingsError):
        # A value that should be JSON is read before anything is known of it.
        return re.sub(r'.*field "(\w+)".*', lambda found: f"GIAMNGHEO_{found[1].upper()} phải là JSON", str(fault))
    return "; ".join(_wrong_one(one) for one in fault.errors())


def _wrong_one(one: Any) -> str:
    place = ".".join(str(part) for part in one["loc"])
    if one["type"] in _LIMITS:
        why = f"phải {_LIMITS[one['type']]} {next(iter(one['ctx'].values()))}"
    elif one["type"] == "value_error":
        why = str(one["ctx"]["error"])
    else:
        why = _WRONG_KIND.get(one["type"]) or _WRONG_TEXT.get(place, "không đúng dạng")
    return f"GIAMNGHEO_{place.upper()} {why}" if place else why
