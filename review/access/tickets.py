"""The cookie: a random token, signed, that names a session on the server; and the form token drawn from it.

Someone not signed in has a token too, once a form is shown, so that the sign-in form itself can't be posted
from elsewhere.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, Signer
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tasks.files import write_bytes

COOKIE = "giamngheo_desk"
KEY_FILE = "desk.key"
_SALT = "giamngheo desk session"


@dataclass
class Ticket:
    """The token of one browser. `send` asks for the cookie to be set with the answer, `clear` for its removal."""

    token: str
    key: bytes
    send: bool = False
    clear: bool = False

    @property
    def hashed(self) -> str:
        """The name of the session that belongs to the token, if any."""
        return hashlib.sha256(self.token.encode()).hexdigest()

    @property
    def csrf_token(self) -> str:
        """What every form of this browser carries; a page elsewhere can't know it."""
        return hmac.new(self.key, f"form|{self.token}".encode(), hashlib.sha256).hexdigest()

    def renew(self) -> None:
        """Another token, at every sign-in: one that was planted beforehand opens nothing."""
        self.token, self.send, self.clear = _new_token(), True, False

    def drop(self) -> None:
        self.token, self.send, self.clear = _new_token(), False, True


class Tickets:
    """Reads the cookie before a request and sets it after."""

    def __init__(self, app: ASGIApp, key: bytes, secure: bool) -> None:
        self.app = app
        self.key = key
        self.signer = Signer(key, salt=_SALT, digest_method=hashlib.sha256)
        self.attributes = f"; Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        ticket = self._read(HTTPConnection(scope).cookies.get(COOKIE, ""))
        scope.setdefault("state", {})["ticket"] = ticket

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and (ticket.send or ticket.clear):
                value = "" if ticket.clear else self.signer.sign(ticket.token).decode()
                age = "; Max-Age=0" if ticket.clear else ""
                MutableHeaders(scope=message).append("Set-Cookie", f"{COOKIE}={value}{self.attributes}{age}")
            await send(message)

        await self.app(scope, receive, send_with_cookie)

    def _read(self, cookie: str) -> Ticket:
        try:
            return Ticket(self.signer.unsign(cookie).decode(), self.key)
        except BadSignature:
            return Ticket(_new_token(), self.key)


def ticket_of(request: HTTPConnection) -> Ticket:
    """The ticket that the middleware laid by."""
    ticket = request.state.ticket
    assert isinstance(ticket, Ticket)
    return ticket


def form_token(request: HTTPConnection) -> str:
    """The token for a form on the page that answers this request; the cookie goes with it."""
    ticket = ticket_of(request)
    ticket.send = not ticket.clear
    return ticket.csrf_token


def signing_key(data: Path) -> bytes:
    """The key of the desk's cookies on this data root, made once and kept to its owner."""
    path = data / KEY_FILE
    if not path.exists():
        write_bytes(path, secrets.token_hex(32).encode(), secret=True)
    return path.read_bytes().strip()


def _new_token() -> str:
    return secrets.token_urlsafe(32)
