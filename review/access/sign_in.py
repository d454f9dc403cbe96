"""Signing in and out, and the choice of language."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from review.access.person import own_path, person_of
from review.access.sessions import end_session, start_session
from review.access.tickets import ticket_of
from review.access.users import User, check_password
from review.render import LANGUAGE_COOKIE, LANGUAGES, page

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    if person_of(request) is not None:
        return RedirectResponse(own_path(next), 303)
    return page(request, None, "sign_in.html", next=own_path(next), name="", refused=False)


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    user = check_password(request.app.state.desk, name, password)
    if user is None:
        return page(request, None, "sign_in.html", status_code=401, next=own_path(next), name=name, refused=True)
    return admit(request, user, own_path(next))


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    ticket = ticket_of(request)
    end_session(request.app.state.desk, ticket.hashed)
    ticket.drop()
    return RedirectResponse("/sign-in", 303)


@router.post("/language")
def choose_language(request: Request, language: Annotated[str, Form()], next: Annotated[str, Form()] = "/") -> Response:
    answer = RedirectResponse(own_path(next), 303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=31536000, httponly=True, samesite="lax")
    return answer


def admit(request: Request, user: User, onward: str) -> Response:
    """Open a session under a new token, and go on; the token from before is worth nothing."""
    desk, ticket = request.app.state.desk, ticket_of(request)
    end_session(desk, ticket.hashed)
    ticket.renew()
    start_session(desk, request.app.state.limits, ticket.hashed, user.id)
    return RedirectResponse(onward, 303)
