"""Office files are zips that remember when each part was written; a release has no clock."""

import io
import zipfile

_NO_TIME = (1980, 1, 1, 0, 0, 0)


def same_bytes(content: bytes) -> bytes:
    """The same zip with every part at one fixed time, so that equal parts make equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.infolist():
            part = zipfile.ZipInfo(entry.filename, _NO_TIME)
            part.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(part, source.read(entry))
    return buffer.getvalue()
