"""What the validation hands on."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Failure:
    """One expectation that some rows of one frame do not meet.

    `positions` are the places of these rows in the frame, all of them. `meta` is the expectation's own
    (see `expectations.common.meta`).
    """

    frame: str
    meta: dict[str, Any]
    positions: list[int]
