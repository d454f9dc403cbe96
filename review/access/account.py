"""One's own account: name, role, password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from review.access.attempts import TooMany, count_attempt, forgive
from review.access.person import Person, Viewer
from review.access.sessions import start_session
from review.access.tickets import ticket_of
from review.access.users import NotAUser, check_password, set_password
from review.render import page

router = APIRouter()


@router.get("/account")
def account(request: Request, person: Viewer) -> Response:
    return _page(request, person)


@router.post("/account/password")
def change_password(
    request: Request, person: Viewer, current: Annotated[str, Form()] = "", new: Annotated[str, Form()] = ""
) -> Response:
    """Ends every session of the person, and opens a new one here. Guesses at the present one count as at sign-in."""
    desk, address = request.app.state.desk, request.client.host if request.client else ""
    try:
        count_attempt(desk, person.name, address)
        user = check_password(desk, person.name, current)
        if user is None:
            return _page(request, person, status=401, refused=True)
        forgive(desk, person.name, address)
        set_password(desk, person.name, new, by=person.name)
    except TooMany:
        return _page(request, person, status=429, refused=True)
    except NotAUser as fault:
        return _page(request, person, status=422, fault=str(fault))
    ticket = ticket_of(request)
    ticket.renew()
    start_session(desk, request.app.state.limits, ticket.hashed, user.id)
    return _page(request, person, changed=True)


def _page(
    request: Request,
    person: Person,
    *,
    status: int = 200,
    refused: bool = False,
    fault: str = "",
    changed: bool = False,
) -> Response:
    return page(
        request,
        person,
        "account.html",
        status_code=status,
        refused=refused,
        fault=fault,
        changed=changed,
    )
