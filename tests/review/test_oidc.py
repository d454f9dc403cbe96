"""Signing in by OpenID Connect, with a real provider in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from desk_browser import Browser
from httpx import Response
from oidc_provider import CLIENT, SECRET
from telling import telling

from review.access.oidc import Misconfigured
from review.access.users import account_events, add_user, find_user, list_users, set_disabled
from review.app import create_app
from settings import Settings


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    path = Path(__file__).with_name("oidc_provider.py")
    with subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def settings(data: Path, issuer: str, **changes: str) -> Settings:
    values = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "ledger_url": ""}
    return Settings(data=data, **(values | changes))  # type: ignore[arg-type]


def there_and_back(browser: Browser, user: str, next: str = "/account", **answers: str) -> Response:
    """The desk sends the browser to the provider, which sends it back as that user."""
    leave = browser.get(f"/sign-in/oidc?{urlencode({'next': next})}")
    assert leave.status_code == 302, leave.text
    asked = urlsplit(leave.headers["location"])
    assert parse_qs(asked.query)["redirect_uri"] == ["http://localhost/sign-in/oidc/back"]
    back = httpx.get(f"{asked.geturl()}&{urlencode({'user': user} | answers)}")
    assert back.status_code == 302
    return browser.get(back.headers["location"].removeprefix("http://localhost"))


def test_a_user_made_before_is_admitted(tmp_path: Path, issuer: str) -> None:
    app = create_app(settings(tmp_path, issuer))
    add_user(app.state.desk, "Trần Thị B", "validator", None)
    browser = Browser(app)
    assert 'href="/sign-in/oidc?next=/"' in browser.get("/sign-in").text
    planted = browser.cookies.get("giamngheo_desk")
    assert planted
    answer = there_and_back(browser, "trần thị b", next="/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    assert browser.cookies["giamngheo_desk"] != planted
    assert "Trần Thị B (thẩm định)" in browser.get("/account").text
    assert account_events(app.state.desk)[-1].what == "signed in by OpenID Connect"


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("key", "BadSignatureError"),
        ("aud", "InvalidClaimError"),
        ("iss", "InvalidClaimError"),
        ("nonce", "InvalidClaimError"),
        ("expired", "ExpiredTokenError"),
        ("unsigned", "UnsupportedAlgorithmError"),
        ("none", "OAuthError"),
    ],
)
def test_a_token_that_lies_is_refused(tmp_path: Path, issuer: str, fault: str, why: str) -> None:
    app = create_app(settings(tmp_path, issuer))
    add_user(app.state.desk, "B", "validator", None)
    browser = Browser(app)
    with telling() as told:
        answer = there_and_back(browser, "B", fault=fault)
    assert answer.status_code == 401
    assert "chưa được phép vào đây" in answer.text
    assert browser.get("/account").status_code == 303
    assert told == [
        {"level": "WARNING", "event": "desk.sign_in_refused", "way": "OpenID Connect", "fault": why},
    ]


def test_an_answer_that_was_not_asked_for_is_refused(tmp_path: Path, issuer: str) -> None:
    app = create_app(settings(tmp_path, issuer))
    add_user(app.state.desk, "B", "validator", None)
    attacker, victim = Browser(app), Browser(app)
    asked = attacker.get("/sign-in/oidc").headers["location"]
    back = httpx.get(f"{asked}&user=B").headers["location"].removeprefix("http://localhost")
    victim.get("/sign-in/oidc")
    for path in (
        back,
        back.replace("state=", "state=x"),
        "/sign-in/oidc/back",
        "/sign-in/oidc/back?error=access_denied",
    ):
        assert victim.get(path).status_code == 401
    assert victim.get("/account").status_code == 303
    assert attacker.get(back).status_code == 303
    assert attacker.get(back).status_code == 401  # a code is good once


def test_without_a_role_claim_nobody_unknown_or_disabled_comes_in(tmp_path: Path, issuer: str) -> None:
    app = create_app(settings(tmp_path, issuer))
    add_user(app.state.desk, "B", "validator", None)
    set_disabled(app.state.desk, "B", True)
    for user in ("B", "C", ""):
        assert there_and_back(Browser(app), user, roles="administrator").status_code == 401
    assert [user.name for user in list_users(app.state.desk)] == ["B"]


def test_a_role_claim_makes_users_and_keeps_their_roles(tmp_path: Path, issuer: str) -> None:
    roles = "ngheo-xem=viewer, ngheo-tham-dinh=validator"
    app = create_app(settings(tmp_path, issuer, oidc_role_claim="groups", oidc_roles=roles))
    desk = app.state.desk
    assert there_and_back(Browser(app), "C", roles="khác,ngheo-xem").status_code == 303
    user = find_user(desk, "C")
    assert user is not None
    assert (user.role, user.has_password) == ("viewer", False)
    browser = Browser(app)
    there_and_back(browser, "C", roles="ngheo-xem,ngheo-tham-dinh")
    assert "(thẩm định)" in browser.get("/account").text
    assert there_and_back(Browser(app), "D", roles="administrator").status_code == 401
    set_disabled(desk, "C", True)
    assert there_and_back(Browser(app), "C", roles="ngheo-xem").status_code == 401


def test_an_issuer_that_does_not_answer_is_said_in_words(tmp_path: Path) -> None:
    app = create_app(settings(tmp_path, "http://127.0.0.1:9"))
    answer = Browser(app).get("/sign-in/oidc")
    assert answer.status_code == 401
    assert "không trả lời" in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_issuer": "http://sso.example.vn"},
        {"oidc_issuer": "sso.example.vn"},
        {"oidc_client_secret": ""},
        {"oidc_client_id": ""},
        {"oidc_roles": "a=chief"},
    ],
)
def test_settings_that_are_not_safe_or_complete_are_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        create_app(settings(tmp_path, "https://sso.example.vn", **changes))


def test_without_an_issuer_there_is_no_such_way(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, ledger_url=""))
    assert Browser(app).get("/sign-in/oidc").status_code == 404
    assert "oidc" not in Browser(app).get("/sign-in").text
