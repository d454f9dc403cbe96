"""What the log is told while a test runs, whoever has set it up before."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from telemetry.record import LOGGER


class _Kept(logging.Handler):
    def __init__(self, told: list[dict[str, Any]]) -> None:
        super().__init__()
        self.told = told

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append({"level": record.levelname, **record.__dict__["giamngheo_fields"]})


@contextlib.contextmanager
def telling(*families: str) -> Iterator[list[dict[str, Any]]]:
    """The records with their level and fields, of the families asked for (`notice`, `run`) or of all."""
    log, told = logging.getLogger(LOGGER), []  # type: ignore[var-annotated]
    kept, level = _Kept(told), log.level
    kept.addFilter(lambda record: not families or record.getMessage().partition(".")[0] in families)
    log.addHandler(kept)
    log.setLevel(logging.INFO)
    try:
        yield told
    finally:
        log.removeHandler(kept)
        log.setLevel(level)
