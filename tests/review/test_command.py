"""The desk and its users from the command line, as processes of their own."""

import json
import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from deciding import Desk, held
from sample_year import COMMAND, run

from review.access.users import check_password
from review.store import Desk as Store
from tasks.children import Readers
from tasks.pseudonym import KEY_FILE


def say(root: Path, typed: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command with something typed into it."""
    return subprocess.run(
        [COMMAND, *words],
        env=os.environ | {"GIAMNGHEO_DATA": str(root)},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def test_users_are_made_and_changed(tmp_path: Path) -> None:
    made = say(tmp_path, "mật khẩu đủ dài\n", "user", "add", "Trần Thị B", "--role", "validator")
    assert (made.returncode, made.stdout) == (0, "Đã thêm người dùng Trần Thị B (validator).\n")
    again = say(tmp_path, "mật khẩu đủ dài\n", "user", "add", "trần thị b")
    assert (again.returncode, again.stderr) == (
        2,
        "Đã có người dùng “trần thị b”. Chưa thay đổi gì; xem: giamngheo user list.\n",
    )
    assert say(tmp_path, "một mật khẩu khác\n", "user", "password", "Trần Thị B").returncode == 0
    store = Store(tmp_path)
    assert check_password(store, "Trần Thị B", "một mật khẩu khác") is not None
    store.close()
    run(tmp_path, "user", "role", "Trần Thị B", "viewer")
    run(tmp_path, "user", "disable", "Trần Thị B")
    [user] = json.loads(run(tmp_path, "user", "list", "--json").stdout)
    assert (user["name"], user["role"], user["disabled"]) == ("Trần Thị B", "viewer", True)
    assert "argon2" not in str(user)


def test_the_desk_is_served_on_loopback_until_it_is_stopped(tmp_path: Path) -> None:
    environment = os.environ | {"GIAMNGHEO_DATA": str(tmp_path)}
    command = [COMMAND, "review", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        address = desk.stdout.readline().removeprefix("Bàn thẩm định: ").strip()
        try:
            assert address.startswith("http://127.0.0.1:")
            answer = httpx.get(f"{address}sign-in?next=/bí-mật", headers={"X-Forwarded-For": "10.9.9.9"})
            assert answer.status_code == 200
            assert "server" not in answer.headers
            assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 400
            assert httpx.get(f"{address}docs").status_code == httpx.get(f"{address}openapi.json").status_code == 404
        finally:
            desk.send_signal(signal.SIGINT)
        written, faults = desk.communicate(timeout=60)
    assert (desk.returncode, written) == (0, "")
    assert "bí" not in faults


def test_the_desk_does_not_start_where_it_would_not_be_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIAMNGHEO_REVIEW_HOST", "0.0.0.0")
    assert "docs/desk.md" in run(tmp_path, "review", "--port", "0", "--no-browser", expect=2).stderr


def test_the_command_decides_only_on_what_was_seen_and_takes_back(tmp_path: Path) -> None:
    with Readers(1) as readers:
        desk = Desk(tmp_path, readers)
        desk.take(a=held())
    # The command finds the desk's key where a data root has it.
    (tmp_path / KEY_FILE).write_text(desk.settings.pseudonym_key, encoding="ascii")
    one = desk.one("a")
    who = ("--by", "B", "--reason", "thử")
    stale = run(tmp_path, "return", one.submission_id, *who, "--seen", str(one.version - 1), expect=2)
    assert "Tệp đã thay đổi sau khi bạn xem" in stale.stderr
    assert desk.one("a").state == "held"
    done = run(tmp_path, "return", one.submission_id, *who, "--seen", str(one.version))
    event = desk.one("a").decision
    assert f"Đã ghi (sự kiện {event})" in done.stdout
    taken_back = run(tmp_path, "undo", str(event), *who)
    assert "tạm giữ" in taken_back.stdout
    assert desk.one("a").state == "held"
    run(tmp_path, "undo", "9999", *who, expect=2)
