"""Styles and scripts, read once; a link carries the hash of the content, so browsers may keep it for good."""

import hashlib
import importlib.util
import mimetypes
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

HERE = Path(__file__).parent / "static"
router = APIRouter()


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    """Name → content and the first digits of its SHA-256. htmx comes from its own wheel."""
    files = {path.name: path.read_bytes() for path in HERE.iterdir() if not path.name.startswith(".")}
    # Looked up without importing it: the package around the script is for Django.
    wheel = importlib.util.find_spec("js_lib_htmx")
    assert wheel is not None
    assert wheel.origin is not None
    files["htmx.js"] = (Path(wheel.origin).parent / "static" / "htmx" / "htmx.min.js").read_bytes()
    return {name: (content, hashlib.sha256(content).hexdigest()[:16]) for name, content in files.items()}


def asset_url(name: str) -> str:
    """Where a file of `static/` is served. Raises KeyError for one that is not there."""
    return f"/static/{name}?v={_assets()[name][1]}"


@router.get("/static/{name}")
def static_file(request: Request, name: str, v: str = "") -> Response:
    if name not in _assets():
        raise HTTPException(404)
    content, digest = _assets()[name]
    kept = "public, max-age=31536000, immutable" if v == digest else "no-cache"
    headers = {"Cache-Control": kept, "ETag": f'"{digest}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=mimetypes.guess_type(name)[0], headers=headers)
