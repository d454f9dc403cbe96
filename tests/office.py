"""The real LibreOffice, for tests: what a person at a district or the province would see."""

import subprocess
from pathlib import Path

# Always calculate anew when a workbook is opened, whatever program wrote it.
_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""


def convert(path: Path, to: str) -> Path:
    """Have LibreOffice open a file, calculate it anew and save it as another type, with a profile of its own.

    `to` is an extension, or extension:filter.
    """
    out, profile = path.parent / "converted", path.parent / "profile"
    settings = profile / "user" / "registrymodifications.xcu"
    if not settings.exists():
        settings.parent.mkdir(parents=True)
        settings.write_text(_RECALCULATE, encoding="utf-8")
    installation = f"-env:UserInstallation={profile.as_uri()}"
    command = ["soffice", installation, "--headless", "--convert-to", to, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return out / f"{path.stem}.{to.partition(':')[0]}"
