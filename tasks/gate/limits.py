"""How much a received file may hold. The settings give the two that an operator may want to change."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What passes the gate at most; a month of the largest district needs a tenth of it."""

    file_megabytes: int = 100
    cells: int = 6_000_000
    entries: int = 2000
    unpacked_bytes: int = 600 * MEGABYTE
    # A workbook of more is read from the sender's archive, part after part.
    kept_bytes: int = 64 * MEGABYTE
    shared_strings_bytes: int = 200 * MEGABYTE
    ratio: int = 100
    # Small members may shrink as they like: a megabyte of blanks harms nobody.
    ratio_counts_from_bytes: int = MEGABYTE


# A child process sets these once from the settings, before it opens anything.
current = Limits()
