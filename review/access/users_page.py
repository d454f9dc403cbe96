"""The users of the desk, for administrators; the same as `giamngheo user`."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from review.access.person import Administrator, Person
from review.access.users import ROLES, NotAUser, add_user, list_users, name_key, set_disabled, set_password, set_role
from review.render import language_of, page, words

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/users")
def users(request: Request, person: Administrator) -> Response:
    return _page(request, person)


@router.post("/users")
def add(request: Request, person: Administrator, name: Text = "", role: Text = "", password: Text = "") -> Response:
    """Without a password the new user signs in by OpenID Connect alone."""
    try:
        add_user(request.app.state.desk, name, role, password or None, by=person.name)
    except NotAUser as fault:
        return _page(request, person, status=422, fault=str(fault))
    return RedirectResponse("/users", 303)


@router.post("/users/{action}")
def change(
    request: Request, person: Administrator, action: str, name: Text = "", role: Text = "", password: Text = ""
) -> Response:
    """disable, enable, role or password of the user named."""
    desk = request.app.state.desk
    if action != "password" and name_key(name) == name_key(person.name):
        return _page(request, person, status=409, fault=words()[language_of(request)]["user_not_yourself"])
    try:
        if action in ("disable", "enable"):
            set_disabled(desk, name, action == "disable", by=person.name)
        elif action == "role":
            set_role(desk, name, role, by=person.name)
        elif action == "password":
            set_password(desk, name, password, by=person.name)
        else:
            raise HTTPException(404)
    except NotAUser as fault:
        return _page(request, person, status=422, fault=str(fault))
    return RedirectResponse("/users", 303)


def _page(request: Request, person: Person, *, status: int = 200, fault: str = "") -> Response:
    known = list_users(request.app.state.desk)
    return page(request, person, "users.html", status_code=status, users=known, roles=ROLES, fault=fault)
