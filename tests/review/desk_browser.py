"""A reader's browser before the real desk: keeps cookies, and carries the form token as its pages do."""

import re
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import Response
from starlette.testclient import TestClient

from review.access.users import add_user, find_user

PASSWORD = "một mật khẩu đủ dài"
# What the policy forbids in a page.
INLINE = (r"<script(?![^>]*\bsrc=)", r"<style", r"\bstyle=", r"\son\w+=", r"hx-on", r"javascript:", r"\|\s*safe")


class Browser(TestClient):
    """Follows no redirect by itself, so that a test sees each answer."""

    def __init__(self, app: FastAPI, **options: Any) -> None:
        super().__init__(app, base_url="http://localhost", follow_redirects=False, **options)
        self.form_token = ""

    def read(self, path: str) -> Response:
        """A page; its form token is kept for what is posted next."""
        answer = self.get(path)
        found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', answer.text)
        self.form_token = found.group(1) if found else self.form_token
        return answer

    def fill(self, path: str, **fields: Any) -> Response:
        """A form, with the token of the page read last."""
        return self.post(path, data={"csrf_token": self.form_token, **fields})

    def sign_in(self, name: str, password: str = PASSWORD, next: str = "/") -> Response:
        self.read("/sign-in")
        answer = self.fill("/sign-in", name=name, password=password, next=next)
        if answer.status_code == 303:
            self.read("/account")
        return answer


def signed_in(app: FastAPI, role: str = "validator", name: str = "") -> Browser:
    """A browser in which a user of that role is signed in; the user is made where there is none of that name."""
    name = name or f"Người {role}"
    if find_user(app.state.desk, name) is None:
        add_user(app.state.desk, name, role, PASSWORD)
    browser = Browser(app)
    assert browser.sign_in(name).status_code == 303
    return browser


def all_routes(routes: Iterable[object]) -> list[object]:
    """Every route, those of included routers too."""
    found: list[object] = []
    for route in routes:
        below = getattr(route, "original_router", None)
        found += all_routes(below.routes) if below is not None else [route]
    return found


def routes(app: FastAPI) -> list[APIRoute]:
    found = [route for route in all_routes(app.routes) if isinstance(route, APIRoute)]
    assert len(found) > 12
    return found
