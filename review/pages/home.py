"""The first page: what waits for a person, and the months at a glance."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from review.access.person import Viewer
from review.data import data_of
from review.pages.common import desk_page

router = APIRouter()


@router.get("/")
def home(request: Request, person: Viewer, period: str = "") -> Response:
    """`period` (YYYY-MM) is the month whose numbers stand on top; where it is left out, the last one
    for which anything came."""
    data = data_of(request)
    known = data.live.now()
    grid, waiting = data.home(known)
    month = next((month for month in grid.months if month.period == period), grid.latest_heard())
    if waiting and person.may("validator"):
        data.warm_up()
    return desk_page(
        request,
        person,
        "home.html",
        section="home",
        grid=grid,
        month=month,
        waiting=waiting,
    )
