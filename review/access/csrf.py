"""Every request that changes something carries the form token of its browser, whatever route it is for."""

import hmac

from fastapi import Request

from review.access.tickets import ticket_of

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
_READING = ("GET", "HEAD", "OPTIONS")


class Forged(Exception):
    """The form token is missing or another's; nothing was done."""


async def require_form_token(request: Request) -> None:
    """A dependency of the whole application. Raises Forged; requests that only read need no token."""
    if request.method in _READING:
        return
    given = request.headers.get(HEADER)
    if given is None:
        given = str((await request.form()).get(FIELD, ""))
    if not hmac.compare_digest(given.encode(), ticket_of(request).csrf_token.encode()):
        raise Forged
