"""Decisions from the browser, on the real desk, ledger and files."""

import csv
import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from deciding import Desk, copied, one_rejected_one_held
from desk_browser import INLINE, Browser, routes, signed_in
from fastapi import FastAPI
from httpx import Response

from review.access.person import Person
from review.app import create_app
from review.personal import looked, looks
from tasks.children import Readers
from tasks.locks import only_one

# Who heads every household of a small district.
NAME = "Chủ hộ mẫu"
WHY = "Đã đối chiếu hồ sơ tại xã"
UNTIL = "2999-12-31"


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Desk:
    return one_rejected_one_held(tmp_path_factory.mktemp("desk") / "data", readers)


@pytest.fixture
def desk(prepared: Desk, tmp_path: Path) -> Desk:
    return copied(prepared, tmp_path / "data")


@pytest.fixture
def app(desk: Desk) -> Iterator[FastAPI]:
    made = create_app(desk.settings)
    yield made
    made.state.data.close()


@pytest.fixture
def browser(app: FastAPI) -> Browser:
    return signed_in(app, name="Trần Thị B")


@pytest.fixture(scope="module")
def at_prepared(prepared: Desk) -> Iterator[Browser]:
    """Before the shared data root, for what is refused."""
    app = create_app(prepared.settings)
    yield signed_in(app)
    app.state.data.close()


def decide(browser: Browser, desk: Desk, name: str, action: str, **fields: object) -> Response:
    one = desk.one(name)
    sent = {"reason": WHY, "seen": one.version} | fields
    return browser.fill(f"/submissions/{one.submission_id}/{action}", **sent)


