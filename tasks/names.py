"""Names that others chose, made safe to show: in messages, tables, notes, JSON and the ledger."""

import unicodedata

MAX_LENGTH = 120
_KEPT_END = 30
# Control, format (bidi marks among them), half characters, private ones, line and paragraph separators.
_UNSHOWABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown_name(name: str) -> str:
    """A file's or member's name with "�" for what can't be shown or would reorder the line, and not over-long.

    Bytes that are no UTF-8 (which Python carries as lone surrogates) become "�" too.
    """
    shown = "".join("�" if unicodedata.category(letter) in _UNSHOWABLE else letter for letter in name)
    if len(shown) <= MAX_LENGTH:
        return shown
    return f"{shown[: MAX_LENGTH - _KEPT_END - 1]}…{shown[-_KEPT_END:]}"
