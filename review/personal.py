"""Names, ID numbers and whatever else tells who a household is: for validators only, and each look is noted."""

import datetime as dt

import sqlalchemy as sa
from fastapi import FastAPI

from review.access.person import Person
from review.store import Desk, look_table
from tasks.findings import MASK

_LONGEST = 200


def shown(person: Person, value: str, is_personal: bool) -> str:
    """The value as this person may read it: "•••" in place of a personal one for who is no validator."""
    return MASK if is_personal and value and not person.may("validator") else value


def looked(app: FastAPI, person: Person, submission_id: str, what: str, count: int) -> None:
    """Note that a page or download showed so many personal values of a submission; the values are not kept.

    Raises sqlalchemy's errors: what can't be noted is not to be shown.
    """
    if count < 1:
        return
    values = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "by": person.name,
        "submission_id": submission_id,
        "what": what[:_LONGEST],
        "items": count,
    }
    desk: Desk = app.state.desk
    with desk.engine.begin() as connection:
        connection.execute(look_table.insert().values(values))


def looks(desk: Desk) -> list[sa.Row[tuple[object, ...]]]:
    """Every look, oldest first: id, at, by, submission_id, what, items."""
    with desk.engine.connect() as connection:
        return list(connection.execute(sa.select(look_table).order_by(look_table.c.id)).all())
