"""The desk as a server on this machine."""

import contextlib
import ipaddress
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from errors import Refused
from review.app import create_app
from settings import Settings


class NotLoopback(Refused):
    """The desk would be open to the network without encryption; it was not started."""

    usual_do_vi = "đặt một máy chủ TLS phía trước (GIAMNGHEO_REVIEW_PROXY), xem docs/desk.md"
    usual_do_en = "put a TLS server in front of it (GIAMNGHEO_REVIEW_PROXY), see docs/desk.md"

    def __init__(self, host: str) -> None:
        super().__init__(f"không mở bàn thẩm định ở {host}: sẽ không được mã hoá ngoài máy này")


def serve(settings: Settings, port: int, open_browser: bool, tell: Callable[[str], None]) -> None:
    """Serve until stopped (Ctrl+C); `tell` is given the address once it can be asked.

    Raises NotLoopback, OSError (the port is taken).
    """
    host = settings.review_host
    if not settings.review_proxy and not _is_loopback(host):
        raise NotLoopback(host)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        # An address may carry what somebody searched for: a name, an ID number.
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.review_proxy),
        forwarded_allow_ips=settings.review_proxy or None,
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}/"
        tell(address)
        if open_browser:
            # A browser in the terminal would hold the desk up that it waits for.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
