"""Every request that changes something carries the form token of its browser, whatever route it is for."""

import hmac

from fastapi import Request

from errors import Refused
from review.access.tickets import ticket_of

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
_READING = ("GET", "HEAD", "OPTIONS")


class Forged(Refused):
    """The form token is missing or another's; nothing was done."""

    def __init__(self) -> None:
        super().__init__("trang đã cũ hoặc phiên làm việc đã đổi; chưa ghi gì", "tải lại trang rồi gửi lại")


async def require_form_token(request: Request) -> None:
    """A dependency of the whole application. Raises Forged; requests that only read need no token."""
    if request.method in _READING:
        return
    given = request.headers.get(HEADER)
    if given is None:
        given = str((await request.form()).get(FIELD, ""))
    if not hmac.compare_digest(given.encode(), ticket_of(request).csrf_token.encode()):
        raise Forged
