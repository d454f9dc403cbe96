"""How a store is spoken to over SFTP: within times, and only if its key is known."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import paramiko

from errors import SystemFault


class UnknownServer(SystemFault):
    """The server's key is not among the known ones."""

    def __init__(self) -> None:
        super().__init__(
            "the server's key is not among the known ones",
            "khoá của máy chủ không có trong danh sách đã biết",
            "add it to known_hosts (GIAMNGHEO_STORAGE_OPTIONS)",
            "thêm khoá vào known_hosts (GIAMNGHEO_STORAGE_OPTIONS)",
        )


class _KnownHosts(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """fsspec reads no list of known servers, and trusts whoever answers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if not self._path.is_file() or not paramiko.HostKeys(str(self._path)).check(hostname, key):
            raise UnknownServer


def connection_options(options: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What fsspec hands to paramiko. `known_hosts` of the options is a file as OpenSSH writes it."""
    # It logs a traceback of its own for every refused connection.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    given = {"timeout": seconds, "banner_timeout": seconds, "auth_timeout": seconds} | dict(options)
    known = Path(given.pop("known_hosts", "~/.ssh/known_hosts")).expanduser()
    return given | {"host_key_policy": _KnownHosts(known)}
