"""Who asks, and whether their role admits them. A route says so by the type of its parameter: Viewer, Validator,
Administrator, each of which admits the higher roles too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from errors import Refused
from review.access.sessions import session_user
from review.access.tickets import ticket_of
from review.access.users import ROLES


@dataclass(frozen=True)
class Person:
    """Someone who is signed in; `session` is the hash that names their session."""

    name: str
    role: str
    session: str

    def may(self, role: str) -> bool:
        """Whether this person's role is that one or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


class NotSignedIn(Refused):
    """A page that needs a person was asked for by nobody."""

    def __init__(self) -> None:
        super().__init__("chưa đăng nhập", "đăng nhập rồi mở lại trang")


class NotAdmitted(Refused):
    """The person's role does not reach so far."""

    def __init__(self) -> None:
        super().__init__("tài khoản không có quyền xem hoặc làm việc này", "hỏi người quản trị")


def person_of(request: Request) -> Person | None:
    """Who asks, or None; looked up once for a request."""
    if not hasattr(request.state, "person"):
        session = ticket_of(request).hashed
        found = session_user(request.app.state.desk, request.app.state.limits, session)
        request.state.person = Person(*found, session) if found else None
    person: Person | None = request.state.person
    return person


def _at_least(role: str) -> Callable[[Request], Person]:
    def admit(request: Request) -> Person:
        person = person_of(request)
        if person is None:
            raise NotSignedIn
        if not person.may(role):
            raise NotAdmitted
        return person

    return admit


Viewer = Annotated[Person, Depends(_at_least("viewer"))]
Validator = Annotated[Person, Depends(_at_least("validator"))]
Administrator = Annotated[Person, Depends(_at_least("administrator"))]


def own_path(text: str) -> str:
    """A path on this desk to go on to, or "/" for anything that could lead elsewhere."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    elsewhere = parts.scheme or parts.netloc or "\\" in text or not text.isprintable()
    return "/" if elsewhere or not text.startswith("/") or text.startswith("//") else text
