"""What goes wrong ends as a page with one sentence and a way on."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from errors import ProgramFault, SystemFault
from review.access.csrf import Forged
from review.access.person import NotAdmitted, NotSignedIn, Person
from review.render import language_of, page, words
from tasks.fault_words import as_ours
from telemetry.record import record_of, tell_fault


def error_page(request: Request, status: int, message: str = "", key: str = "") -> HTMLResponse:
    """The page for a status; `message` in place of the sentence that words.csv has for the key or status."""
    person: Person | None = getattr(request.state, "person", None)
    key = key or f"error_{status}"
    known = key if key in words()["vi"] else "error_500" if status >= 500 else "error_404"
    return page(request, person, "error.html", status_code=status, status=status, message=message, key=known)


def fault_page(request: Request, fault: BaseException) -> HTMLResponse:
    """What happened, as far as it is known, and the number of the log's record; never the exception's own words."""
    language = language_of(request)
    said = words()[language]
    ours = as_ours(fault)
    # What to do is for who runs the system; a validator passes it on.
    message = said["error_program" if isinstance(ours, ProgramFault) else "error_500"]
    if not isinstance(ours, ProgramFault):
        message = f"{message} {ours.sentence(language, again=said['error_again'])}"
    if record := record_of(fault):
        message = f"{message} {said['error_record'].replace('{record}', record)}"
    return error_page(request, 500, message)


def install_handlers(app: FastAPI) -> None:
    """Every fault that a route may raise on purpose, and its page."""

    @app.exception_handler(NotSignedIn)
    def _not_signed_in(request: Request, _: Exception) -> Response:
        # A form that was posted is lost with the session; its page is where to begin again.
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.headers.get("HX-Request") == "true":
            return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
        return RedirectResponse(f"/sign-in?next={quote(here if request.method == 'GET' else '/')}", 303)

    @app.exception_handler(NotAdmitted)
    def _not_admitted(request: Request, _: Exception) -> Response:
        return error_page(request, 403)

    @app.exception_handler(Forged)
    def _forged(request: Request, _: Exception) -> Response:
        return error_page(request, 403, key="error_forged")

    @app.exception_handler(HTTPException)
    def _http(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)
        return error_page(request, fault.status_code)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, _: Exception) -> Response:
        return error_page(request, 422)


class CutOff(SystemFault):
    """An answer ended in the middle; the log says why."""

    def __init__(self, record: str | None) -> None:
        super().__init__(
            f"an answer ended in the middle (record {record})",
            "trang bị đứt giữa chừng",
            "look for the record in logs/giamngheo.jsonl",
            "tìm bản ghi trong logs/giamngheo.jsonl",
        )


class Faults:
    """Catches what nobody expected: logged without the words of the fault, which may quote personal data."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noting_send)
        except Exception as fault:
            tell_fault("desk.failed", fault, method=scope.get("method"), page=_page(scope))
            if begun or scope["type"] != "http":
                # The server would log the fault with all that it says.
                raise CutOff(record_of(fault)) from None
            await fault_page(Request(scope, receive), fault)(scope, receive, send)


def _page(scope: Scope) -> str | None:
    """The pattern of the address, `/submissions/{submission_id}`; what stands in an address may be a search."""
    return getattr(scope.get("route"), "path", None)
