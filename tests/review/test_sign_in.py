"""Signing in to the real desk, as a browser does."""

from pathlib import Path

import pytest
from desk_browser import PASSWORD, Browser, signed_in
from fastapi import FastAPI

from review.access.users import add_user, set_disabled, set_password, set_role
from review.app import create_app
from settings import Settings


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    made = create_app(Settings(data=tmp_path / "data", ledger_url=""))
    add_user(made.state.desk, "Trần Thị B", "viewer", PASSWORD)
    return made


def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(app: FastAPI) -> None:
    browser = Browser(app)
    away = browser.get("/account?a=1&b=2")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/account%3Fa%3D1%26b%3D2")
    back = browser.sign_in("trần thị b", next="/account?a=1&b=2")
    assert (back.status_code, back.headers["location"]) == (303, "/account?a=1&b=2")
    assert "Trần Thị B (xem)" in browser.get("/account").text


def test_htmx_is_told_where_to_sign_in(app: FastAPI) -> None:
    answer = Browser(app).get("/account", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(app: FastAPI) -> None:
    answers = [Browser(app).sign_in("Trần Thị B", "sai mật khẩu rồi"), Browser(app).sign_in("Không Ai", PASSWORD)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("Tên hoặc mật khẩu không đúng." in answer.text for answer in answers)


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http://[", "x", ""]
)
def test_signing_in_leads_nowhere_else(app: FastAPI, next: str) -> None:
    assert Browser(app).sign_in("Trần Thị B", next=next).headers["location"] == "/"


def test_signing_in_gives_a_new_token_and_signing_out_ends_the_session(app: FastAPI) -> None:
    browser = Browser(app)
    browser.read("/sign-in")
    before = browser.cookies["giamngheo_desk"]
    browser.sign_in("Trần Thị B")
    during = browser.cookies["giamngheo_desk"]
    assert before != during
    assert browser.fill("/sign-out").headers["location"] == "/sign-in"
    thief = Browser(app, cookies={"giamngheo_desk": during})
    assert thief.get("/account").status_code == 303


@pytest.mark.parametrize("change", ["disabled", "password"])
def test_a_session_ends_when_the_user_is_disabled_or_the_password_changes(app: FastAPI, change: str) -> None:
    browser = signed_in(app, name="Trần Thị B")
    assert browser.get("/account").status_code == 200
    if change == "disabled":
        set_disabled(app.state.desk, "Trần Thị B", True)
    else:
        set_password(app.state.desk, "Trần Thị B", "một mật khẩu khác")
    assert browser.get("/account").status_code == 303
    assert Browser(app).sign_in("Trần Thị B").status_code == 401


def test_a_new_role_holds_from_the_next_request_on(app: FastAPI) -> None:
    browser = signed_in(app, name="Trần Thị B")
    set_role(app.state.desk, "Trần Thị B", "administrator")
    assert "(quản trị)" in browser.get("/account").text


def test_the_language_is_kept_in_the_browser(app: FastAPI) -> None:
    browser = Browser(app)
    browser.read("/sign-in")
    assert browser.fill("/language", language="en", next="/sign-in").headers["location"] == "/sign-in"
    assert '<html lang="en">' in browser.get("/sign-in").text
    assert "User name" in browser.get("/sign-in").text
