"""Keyed pseudonyms: the same household is the same to an analyst, and nobody without the key can say who."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path

from errors import SystemFault
from ledger.states import State
from settings import Settings
from tasks.files import write_bytes

KEY_FILE = "pseudonym.key"
DIGITS = 24


class WrongKey(SystemFault):
    """The data root's key is gone, or another than the one that made what is recorded.

    Households would get new pseudonyms, and other communes would be suppressed: two such releases tell what neither
    tells alone (docs/disclosure.md).
    """

    usual_do_en = f"copy {KEY_FILE} from the backup, or set GIAMNGHEO_PSEUDONYM_KEY as it was, then {{again}}"
    usual_do_vi = f"chép lại {KEY_FILE} từ bản sao lưu, hoặc đặt GIAMNGHEO_PSEUDONYM_KEY như trước, rồi {{again}}"


def root_key(settings: Settings, state: State) -> bytes:
    """The key of a data root, which must be the one that made what its ledger knows of.

    Made once, in a root that has judged nothing yet. Raises WrongKey.
    """
    judged = [one.judgement for one in state.submissions.values() if one.judgement is not None]
    if judged and not settings.pseudonym_key and not (settings.data / KEY_FILE).is_file():
        raise WrongKey(
            "the key of the household pseudonyms is gone",
            "khoá tạo mã hộ đã mất, nên chưa làm gì: tạo khoá mới thì mã hộ và các ô bị che sẽ khác trước",
        )
    key = pseudonym_key(settings.data, settings.pseudonym_key)
    noted = {one.get("key") for one in (*judged, *(event.payload for event in state.published))} - {None}
    if noted - {fingerprint(key)}:
        raise WrongKey(
            "the key of the household pseudonyms is not the one that was used before",
            "khoá tạo mã hộ không phải khoá đã dùng trước đây, nên chưa làm gì: mã hộ và các ô bị che sẽ khác trước",
        )
    return key


def fingerprint(key: bytes) -> str:
    """What the ledger notes of a key, by which it is known again; nothing of the key follows from it."""
    return derived_key(key, "fingerprint").hex()[:16]


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
