"""The desk as its users meet it: the command as a process, and Debian's Chromium before it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PASSWORD = "một mật khẩu đủ dài"
GIAMNGHEO = Path(sys.executable).with_name("giamngheo")


@dataclass(frozen=True)
class Serving:
    """A desk that answers at `address`, on the data root `data`."""

    address: str
    data: Path

    def sign_in(self, page: Page, name: str) -> None:
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("Tên").fill(name)
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        page.wait_for_url(f"{self.address}/")


def environment(data: Path) -> dict[str, str]:
    return os.environ | {"GIAMNGHEO_DATA": str(data), "GIAMNGHEO_PSEUDONYM_KEY": "k"}


def add_user(data: Path, name: str, role: str) -> None:
    subprocess.run(
        [GIAMNGHEO, "user", "add", name, "--role", role],
        input=f"{PASSWORD}\n{PASSWORD}\n",
        env=environment(data),
        text=True,
        check=True,
        capture_output=True,
    )


@contextmanager
def serving(data: Path) -> Iterator[Serving]:
    command = [GIAMNGHEO, "review", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, env=environment(data), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            address = re.search(r"http://[^\s/]+", said)
            assert address is not None, said
            yield Serving(address.group(), data)
        finally:
            server.terminate()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises RuntimeError saying how to get one where there is no Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("no Chromium found: install it with `apt-get install chromium`, as `make test` does")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
