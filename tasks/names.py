"""Names of files: those that others chose, made safe to show; what no office sends; what was received."""

import re
import unicodedata
from pathlib import PurePath

MAX_LENGTH = 120
_KEPT_END = 30
# Control, format (bidi marks among them), half characters, private ones, line and paragraph separators.
_UNSHOWABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# What desktops, archivers, version control, spreadsheets and file systems leave in any folder, in lower case.
_CLUTTER = {
    ".gitkeep",
    ".gitignore",
    ".directory",
    ".ds_store",
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "lost+found",
    "$recycle.bin",
    "system volume information",
}
_CLUTTER_STARTS = ("~$", "._", ".~lock.", ".trash", ".nfs", ".fuse_hidden", ".spotlight-", ".fseventsd")
# Downloads and copies under way, links of Windows, and where Windows notes that a file came from the web.
_CLUTTER_ENDS = (".part", ".filepart", ".crdownload", ".tmp", ".lnk", ":zone.identifier")
_RECEIVED = re.compile(r"[0-9a-f]{64}")


def is_clutter(name: str) -> bool:
    """Whether a file or folder is none that anybody sends or keeps on purpose (contract, section 4).

    Such a name is no submission and no sign of data, in whatever folder it stands.
    """
    plain = name.casefold()
    return plain in _CLUTTER or plain.startswith(_CLUTTER_STARTS) or plain.endswith(_CLUTTER_ENDS)


def is_in_clutter(path: PurePath) -> bool:
    """Whether a path, seen from the folder that is looked at, is such a thing or lies in one."""
    return any(map(is_clutter, path.parts))


def is_received_name(name: str) -> bool:
    """Whether a file in `raw/` is a received one: named by the SHA-256 of its bytes."""
    return _RECEIVED.fullmatch(name) is not None


def shown_name(name: str) -> str:
    """A file's or member's name with "�" for what can't be shown or would reorder the line, and not over-long.

    Bytes that are no UTF-8 (which Python carries as lone surrogates) become "�" too.
    """
    shown = "".join("�" if unicodedata.category(letter) in _UNSHOWABLE else letter for letter in name)
    if len(shown) <= MAX_LENGTH:
        return shown
    return f"{shown[: MAX_LENGTH - _KEPT_END - 1]}…{shown[-_KEPT_END:]}"
