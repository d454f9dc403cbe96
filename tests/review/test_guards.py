"""What guards every page: form tokens, roles, host names, the policy; and what a guesser meets."""

import errno
import re
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from desk_browser import INLINE, PASSWORD, Browser, all_routes, routes, signed_in
from fastapi import FastAPI
from fastapi.routing import APIRoute
from telling import telling

from review.access import attempts, sessions, users
from review.access.person import Person
from review.access.tickets import KEY_FILE
from review.access.users import NotAUser, add_user, check_password, find_user, list_users
from review.app import create_app
from review.personal import looked, looks, shown
from review.render import words
from review.serve import NotLoopback, serve
from review.store import Desk, look_table, session_table, user_table
from settings import Settings
from telemetry.file import configure

# Whoever is not signed in may ask for these.
PUBLIC = {"/static/{name}", "/sign-in", "/sign-out", "/language"}
REVIEW = Path(__file__).resolve().parents[2] / "review"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(data=tmp_path / "data", ledger_url=""))


@pytest.fixture
def desk(app: FastAPI) -> Desk:
    found = app.state.desk
    assert isinstance(found, Desk)
    return found


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "1", path)


def test_the_application_has_no_other_kind_of_route(app: FastAPI) -> None:
    assert {type(route) for route in all_routes(app.routes)} == {APIRoute}


def test_no_post_gets_by_without_the_form_token(app: FastAPI) -> None:
    browser = signed_in(app, "administrator")
    posts = [route.path for route in routes(app) if route.methods and route.methods - {"GET", "HEAD"}]
    assert len(posts) > 6
    for path in posts:
        for token in ({}, {"csrf_token": "0" * 64}):
            answer = browser.post(filled(path), data=token)
            assert answer.status_code == 403, path
            assert words()["vi"]["error_forged"] in answer.text
        assert browser.post(filled(path), headers={"X-CSRF-Token": Browser(app).form_token}).status_code == 403, path
    assert [user.name for user in list_users(app.state.desk)] == ["Người administrator"]
    assert browser.get("/account").status_code == 200


def test_another_browsers_form_token_is_none(app: FastAPI) -> None:
    mine, theirs = signed_in(app, "viewer"), signed_in(app, "viewer")
    mine.form_token = theirs.form_token
    assert mine.fill("/sign-out").status_code == 403


def test_every_page_but_the_public_ones_asks_who_is_there(app: FastAPI) -> None:
    for route in routes(app):
        if route.path in PUBLIC:
            continue
        browser = Browser(app)
        browser.read("/sign-in")
        method = next(iter((route.methods or set()) - {"HEAD"}))
        token = {"X-CSRF-Token": browser.form_token}
        answer = browser.request(method, filled(route.path), headers=token)
        assert (answer.status_code, answer.headers["location"].startswith("/sign-in")) == (303, True), route.path


def test_every_post_but_ones_own_is_for_validators_or_administrators(app: FastAPI) -> None:
    browser = signed_in(app, "viewer")
    for route in routes(app):
        if route.path in PUBLIC or route.path == "/account/password" or "POST" not in (route.methods or set()):
            continue
        assert browser.fill(filled(route.path)).status_code == 403, route.path


@pytest.mark.parametrize("path", ["/sign-in", "/account", "/nowhere", "/users", "/static/htmx.js"])
def test_every_answer_has_the_policy(app: FastAPI, path: str) -> None:
    headers = signed_in(app, "administrator").get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_no_template_holds_a_script_or_a_style_of_its_own() -> None:
    templates = list((REVIEW / "templates").rglob("*.html"))
    assert len(templates) > 5
    for template in templates:
        text = template.read_text(encoding="utf-8")
        for forbidden in INLINE:
            assert not re.search(forbidden, text, re.IGNORECASE), f"{template.name}: {forbidden}"
    base = (REVIEW / "templates" / "base.html").read_text(encoding="utf-8")
    assert '"historyCacheSize": 0' in base  # else htmx keeps pages with names in the browser's storage


def test_every_word_is_in_both_languages() -> None:
    vietnamese, english = words()["vi"], words()["en"]
    assert vietnamese.keys() == english.keys()
    assert all(text.strip() for text in [*vietnamese.values(), *english.values()])


