"""A real SFTP server on loopback (Debian's sshd), with keys, configuration and port of its own."""

import contextlib
import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

SSHD = "/usr/sbin/sshd"
PASSWORD = "Mật-khẩu-không-ai-được-thấy"


class SftpServer:
    """The server, what it serves (`folder`), and what a client needs to speak to it. May be stopped and started."""

    def __init__(self, base: Path, port: int) -> None:
        self.base = base
        self.port = port
        self.folder = base / "store"
        self.folder.mkdir()
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", base / f"{name}.key"], check=True)
        kind, key, *_ = (base / "host.key.pub").read_text().split()
        (base / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
        (base / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {base / 'host.key'}\nPidFile {base / 'pid'}\n"
            f"AuthorizedKeysFile {base / 'user.key.pub'}\nStrictModes no\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUsePAM no\n"
            "Subsystem sftp internal-sftp\nMaxStartups 100\nMaxSessions 100\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def options(self) -> dict[str, str]:
        """For the setting `storage_options`."""
        return {"key_filename": str(self.base / "user.key"), "known_hosts": str(self.base / "known_hosts")}

    def url(self, name: str) -> str:
        """The address of a folder, with a password in it that nobody asks for."""
        return f"sftp://{getpass.getuser()}:{PASSWORD}@127.0.0.1:{self.port}{self.folder / name}"

    def start(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        with open(self.base / "server.log", "ab") as log:
            self._process = subprocess.Popen([SSHD, "-D", "-e", "-f", self.base / "sshd_config"], stderr=log)
        give_up = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            log_text = (self.base / "server.log").read_text(errors="replace")
            assert self._process.poll() is None and time.monotonic() < give_up, log_text[-3000:]
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server and every connection to it."""
        if self._process is None:
            return
        import psutil

        family = [*psutil.Process(self._process.pid).children(recursive=True), self._process]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self._process.wait()
        self._process = None


@contextlib.contextmanager
def running_sftp(base: Path) -> Iterator[SftpServer]:
    """A fresh server with an empty folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = SftpServer(base, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
