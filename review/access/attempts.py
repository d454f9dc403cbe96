"""Guessing passwords is slow: after a few failures each further one makes the next wait twice as long.

Counted for a name (known or not) and for an address, on disk, so that a restart forgets nothing. Names are kept as
hashes: people type passwords into that field.
"""

import hashlib
import time

import sqlalchemy as sa

from errors import Refused
from review.access.users import name_key
from review.store import Desk, attempt_table

# Failures that cost nothing; several people may sit behind one address.
FREE_BY_NAME, FREE_BY_ADDRESS = 5, 20
LONGEST_WAIT_SECONDS = 900.0
FORGOTTEN_SECONDS = 3600.0


class TooMany(Refused):
    """This name or address has to wait; the password was not looked at. `seconds` says how long."""

    usual_do_vi = "chờ rồi thử lại"
    usual_do_en = "wait, then try again"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"đã thử sai nhiều lần: phải chờ {seconds:.0f} giây")
        self.seconds = seconds


def count_attempt(desk: Desk, name: str, address: str) -> None:
    """Count an attempt as failed before its password is looked at, so that many at once gain nothing.

    Raises TooMany.
    """
    now = time.time()
    keys = _keys(name, address)
    with desk.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(attempt_table.delete().where(attempt_table.c.last_at < now - FORGOTTEN_SECONDS))
        rows = connection.execute(sa.select(attempt_table).where(attempt_table.c.key.in_(keys))).all()
        wait = max((row.last_at + _wait(row.failures, keys[row.key]) - now for row in rows), default=0.0)
        if wait <= 0:
            known = {row.key: row.failures for row in rows}
            connection.execute(attempt_table.delete().where(attempt_table.c.key.in_(keys)))
            connection.execute(
                attempt_table.insert(),
                [{"key": key, "failures": known.get(key, 0) + 1, "last_at": now} for key in keys],
            )
        connection.commit()
    if wait > 0:
        raise TooMany(wait)


def forgive(desk: Desk, name: str, address: str) -> None:
    """The password was right: the name begins anew; the address only has this attempt taken off its count."""
    by_name, by_address = _keys(name, address)
    with desk.engine.begin() as connection:
        connection.execute(attempt_table.delete().where(attempt_table.c.key == by_name))
        connection.execute(
            attempt_table.update()
            .where(attempt_table.c.key == by_address)
            .values(failures=attempt_table.c.failures - 1)
        )


def _wait(failures: int, free: int) -> float:
    return 0.0 if failures < free else min(2.0 ** min(failures - free, 20), LONGEST_WAIT_SECONDS)


def _keys(name: str, address: str) -> dict[str, int]:
    """Key → how many failures it has free."""
    hashed = hashlib.sha256(name_key(name).encode()).hexdigest()
    return {f"name {hashed}": FREE_BY_NAME, f"address {address}": FREE_BY_ADDRESS}