def test_scripts_are_kept_for_good_under_the_hash_of_their_content(app: FastAPI) -> None:
    browser = Browser(app)
    [link] = re.findall(r'src="(/static/htmx[^"]+)"', browser.get("/sign-in").text)
    answer = browser.get(link)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "htmx" in answer.text
    assert "set-cookie" not in answer.headers
    again = browser.get("/static/htmx.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get("/static/..%2Fapp.py").status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8019", 200), ("127.0.0.1", 200), ("[::1]:8019", 200), ("evil.example", 400), ("", 400)],
)
def test_other_host_names_are_refused(app: FastAPI, host: str, status: int) -> None:
    assert Browser(app).get("/sign-in", headers={"Host": host}).status_code == status


def test_the_name_in_the_settings_is_a_host_name_too(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, ledger_url="", review_names="ban-tham-dinh.vn"))
    assert Browser(app).get("/sign-in", headers={"Host": "ban-tham-dinh.vn"}).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    for proxy, secure in (("", False), ("10.0.0.1", True)):
        app = create_app(Settings(data=tmp_path / "data", ledger_url="", review_proxy=proxy))
        cookie = Browser(app).get("/sign-in").headers["set-cookie"]
        assert "HttpOnly; SameSite=Lax" in cookie
        assert ("Secure" in cookie) == secure


def test_keys_and_the_database_are_their_owners_alone(app: FastAPI) -> None:
    data = app.state.settings.data
    assert [(data / name).stat().st_mode & 0o777 for name in (KEY_FILE, "desk.sqlite")] == [0o600, 0o600]


def test_a_forged_cookie_is_no_session(app: FastAPI) -> None:
    browser = signed_in(app, "viewer")
    token, _, signature = browser.cookies["giamngheo_desk"].rpartition(".")
    for cookie in (f"{token}.{'A' * len(signature)}", token, f"x{token}.{signature}", "ké.gian"):
        thief = Browser(app)
        assert thief.get("/account", headers={"Cookie": f"giamngheo_desk={cookie}".encode()}).status_code == 303


@pytest.mark.parametrize(("column", "seconds"), [("seen_at", 30 * 60), ("started_at", 12 * 3600)])
def test_a_session_runs_out(app: FastAPI, desk: Desk, column: str, seconds: int) -> None:
    browser = signed_in(app, "viewer")
    for early, status in ((60, 200), (-1, 303)):
        with desk.engine.begin() as connection:
            connection.execute(session_table.update().values({column: time.time() - seconds + early}))
        assert browser.get("/account").status_code == status


def test_a_session_that_is_used_lives_on(app: FastAPI, desk: Desk) -> None:
    browser = signed_in(app, "viewer")
    with desk.engine.begin() as connection:
        connection.execute(session_table.update().values(seen_at=time.time() - 20 * 60))
    browser.get("/account")
    with desk.engine.connect() as connection:
        assert connection.execute(sa.select(session_table.c.seen_at)).scalar_one() > time.time() - 60


class TestGuessing:
    def test_each_failure_after_some_makes_the_wait_twice_as_long(self, desk: Desk) -> None:
        waits = []
        for _ in range(attempts.FREE_BY_NAME + 4):
            try:
                attempts.count_attempt(desk, "Ai đó", "10.0.0.1")
            except attempts.TooMany as wait:
                waits.append(round(wait.seconds))
                with desk.engine.begin() as connection:  # time goes by
                    gone = attempts.attempt_table.c.last_at - wait.seconds - 1
                    connection.execute(attempts.attempt_table.update().values(last_at=gone))
                attempts.count_attempt(desk, "Ai đó", "10.0.0.1")
        assert waits == [1, 2, 4, 8]

    def test_holds_for_a_name_from_any_address_and_for_an_address_with_any_name(self, desk: Desk) -> None:
        for at in range(attempts.FREE_BY_NAME):
            attempts.count_attempt(desk, "Trần Thị B", f"10.0.0.{at}")
        with pytest.raises(attempts.TooMany):
            attempts.count_attempt(desk, " trần  thị b", "10.0.1.1")
        for at in range(attempts.FREE_BY_ADDRESS):
            attempts.count_attempt(desk, f"Người {at}", "10.0.2.1")
        with pytest.raises(attempts.TooMany):
            attempts.count_attempt(desk, "Người khác", "10.0.2.1")

    def test_a_restart_forgets_nothing_and_the_right_password_does_not_help(self, app: FastAPI, desk: Desk) -> None:
        add_user(desk, "Trần Thị B", "viewer", PASSWORD)
        known, unknown = Browser(app), Browser(app)
        for _ in range(attempts.FREE_BY_NAME):
            answers = known.sign_in("Trần Thị B", "sai mật khẩu rồi"), unknown.sign_in("Không Ai", "sai mật khẩu rồi")
            assert [answer.status_code for answer in answers] == [401, 401]
        again = create_app(app.state.settings)
        for name in ("Trần Thị B", "Không Ai"):
            answer = Browser(again).sign_in(name)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) >= 1
            assert "thử lại sau" in answer.text

    def test_the_right_password_clears_the_name(self, app: FastAPI, desk: Desk) -> None:
        add_user(desk, "Trần Thị B", "viewer", PASSWORD)
        for _ in range(3):
            browser = Browser(app)
            for _ in range(attempts.FREE_BY_NAME - 1):
                browser.sign_in("Trần Thị B", "sai mật khẩu rồi")
            assert browser.sign_in("Trần Thị B").status_code == 303


