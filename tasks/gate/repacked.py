"""The XML parts of a workbook put together again as they were checked, so that what is parsed is what passed the gate.

They are stored unpacked, which spares the next reader the unpacking. The merged ranges of a sheet stand in front of
its cells there: calamine reads each sheet once for its cells and once more for these, up to the first that it meets.
"""

import io
import re
import zipfile

from tasks.gate.sightings import USUAL_START

_CELLS, _CELLS_END, _MERGED_NAME = b"<sheetData", b"</sheetData>", b"mergeCells"
_MERGED = re.compile(rb"<mergeCells[\s>].*?</mergeCells>", re.DOTALL)
_NONE_MERGED = b"<mergeCells></mergeCells>"


class Repacked:
    """Gathers the parts of an .xlsx while they stream by; `content` gives the new archive, once."""

    def __init__(self) -> None:
        self._parts: dict[str, list[bytes]] = {}

    def start(self, name: str, size: int) -> None:
        self._pieces = self._parts[name] = []

    def feed(self, piece: bytes, text: bytes) -> None:
        self._pieces.append(piece)

    def finish(self) -> None:
        pass

    def content(self) -> bytes:
        """The archive."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            while self._parts:  # each is let go when it is written
                name, pieces = self._parts.popitem()
                with archive.open(name, "w") as part:
                    part.writelines(_merged_first(pieces))
        return buffer.getvalue()


def _merged_first(pieces: list[bytes]) -> list[bytes]:
    """The same part; of a sheet as usual programs write it, with its merged ranges once more in front of the cells."""
    first, last = pieces[0], b"".join(pieces[-2:])
    root, cells, end = USUAL_START.match(first), first.find(_CELLS), last.rfind(_CELLS_END)
    if root is None or cells < 0 or end < 0 or _MERGED_NAME in first[:cells]:
        return pieces
    merged = _MERGED.search(last, end)
    if merged is None and _MERGED_NAME in last[end:]:
        return pieces
    return [first[: root.end()], merged[0] if merged else _NONE_MERGED, first[root.end() :], *pieces[1:]]
