"""Users of the desk, their roles and passwords."""

import datetime as dt
import time
import unicodedata
from dataclasses import dataclass
from threading import BoundedSemaphore

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from errors import Refused
from review.store import Desk, account_event_table, session_table, user_table
from telemetry.record import tell

ROLES = ("viewer", "validator", "administrator")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1024
LONGEST_NAME = 100

# Who changes users by the command line is known to the machine only.
COMMAND_LINE, DIRECTORY = "dòng lệnh", "OpenID Connect"
# Under these names things are recorded that no person did.
_NOT_PEOPLE = ("hệ thống", COMMAND_LINE.casefold(), DIRECTORY.casefold())

_hasher = PasswordHasher()
# Each check takes 64 MB and a core for a moment: a flood of sign-ins must not take the machine.
_checks = BoundedSemaphore(2)
# Checked in place of an unknown name's, so that an answer takes as long as for a known one.
_NOBODYS_HASH = _hasher.hash("nobody's")


class NotAUser(Refused):
    """A user can't be made or changed so; nothing was changed. Says why, for the administrator."""

    usual_do_vi = "chưa thay đổi gì; xem: giamngheo user list"
    usual_do_en = "nothing was changed; see: giamngheo user list"


@dataclass(frozen=True)
class User:
    """One user as stored; `has_password` is false for who signs in by OpenID Connect alone."""

    id: int
    name: str
    role: str
    disabled: bool
    has_password: bool
    made_at: float


def clean_name(name: str) -> str:
    """A name as it is kept: NFC, single spaces, nothing that can't be shown. Raises NotAUser."""
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    if not clean or len(clean) > LONGEST_NAME or not clean.isprintable():
        raise NotAUser(f"tên cần từ 1 đến {LONGEST_NAME} ký tự, không có ký tự ẩn")
    if name_key(clean) in _NOT_PEOPLE:
        raise NotAUser(f"“{clean}” là tên dành cho hệ thống")
    return clean


def add_user(desk: Desk, name: str, role: str, password: str | None, by: str = COMMAND_LINE) -> User:
    """Make a user. Without a password only OpenID Connect lets them in. Raises NotAUser."""
    clean = clean_name(name)
    row = {
        "name": clean,
        "name_key": name_key(clean),
        "role": _known_role(role),
        "password_hash": None if password is None else _hash(password),
        "disabled": False,
        "made_at": time.time(),
    }
    try:
        with desk.engine.begin() as connection:
            connection.execute(user_table.insert().values(row))
            connection.execute(_note(by, clean, f"added as {role}"))
    except sa.exc.IntegrityError:
        raise NotAUser(f"đã có người dùng “{clean}”") from None
    tell("desk.account_changed", by=by, user=clean, change=f"added as {role}")
    user = find_user(desk, clean)
    assert user is not None
    return user


def list_users(desk: Desk) -> list[User]:
    """Every user, by name."""
    with desk.engine.connect() as connection:
        rows = connection.execute(sa.select(user_table).order_by(user_table.c.name_key)).all()
    return [_user(row) for row in rows]


def find_user(desk: Desk, name: str) -> User | None:
    """The user of a name, whatever its case."""
    with desk.engine.connect() as connection:
        row = connection.execute(sa.select(user_table).where(user_table.c.name_key == name_key(name))).one_or_none()
    return _user(row) if row else None


def set_role(desk: Desk, name: str, role: str, by: str = COMMAND_LINE) -> None:
    """Give a user another role, from the next request on. Raises NotAUser."""
    _change(desk, name, by, f"role {role}", role=_known_role(role))


def set_disabled(desk: Desk, name: str, disabled: bool, by: str = COMMAND_LINE) -> None:
    """Shut a user out, or let them in again; their sessions end at once. Raises NotAUser."""
    _change(desk, name, by, "disabled" if disabled else "enabled", disabled=disabled)
    _end_sessions(desk, name)


def set_password(desk: Desk, name: str, password: str, by: str = COMMAND_LINE) -> None:
    """Give a user another password; their sessions end at once. Raises NotAUser."""
    _change(desk, name, by, "password", password_hash=_hash(password))
    _end_sessions(desk, name)


def note_sign_in(desk: Desk, name: str, way: str) -> None:
    """Keep for good that someone signed in, and by which way."""
    with desk.engine.begin() as connection:
        connection.execute(_note(name, name, f"signed in by {way}"))


def account_events(desk: Desk) -> list[sa.Row[tuple[object, ...]]]:
    """Every change of an account and every sign-in, oldest first: id, at, by, name, what."""
    with desk.engine.connect() as connection:
        return list(connection.execute(sa.select(account_event_table).order_by(account_event_table.c.id)).all())


def check_password(desk: Desk, name: str, password: str) -> User | None:
    """The user whose name and password these are, or None; takes as long for an unknown name.

    A hash made with other parameters than today's is made anew.
    """
    with desk.engine.connect() as connection:
        row = connection.execute(sa.select(user_table).where(user_table.c.name_key == name_key(name))).one_or_none()
    known = row is not None and row.password_hash is not None and not row.disabled
    stored = row.password_hash if row is not None and known else _NOBODYS_HASH
    try:
        with _checks:
            _hasher.verify(stored, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    if row is None or not known:
        return None
    if _hasher.check_needs_rehash(stored):
        _change(desk, name, COMMAND_LINE, "", password_hash=_hasher.hash(password))
    return _user(row)


def _known_role(role: str) -> str:
    if role not in ROLES:
        raise NotAUser(f"vai trò là một trong: {', '.join(ROLES)}")
    return role


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise NotAUser(f"mật khẩu cần ít nhất {SHORTEST_PASSWORD} ký tự")
    with _checks:
        return _hasher.hash(password)


def name_key(name: str) -> str:
    """The name by which a user is found: no matter the case, the spaces or the normal form."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def _note(by: str, name: str, what: str) -> sa.Insert:
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return account_event_table.insert().values(at=at, by=by, name=name, what=what)


def _change(desk: Desk, name: str, by: str, what: str, **values: object) -> None:
    with desk.engine.begin() as connection:
        if what:
            connection.execute(_note(by, clean_name(name), what))
        changed = connection.execute(user_table.update().where(user_table.c.name_key == name_key(name)).values(values))
        if changed.rowcount != 1:
            raise NotAUser(f"không có người dùng “{name}”")
    if what:
        tell("desk.account_changed", by=by, user=clean_name(name), change=what)


def _end_sessions(desk: Desk, name: str) -> None:
    theirs = sa.select(user_table.c.id).where(user_table.c.name_key == name_key(name)).scalar_subquery()
    with desk.engine.begin() as connection:
        connection.execute(session_table.delete().where(session_table.c.user_id == theirs))


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    return User(row.id, row.name, row.role, row.disabled, row.password_hash is not None, row.made_at)
