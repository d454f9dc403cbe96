"""The metrics over HTTP, for a Prometheus on the same machine."""

import contextlib
from collections.abc import Callable
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from settings import Settings
from watch.metrics import registry_of


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody needs a line for each scrape."""


def serve_metrics(settings: Settings, tell: Callable[[str], None]) -> None:
    """Serve until stopped; `tell` is given the address once it can be asked. Raises OSError (the port is taken)."""
    app = make_wsgi_app(registry_of(settings))
    host, port = settings.metrics_host, settings.metrics_port
    with make_server(host, port, app, ThreadingWSGIServer, handler_class=_Quiet) as server:
        tell(f"http://{host}:{server.server_port}/metrics")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