class TestUsers:
    def test_names_are_one_whatever_their_case_and_normal_form(self, desk: Desk) -> None:
        add_user(desk, "  Trần   Thị Hoà ", "viewer", PASSWORD)
        with pytest.raises(NotAUser, match="đã có"):
            add_user(desk, "TRẦN THỊ HOÀ", "viewer", PASSWORD)
        [user] = list_users(desk)
        assert user.name == "Trần Thị Hoà"

    @pytest.mark.parametrize(
        ("name", "role", "password"),
        [
            ("", "viewer", PASSWORD),
            ("a\u202eb", "viewer", PASSWORD),
            ("Hệ  thống", "viewer", PASSWORD),
            ("A", "chief", PASSWORD),
            ("A", "viewer", "ngắn"),
        ],
    )
    def test_what_is_no_user_is_refused(self, desk: Desk, name: str, role: str, password: str) -> None:
        with pytest.raises(NotAUser):
            add_user(desk, name, role, password)
        assert list_users(desk) == []

    def test_a_hash_of_other_parameters_is_made_anew(self, desk: Desk) -> None:
        add_user(desk, "A", "viewer", PASSWORD)
        old = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash(PASSWORD)
        with desk.engine.begin() as connection:
            connection.execute(user_table.update().values(password_hash=old))
        assert check_password(desk, "a", PASSWORD) is not None
        with desk.engine.connect() as connection:
            stored = connection.execute(sa.select(user_table.c.password_hash)).scalar_one()
        assert stored.startswith("$argon2id$")
        assert ",t=1," in stored

    def test_who_has_no_password_is_not_let_in_by_one(self, desk: Desk) -> None:
        add_user(desk, "A", "viewer", None)
        assert check_password(desk, "A", "") is None
        assert check_password(desk, "A", "nobody's") is None

    def test_an_administrator_changes_others_but_not_themselves(self, app: FastAPI, desk: Desk) -> None:
        boss = signed_in(app, "administrator", "Quản trị")
        boss.fill("/users", name="<script>B", role="viewer", password=PASSWORD)
        other = signed_in(app, name="<script>B")
        assert "&lt;script&gt;B" in boss.get("/users").text
        assert boss.fill("/users/role", name="<script>B", role="validator").status_code == 303
        assert "(thẩm định)" in other.get("/account").text
        assert boss.fill("/users/disable", name="<script>B").status_code == 303
        assert other.get("/account").status_code == 303
        assert boss.fill("/users/enable", name="<script>B").status_code == 303
        assert boss.fill("/users/password", name="<script>B", password="ngắn").status_code == 422
        assert boss.fill("/users/forget", name="<script>B").status_code == 404
        for action in ("disable", "role"):
            assert boss.fill(f"/users/{action}", name="quản trị", role="viewer").status_code == 409
        noted = [(event.by, event.what) for event in users.account_events(desk) if event.name == "<script>B"]
        assert noted == [
            ("Quản trị", "added as viewer"),
            ("<script>B", "signed in by password"),
            ("Quản trị", "role validator"),
            ("Quản trị", "disabled"),
            ("Quản trị", "enabled"),
        ]

    def test_ones_own_password_is_changed_with_the_present_one(self, app: FastAPI, desk: Desk) -> None:
        browser, elsewhere = signed_in(app, name="A"), signed_in(app, name="A")
        assert browser.fill("/account/password", current="sai", new="mật khẩu mới tinh").status_code == 401
        assert browser.fill("/account/password", current=PASSWORD, new="ngắn").status_code == 422
        assert browser.fill("/account/password", current=PASSWORD, new="mật khẩu mới tinh").status_code == 200
        assert browser.get("/account").status_code == 200
        assert elsewhere.get("/account").status_code == 303
        assert Browser(app).sign_in("A", "mật khẩu mới tinh").status_code == 303


