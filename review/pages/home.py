"""The first page: what waits for a person, and the months at a glance."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from review.access.person import Viewer
from review.data import data_of
from review.pages.common import desk_page

router = APIRouter()


@router.get("/")
def home(request: Request, person: Viewer, period: str = "") -> Response:
    """`period` (YYYY-MM) is the month whose numbers stand on top; the last one that has begun where it is left out."""
    data = data_of(request)
    known = data.live.now()
    grid, waiting = data.home(known)
    begun = [month for month in grid.months if month.period <= f"{data.today():%Y-%m}"] or list(grid.months[-1:])
    month = next((month for month in grid.months if month.period == period), begun[0])
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
