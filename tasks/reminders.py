"""Reminders before and after a due day: to who follows the province, and to districts of their own month."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from labels.table import STATES
from ledger.states import State
from plan.reference import district_names
from settings import Settings
from tasks.given_table import WrongTable, read_table
from tasks.notices import OLDEST_DUE, Address, Notice
from tasks.status import expected_periods, slot_rows

KIND = "reminder"
# Every reminder's key begins so; the month follows, then how many days before (-) or after (+) its due day it is for.
KEYS = f"{KIND} "
ADDRESSES_FILE = "addresses.csv"
# The district has to do something: nothing came, or what came does not stand.
_OWED = ("expected", "rejected", "returned", "withdrawn")
_SEND_AGAIN = ("rejected", "returned")


def district_addresses(data: Path) -> dict[str, list[Address]]:
    """District code → its addresses, by `addresses.csv` (columns district_code, address) of a data root.

    Empty where there is no such file. Raises OSError, and WrongTable, which quotes no address: they hold passwords.
    """
    path = data / ADDRESSES_FILE
    found: dict[str, list[Address]] = {}
    for line, row in read_table(path, ("district_code", "address")) if path.exists() else ():
        if row["district_code"] not in district_names():
            raise WrongTable(f"{path}, dòng {line}: cột district_code không phải là mã huyện")
        if not row["address"]:
            raise WrongTable(f"{path}, dòng {line}: cột address trống")
        found.setdefault(row["district_code"], []).append(Address(row["address"], (KIND,)))
    return found


def days_of(text: str) -> list[int]:
    """The days in a setting such as "1,3,7"."""
    return [int(word) for word in text.split(",") if word]


def reminders(settings: Settings, state: State, today: dt.date) -> tuple[list[Notice], dict[str, list[Notice]]]:
    """What is to be said today: one notice for each month that is owed by some, and by district those of its own.

    Of a month's reminders only the latest that has come applies; those before the due day end with it.
    """
    offsets = sorted([-day for day in days_of(settings.remind_before)] + days_of(settings.remind_after))
    owed: dict[tuple[str, dt.date, int], dict[str, str]] = {}
    expected: dict[str, int] = {}
    for slot in slot_rows(settings, state, expected_periods(settings, state, today)):
        period, due = f"{slot['period']:%Y-%m}", slot["due"]
        expected[period] = expected.get(period, 0) + 1
        passed = (today - due).days
        offset = max((one for one in offsets if one <= passed), default=None)
        if offset is None or (offset <= 0 < passed) or today > due + OLDEST_DUE or slot["state"] not in _OWED:
            continue
        owed.setdefault((period, due, offset), {})[slot["district_code"]] = slot["state"]
    for_all = [
        _of_month(period, due, offset, states, expected[period], today)
        for (period, due, offset), states in owed.items()
    ]
    for_districts: dict[str, list[Notice]] = {}
    for (period, due, offset), states in owed.items():
        for code, name in states.items():
            for_districts.setdefault(code, []).append(_of_district(code, period, due, offset, name, today))
    return for_all, for_districts


def _of_month(period: str, due: dt.date, offset: int, states: dict[str, str], expected: int, today: dt.date) -> Notice:
    names = district_names()
    listed = ", ".join(f"{names.get(code, code)} ({STATES[state].vi})" for code, state in states.items())
    body = f"Hạn nộp là ngày {due:%d/%m/%Y}. {len(states)}/{expected} huyện còn nợ báo cáo: {listed}."
    return Notice(f"{KEYS}{period} {offset:+d}", KIND, f"Kỳ {_month(period)}: {_when(due, today)}", body)


def _of_district(code: str, period: str, due: dt.date, offset: int, state: str, today: dt.date) -> Notice:
    name = district_names().get(code, code)
    way = " Sửa theo bản đánh dấu lỗi rồi gửi lại." if state in _SEND_AGAIN else ""
    body = f"{name}, báo cáo kỳ {_month(period)}: {STATES[state].vi}. Hạn nộp là ngày {due:%d/%m/%Y}.{way}"
    return Notice(f"{KEYS}{period} {offset:+d} {code}", KIND, f"{name}, kỳ {_month(period)}: {_when(due, today)}", body)


def _when(due: dt.date, today: dt.date) -> str:
    left = (due - today).days
    if left == 0:
        return "hôm nay là hạn báo cáo"
    return f"còn {left} ngày đến hạn báo cáo" if left > 0 else f"hạn báo cáo đã qua {-left} ngày"


def _month(period: str) -> str:
    return f"{period[5:7]}/{period[:4]}"


def with_districts(everybody: Iterable[Address], of_districts: dict[str, list[Address]]) -> list[Address]:
    """All addresses there are, for sending what waits."""
    return [*everybody, *(address for own in of_districts.values() for address in own)]
