"""The real LibreOffice, which saves workbooks in other formats."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

# It recalculates what it opens: texts that it has not calculated itself it saves as 0 in .xls.
_CALCULATES = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""


class Office:
    """LibreOffice with a profile of its own in `folder`, where what it makes goes too."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("soffice")
        if program is None:
            pytest.fail("LibreOffice is needed: apt-get install libreoffice-calc")
        self._program, self._folder = program, folder
        self._runs = 0
        (folder / "profile" / "user").mkdir(parents=True)
        (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_CALCULATES, encoding="utf-8")

    def save_as(self, workbooks: Sequence[bytes], to: str, suffix: str = "xlsx") -> list[bytes]:
        """Every workbook as LibreOffice saves it; one start of the program serves all.

        `to` is an extension, or one with a filter behind a colon; `suffix` the extension of what is given.
        """
        self._runs += 1
        folder = self._folder / str(self._runs)
        folder.mkdir()
        files = [folder / f"{number}.{suffix}" for number in range(len(workbooks))]
        for file, content in zip(files, workbooks, strict=True):
            file.write_bytes(content)
        profile = f"-env:UserInstallation={(self._folder / 'profile').as_uri()}"
        command = [self._program, profile, "--headless", "--convert-to", to, "--outdir", str(folder / "out")]
        subprocess.run([*command, *map(str, files)], check=True, capture_output=True, timeout=180)
        return [(folder / "out" / f"{file.stem}.{to.partition(':')[0]}").read_bytes() for file in files]


def convert(path: Path, to: str) -> Path:
    """One file calculated anew and saved as another type, in the folder `converted` beside it. `to` as above."""
    out = path.parent / "converted" / f"{path.stem}.{to.partition(':')[0]}"
    out.parent.mkdir(exist_ok=True)
    office = Office(path.parent / "office" / out.name)
    out.write_bytes(office.save_as([path.read_bytes()], to, path.suffix.removeprefix("."))[0])
    return out
