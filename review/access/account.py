"""One's own account."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from review.access.person import Viewer
from review.render import page

router = APIRouter()


@router.get("/account")
def account(request: Request, person: Viewer) -> Response:
    return page(request, person, "account.html")