class TestLooks:
    VIEWER, VALIDATOR = Person("A", "viewer", ""), Person("B", "validator", "")

    def test_only_validators_read_personal_values(self) -> None:
        assert [shown(one, "Bà Tư", True) for one in (self.VIEWER, self.VALIDATOR)] == ["•••", "Bà Tư"]
        assert shown(self.VIEWER, "Ấp 1", False) == "Ấp 1"

    def test_are_only_ever_appended(self, app: FastAPI, desk: Desk) -> None:
        looked(app, self.VALIDATOR, "a1", "sheet Hộ", 7)
        for change in (look_table.update().values(items=0), look_table.delete()):
            with pytest.raises(sa.exc.IntegrityError, match="only ever appended"), desk.engine.begin() as connection:
                connection.execute(change)
        assert [(look.by, look.submission_id, look.what, look.items) for look in looks(desk)] == [
            ("B", "a1", "sheet Hộ", 7)
        ]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_form_that_is_too_long_is_refused(app: FastAPI, chunked: bool) -> None:
    body = b"&".join(b"n%d=%s" % (at, b"x" * 2000) for at in range(900))
    content = iter([body[:1000], body[1000:]]) if chunked else body
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = Browser(app).post("/sign-in", content=content, headers=headers)
    assert answer.status_code == 413
    assert words()["vi"]["error_413"] in answer.text


def test_a_fault_is_a_page_and_its_log_quotes_nothing(app: FastAPI, tmp_path: Path) -> None:
    def broken() -> None:
        raise RuntimeError("096123456789 Bà Tư")

    app.add_api_route("/broken", broken)
    configure(tmp_path, 1, on_standard_error=False)
    with telling() as told:
        answer = Browser(app).get("/broken?q=Tư")
    assert answer.status_code == 500
    assert words()["vi"]["error_program"] in answer.text
    assert words()["vi"]["error_record"].replace("{record}", told[0]["record"]) in answer.text
    assert told[0]["record"] in (tmp_path / "logs" / "giamngheo.jsonl").read_text(encoding="utf-8")
    assert answer.headers["content-security-policy"]
    (failed,) = told
    assert (failed["event"], failed["fault"], failed["page"]) == ("desk.failed", "RuntimeError", "/broken")
    assert failed["trace"][-1] == "RuntimeError"
    assert failed["trace"][-2].endswith(" broken")
    assert "Tư" not in str(failed)
    assert "096123456789" not in str(failed)


def test_a_fault_of_the_machine_is_told_as_one(app: FastAPI) -> None:
    def broken() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/d/raw")

    app.add_api_route("/broken", broken)
    answer = Browser(app).get("/broken")
    assert "Lỗi hệ thống" in answer.text and "Hết chỗ trên đĩa" in answer.text
    assert words()["vi"]["error_program"] not in answer.text


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "::", "example.vn"])
def test_the_desk_opens_on_loopback_only(tmp_path: Path, host: str) -> None:
    settings = Settings(data=tmp_path, ledger_url="", review_host=host)
    with pytest.raises(NotLoopback):
        serve(settings, 0, False, lambda address: None)


def test_sessions_are_cleared_away_when_they_have_run_out(app: FastAPI, desk: Desk) -> None:
    signed_in(app, "viewer")
    with desk.engine.begin() as connection:
        connection.execute(session_table.update().values(seen_at=0.0))
    user = find_user(desk, "Người viewer")
    assert user is not None
    sessions.start_session(desk, app.state.limits, "f" * 64, user.id)
    with desk.engine.connect() as connection:
        assert connection.execute(sa.select(session_table.c.token_hash)).scalars().all() == ["f" * 64]
