"""Signing in through the province's own directory (OpenID Connect), where the settings name an issuer.

Authlib does the protocol: discovery, code with PKCE, state, nonce, and the ID token's signature. Whom it names is
admitted if an administrator made that user before, or if a claim gives a role.
"""

import ipaddress
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool

from errors import Refused
from review.access.person import own_path
from review.access.sign_in import admit, sign_in_form
from review.access.users import DIRECTORY, ROLES, NotAUser, User, add_user, find_user, set_role
from review.store import Desk
from settings import Settings
from telemetry.faults import kind_of
from telemetry.record import tell

COOKIE, PATH = "giamngheo_oidc", "/sign-in/oidc"
# Between leaving for the issuer and coming back.
LONGEST_SECONDS = 600
_TIMEOUT_SECONDS = 10

router = APIRouter(prefix=PATH)


class Misconfigured(Refused):
    """The settings of OpenID Connect can't work, or would not be safe; says which."""

    usual_do_vi = "xem docs/desk.md"
    usual_do_en = "see docs/desk.md"

    def __init__(self, names: str) -> None:
        super().__init__(f"chưa mở bàn thẩm định: thiết đặt OpenID Connect không dùng được ({names})")


def register(app: FastAPI, settings: Settings) -> None:
    """Make the issuer known to the application. Raises Misconfigured."""
    issuer = urlsplit(settings.oidc_issuer)
    if issuer.scheme != "https" and not (issuer.scheme == "http" and _is_loopback(issuer.hostname)):
        raise Misconfigured("GIAMNGHEO_OIDC_ISSUER")
    if not settings.oidc_client_id or not settings.oidc_client_secret:
        raise Misconfigured("GIAMNGHEO_OIDC_CLIENT_ID, GIAMNGHEO_OIDC_CLIENT_SECRET")
    if not set(_mapping(settings).values()) <= set(ROLES):
        raise Misconfigured("GIAMNGHEO_OIDC_ROLES")
    oauth = OAuth()
    app.state.oidc = oauth.register(
        "desk",
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": _TIMEOUT_SECONDS},
    )
    app.include_router(router)


@router.get("")
async def leave(request: Request, next: str = "/") -> Response:
    """Off to the issuer. A link, not a form: the policy lets forms go nowhere else."""
    request.session["next"] = own_path(next)
    try:
        answer: Response = await request.app.state.oidc.authorize_redirect(request, f"{_origin(request)}{PATH}/back")
    except (httpx.HTTPError, OAuthError, ValueError, RuntimeError, KeyError) as fault:
        return await _refused(request, fault)
    return answer


@router.get("/back")
async def come_back(request: Request) -> Response:
    settings: Settings = request.app.state.settings
    expected = {
        "iss": {"essential": True, "values": [settings.oidc_issuer, settings.oidc_issuer.rstrip("/")]},
        "aud": {"essential": True, "value": settings.oidc_client_id},
    }
    onward = own_path(str(request.session.pop("next", "/")))
    try:
        token = await request.app.state.oidc.authorize_access_token(request, claims_options=expected)
        claims = token.get("userinfo")
        if not claims:
            raise OAuthError("no ID token")
        user = await run_in_threadpool(admitted_user, request.app.state.desk, settings, claims)
    except (httpx.HTTPError, OAuthError, JoseError, NotAUser, ValueError, RuntimeError, KeyError) as fault:
        return await _refused(request, fault)
    return await run_in_threadpool(admit, request, user, onward, DIRECTORY)


def admitted_user(desk: Desk, settings: Settings, claims: Mapping[str, Any]) -> User:
    """The user whom an ID token's claims name. With a role claim, unknown ones are made and the role is kept up.

    Raises NotAUser for who is not admitted.
    """
    name = claims.get(settings.oidc_name_claim)
    if not isinstance(name, str):
        raise NotAUser(f"thông tin đăng nhập không có {settings.oidc_name_claim}")
    user = find_user(desk, name)
    if user is not None and user.disabled:
        raise NotAUser("tài khoản đã khoá")
    if not settings.oidc_role_claim:
        if user is None:
            raise NotAUser("chưa có tài khoản này")
        return user
    role = _role(settings, claims.get(settings.oidc_role_claim))
    if user is None:
        return add_user(desk, name, role, None, by=DIRECTORY)
    if user.role != role:
        set_role(desk, user.name, role, by=DIRECTORY)
    return user


def _role(settings: Settings, claimed: object) -> str:
    """The highest role that the claim's value, or one of its values, stands for. Raises NotAUser for none."""
    values = claimed if isinstance(claimed, list) else [claimed]
    mapping = _mapping(settings)
    roles = [mapping[value] for value in values if isinstance(value, str) and value in mapping]
    if not roles:
        raise NotAUser("thông tin đăng nhập không nói vai trò")
    return max(roles, key=ROLES.index)


def _mapping(settings: Settings) -> dict[str, str]:
    """Value of the role claim → role."""
    if not settings.oidc_roles:
        return {role: role for role in ROLES}
    pairs = [pair.rpartition("=") for pair in settings.oidc_roles.split(",") if pair.strip()]
    return {value.strip(): role.strip() for value, _, role in pairs}


async def _refused(request: Request, fault: Exception) -> Response:
    # The words of the fault may quote the token.
    tell("desk.sign_in_refused", logging.WARNING, way="OpenID Connect", fault=kind_of(fault))
    return sign_in_form(request, "/", "", 401, elsewhere_refused=True)


def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