def test_every_decision_names_who_why_the_file_and_the_rules(desk: Desk, browser: Browser) -> None:
    answer = decide(browser, desk, "b", "accept")
    event = next(one for one in desk.events() if one.kind == "accepted")
    assert (event.by, event.reason, event.submission_id) == ("Trần Thị B", WHY, desk.one("b").submission_id)
    assert (len(event.payload["rule_pack"]), event.payload["state"], event.payload["counts"]) == (
        16,
        "held",
        {"H09": 1},
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/submissions/{event.submission_id}?done={event.id}"
    assert desk.one("b").state == "accepted"


def test_return_waive_withdraw_reopen_and_undo(desk: Desk, browser: Browser) -> None:
    decide(browser, desk, "b", "return")
    assert desk.one("b").state == "returned"
    decide(browser, desk, "b", "reopen")
    assert desk.one("b").state == "held"
    decide(browser, desk, "a", "waive", rule="H12", until=UNTIL)
    assert desk.one("a").state == "accepted"
    decide(browser, desk, "a", "withdraw")
    assert desk.one("a").state == "withdrawn"
    withdrawn = desk.one("a").decision
    answer = browser.fill(f"/decisions/{withdrawn}/undo", reason="nhầm", next="/audit?kind=decision#x")
    assert answer.headers["location"] == f"/audit?kind=decision&done={withdrawn + 1}#x"
    assert desk.one("a").state == "accepted"


def test_findings_are_waived_one_by_one_or_several_at_once(desk: Desk, browser: Browser) -> None:
    ids = desk.findings("a").get_column("finding_id").to_list()
    decide(browser, desk, "a", "waive", finding_id=ids[:1], until=UNTIL)
    assert desk.one("a").state == "rejected"
    decide(browser, desk, "a", "waive", finding_id=ids, until=UNTIL)
    assert desk.one("a").state == "accepted"


def test_many_files_for_one_reason(desk: Desk, browser: Browser) -> None:
    chosen = [f"{desk.one(name).submission_id}@{desk.one(name).version}" for name in ("a", "b")]
    answer = browser.fill("/decisions", action="return", submission_id=chosen, reason=WHY, next="/")
    assert answer.status_code == 303
    assert desk.states() == {"a": "returned", "b": "returned"}
    assert {one.reason for one in desk.events() if one.kind == "returned"} == {WHY}


@pytest.mark.parametrize(
    ("name", "action", "fields", "status"),
    [
        ("a", "accept", {}, 409),
        ("b", "withdraw", {}, 409),
        ("b", "accept", {"reason": "  "}, 409),
        ("b", "accept", {"reason": "dài" * 700}, 409),
        ("a", "waive", {"rule": "H12"}, 409),
        ("a", "waive", {"rule": "H12", "until": "2019-01-01"}, 409),
        ("a", "waive", {"rule": "H11", "until": UNTIL}, 409),
        ("a", "waive", {"finding_id": "0" * 16, "until": UNTIL}, 409),
        ("a", "waive", {"rule": "H12", "until": "mai"}, 422),
        ("b", "accept", {"seen": ""}, 422),
        ("b", "forget", {}, 404),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    prepared: Desk, at_prepared: Browser, name: str, action: str, fields: dict[str, object], status: int
) -> None:
    before = prepared.kinds()
    answer = decide(at_prepared, prepared, name, action, **fields)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert prepared.kinds() == before


def test_an_unknown_file_or_event_is_not_found(at_prepared: Browser) -> None:
    assert at_prepared.fill("/submissions/ffff/accept", reason=WHY, seen=1).status_code == 404
    assert at_prepared.fill("/decisions/99999/undo", reason=WHY).status_code == 404


def test_of_two_validators_at_once_one_decides_and_the_other_sees_both_versions(desk: Desk, app: FastAPI) -> None:
    people = {"accept": signed_in(app, name="Người thứ nhất"), "return": signed_in(app, name="Người thứ hai")}
    one, ready = desk.one("b"), threading.Barrier(2)
    answers: dict[str, Response] = {}

    def go(action: str) -> None:
        ready.wait()
        path = f"/submissions/{one.submission_id}/{action}"
        answers[action] = people[action].fill(path, reason=f"lý do của {action}", seen=one.version)

    threads = [threading.Thread(target=go, args=(action,)) for action in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    [lost] = [action for action, answer in answers.items() if answer.status_code == 409]
    [won] = [action for action, answer in answers.items() if answer.status_code == 303]
    text = answers[lost].text
    assert "<td>Tạm giữ, chờ thẩm định</td>" in text
    assert f"<td>{'Chấp nhận' if won == 'accept' else 'Đã trả lại'}</td>" in text
    assert f"lý do của {won}" in text
    assert f"lý do của {lost}</textarea>" in text
    assert [event.by for event in desk.events() if event.by.startswith("Người thứ")] == [
        "Người thứ nhất" if won == "accept" else "Người thứ hai"
    ]


def test_while_files_are_taken_in_the_desk_says_so_and_keeps_what_was_typed(
    desk: Desk, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review.decisions.PATIENCE_SECONDS", 0.1)
    before = desk.kinds()
    with only_one(desk.settings.data, "ingest"):
        answer = decide(browser, desk, "b", "accept", reason='lý do "dài"')
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert 'value="lý do &#34;dài&#34;"' in answer.text
    assert desk.kinds() == before
    assert decide(browser, desk, "b", "accept").status_code == 303


def test_htmx_is_led_on(desk: Desk, browser: Browser) -> None:
    one = desk.one("b")
    answer = browser.post(
        f"/submissions/{one.submission_id}/return",
        data={"reason": WHY, "seen": one.version},
        headers={"HX-Request": "true", "X-CSRF-Token": browser.form_token},
    )
    assert answer.headers["hx-redirect"] == f"/submissions/{one.submission_id}?done={desk.one('b').decision}"


def test_a_walk_through_every_page_shows_no_name_to_a_viewer_and_nothing_inline(desk: Desk, app: FastAPI) -> None:
    one = desk.one("a")
    facts = {
        "submission_id": one.submission_id,
        "finding_id": desk.findings("a").item(0, "finding_id"),
        "district_code": one.district_code,
        "period": one.period,
        "name": "desk.css",
    }
    people = {role: signed_in(app, role, f"Người đi xem ({role})") for role in ("viewer", "validator", "administrator")}
    named: set[str] = set()
    for route in routes(app):
        if "GET" not in (route.methods or set()):
            continue
        path = route.path.format_map(facts)
        # The sheet is shown where its households are.
        path += "?sheet=Hộ" if path.endswith("/sheet") else ""
        for role, browser in people.items():
            answer = browser.get(path)
            assert answer.status_code in (200, 303, 403), path
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert not (NAME in answer.text and role == "viewer"), path
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert not [what for what in INLINE if re.search(what, answer.text)], path
                if NAME in answer.text:
                    named.add(path.rpartition("/")[2])
    assert "sheet?sheet=Hộ" in named
    seen = {look.what for look in looks(app.state.desk) if look.by == "Người đi xem (validator)"}
    assert {what.split()[0] for what in seen} >= {"sheet", "original", "annotated"}
    assert not [look for look in looks(app.state.desk) if "(viewer)" in str(look.by)]


def test_the_audit_table_has_decisions_and_looks_and_nothing_personal(desk: Desk, app: FastAPI) -> None:
    boss = signed_in(app, "administrator", "Quản trị")
    decide(boss, desk, "b", "accept", reason="=cmd, số 096 123 456789 của bà Tư")
    looked(app, Person("Quản trị", "administrator", ""), desk.one("b").submission_id, "sheet Hộ", 3)
    looked(app, Person("Quản trị", "administrator", ""), desk.one("b").submission_id, "sheet Xã", 0)
    answer = boss.get("/audit.csv")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert "account Quản trị: signed in by password" in [row["what"] for row in table]
    rows = [row for row in table if not row["what"].startswith("account")]
    assert [(row["by"], row["what"], row["personal_values_shown"]) for row in rows] == [
        ("Quản trị", "accepted", ""),
        ("Quản trị", "look: sheet Hộ", "3"),
    ]
    assert rows[0]["reason"] == "'=cmd, số ••• của bà Tư"
    assert rows[0]["submission_id"] == rows[1]["submission_id"] == desk.one("b").submission_id
    assert signed_in(app, "validator", "Thẩm định").get("/audit.csv").status_code == 403
