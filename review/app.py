"""The desk as an application: guards outermost, then the pages."""

import hashlib

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from review import audit, decisions, static_files
from review.access import account, sign_in, users_page
from review.access.csrf import require_form_token
from review.access.headers import BodyLimit, SecurityHeaders
from review.access.sessions import Limits
from review.access.tickets import Tickets, signing_key
from review.data import DeskData
from review.errors import Faults, install_handlers
from review.pages import changes, downloads, home, record, sheet, submission
from review.store import Desk
from settings import Settings

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def create_app(settings: Settings) -> FastAPI:
    """The desk of a data root. `app.state` holds `settings`, `desk` (its own database) and `limits` of sessions."""
    names = [name.strip() for name in settings.review_names.split(",") if name.strip()]
    key = signing_key(settings.data)
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(require_form_token)],
        middleware=[
            Middleware(SecurityHeaders),
            # A name that an attacker's server gives to this address is none of ours (DNS rebinding).
            Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK_NAMES, *names], www_redirect=False),
            Middleware(Tickets, key=key, secure=bool(settings.review_proxy)),
            *_oidc_middleware(settings, key),
            Middleware(Faults),
            Middleware(BodyLimit),
        ],
    )
    app.state.settings = settings
    app.state.desk = Desk(settings.data)
    app.state.data = DeskData(settings)
    app.router.add_event_handler("shutdown", app.state.data.close)
    app.router.add_event_handler("shutdown", app.state.desk.close)
    app.state.limits = Limits(settings.review_idle_minutes * 60, settings.review_session_hours * 3600)
    install_handlers(app)
    access = (static_files, sign_in, account, users_page, audit, decisions)
    for module in (*access, home, submission, sheet, changes, record, downloads):
        app.include_router(module.router)
    if settings.oidc_issuer:
        from review.access.oidc import register  # Authlib, which most desks never need

        register(app, settings)
    return app


def _oidc_middleware(settings: Settings, key: bytes) -> list[Middleware]:
    """A second, short-lived cookie that knows the way back from the issuer."""
    if not settings.oidc_issuer:
        return []
    from starlette.middleware.sessions import SessionMiddleware

    from review.access import oidc

    return [
        Middleware(
            SessionMiddleware,
            secret_key=hashlib.sha256(b"oidc|" + key).hexdigest(),
            session_cookie=oidc.COOKIE,
            path=oidc.PATH,
            max_age=oidc.LONGEST_SECONDS,
            same_site="lax",
            https_only=bool(settings.review_proxy),
        )
    ]
