"""Signing in and out, and the choice of language."""

import logging
import math
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from review.access.attempts import TooMany, count_attempt, forgive
from review.access.person import own_path, person_of
from review.access.sessions import end_session, start_session
from review.access.tickets import ticket_of
from review.access.users import User, check_password, note_sign_in
from review.render import LANGUAGE_COOKIE, LANGUAGES, page
from telemetry.record import tell

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    if person_of(request) is not None:
        return RedirectResponse(own_path(next), 303)
    return sign_in_form(request, next, "", 200)


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    desk, address = request.app.state.desk, request.client.host if request.client else ""
    try:
        count_attempt(desk, name, address)
    except TooMany as wait:
        minutes = math.ceil(wait.seconds / 60)
        answer = sign_in_form(request, next, name, 429, minutes=minutes)
        answer.headers["Retry-After"] = str(math.ceil(wait.seconds))
        tell("desk.sign_in_refused", logging.WARNING, way="password", because="too many attempts")
        return answer
    user = check_password(desk, name, password)
    if user is None:
        # Not the name that was typed: it may be a password, or anybody's.
        tell("desk.sign_in_refused", logging.WARNING, way="password", because="wrong name or password")
        return sign_in_form(request, next, name, 401, refused=True)
    forgive(desk, name, address)
    return admit(request, user, own_path(next), "password")


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    ticket, person = ticket_of(request), person_of(request)
    end_session(request.app.state.desk, ticket.hashed)
    ticket.drop()
    tell("desk.signed_out", by=person.name if person else None)
    return RedirectResponse("/sign-in", 303)


@router.post("/language")
def choose_language(request: Request, language: Annotated[str, Form()], next: Annotated[str, Form()] = "/") -> Response:
    answer = RedirectResponse(own_path(next), 303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=31536000, httponly=True, samesite="lax")
    return answer


def sign_in_form(
    request: Request,
    onward: str,
    name: str,
    status: int,
    *,
    refused: bool = False,
    minutes: int = 0,
    elsewhere_refused: bool = False,
) -> Response:
    """The page to sign in on, and why the last attempt was in vain."""
    return page(
        request,
        None,
        "sign_in.html",
        status_code=status,
        next=own_path(onward),
        name=name,
        refused=refused,
        minutes=minutes,
        elsewhere_refused=elsewhere_refused,
        elsewhere=bool(request.app.state.settings.oidc_issuer),
    )


def admit(request: Request, user: User, onward: str, way: str) -> Response:
    """Open a session under a new token, and go on; the token from before is worth nothing."""
    desk, ticket = request.app.state.desk, ticket_of(request)
    end_session(desk, ticket.hashed)
    ticket.renew()
    note_sign_in(desk, user.name, way)
    tell("desk.signed_in", by=user.name, way=way)
    start_session(desk, request.app.state.limits, ticket.hashed, user.id)
    return RedirectResponse(onward, 303)
