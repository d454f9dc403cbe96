"""When files of the past arrived, as a person noted it, so that history is not all late."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.states import State
from tasks.given_table import WrongTable, read_table

COLUMNS = ("file_name", "received_at")
# Besides ISO 8601: as people and spreadsheets write it here. A day alone is its first minute.
_FORMS = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y")

# A delivery that was received: its name and arrival.
Taken = tuple[str, dt.datetime]


class WrongArrivals(WrongTable):
    """Lines of the table that can't be right; nothing was taken."""


@dataclass
class Arrivals:
    """`at` has the recorded arrival (UTC) of files by their path under the inbox.

    `unknown` are sentences on lines that fit no file, `silent` the files that no line names.
    """

    at: dict[str, dt.datetime] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)


def taken_before(state: State) -> set[Taken]:
    """Every delivery that the ledger knows, by its name and arrival."""
    return {
        (_folded(delivery["file_name"]), at)
        for one in state.submissions.values()
        for delivery, at in zip(one.deliveries, (one.received_at, *one.received_again), strict=False)
    }


def read_arrivals(path: Path, files: Sequence[str], taken: set[Taken], timezone: str, now: dt.datetime) -> Arrivals:
    """The arrivals of `files` (paths under the inbox) by a CSV with the columns file_name and received_at.

    A line names a file by its path under the inbox, or by its name alone where one file has it. A line that is among
    `taken` was of use to an earlier run. Raises WrongArrivals, naming every line that is wrong: no day, a day to come,
    two days for one file, a name that several files have. Raises WrongTable and OSError.
    """
    by_path = {_folded(file): file for file in files}
    rows = [
        (line, _folded(row["file_name"].replace("\\", "/").removeprefix("./")), row["received_at"])
        for line, row in read_table(path, COLUMNS)
    ]
    named = {by_path[name] for _, name, _ in rows if name in by_path}
    by_name: dict[str, list[str]] = {}
    for file in files:
        if file not in named:
            by_name.setdefault(_folded(Path(file).name), []).append(file)
    found, wrong = Arrivals(), []
    for line, name, day in rows:
        at = _moment(day, timezone)
        meant = [by_path[name]] if name in by_path else by_name.get(name, [])
        if not name:
            wrong.append(f"dòng {line}: thiếu tên tệp")
        elif at is None:
            wrong.append(f"dòng {line}: ngày nhận “{day}” không đúng dạng YYYY-MM-DD hoặc DD/MM/YYYY")
        elif at > now:
            wrong.append(f"dòng {line}: ngày nhận {day} chưa đến")
        elif name not in by_path and (Path(name).name, at) in taken:
            continue
        elif len(meant) > 1:
            wrong.append(f"dòng {line}: có {len(meant)} tệp cùng tên {name}; ghi cả thư mục, ví dụ {meant[0]}")
        elif not meant:
            found.unknown.append(f"dòng {line}: không có tệp {name} trong thư mục")
        elif found.at.setdefault(meant[0], at) != at:
            wrong.append(f"dòng {line}: tệp {name} đã có ngày nhận khác ở một dòng trên")
    if wrong:
        raise WrongArrivals(f"chưa nhận tệp nào: {path}: {'; '.join(wrong)}")
    found.silent = [file for file in files if file not in found.at]
    return found


def _moment(text: str, timezone: str) -> dt.datetime | None:
    """A day or moment in UTC; one without an offset is of the time zone."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        at = next((moment for form in _FORMS if (moment := _parsed(text, form))), None)  # type: ignore[assignment]
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))).astimezone(dt.UTC)


def _parsed(text: str, form: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, form)
    except ValueError:
        return None


def _folded(name: str) -> str:
    """A name as it is compared: some systems write Vietnamese letters in pieces."""
    return unicodedata.normalize("NFC", name)


__all__ = ["COLUMNS", "Arrivals", "WrongArrivals", "WrongTable", "read_arrivals"]
