"""Keyed pseudonyms: the same household is the same to an analyst, and nobody without the key can say who."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path

from tasks.files import write_bytes

KEY_FILE = "pseudonym.key"
DIGITS = 24


def pseudonym_key(data: Path, configured: str) -> bytes:
    """The key of this data root: from the settings, or made once and kept beside the ledger."""
    if configured:
        return configured.encode()
    path = data / KEY_FILE
    if not path.exists():
        write_bytes(path, secrets.token_hex(32).encode())
        path.chmod(0o600)
    return path.read_bytes().strip()


def derived_key(key: bytes, purpose: str) -> bytes:
    """A key of its own for another purpose, 32 bytes: who holds it knows nothing of the first."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def pseudonyms(key: bytes, kind: str, values: Iterable[str | None]) -> list[str | None]:
    """HMAC-SHA-256 of each value, 24 hexadecimal digits; `kind` keeps households and ID numbers apart."""
    base = hmac.new(key, f"{kind}|".encode(), hashlib.sha256)
    found: list[str | None] = []
    for value in values:
        if value is None:
            found.append(None)
            continue
        one = base.copy()
        one.update(value.encode())
        found.append(one.hexdigest()[:DIGITS])
    return found
