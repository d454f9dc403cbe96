"""The sample year as `giamngheo demo` leaves it, made once for all test processes: it takes a minute and a half."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("giamngheo")


def run(root: Path, *words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """The command on a data root, as a user calls it. Fails unless it ends with `expect`, and on any traceback."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    done = subprocess.run(
        [COMMAND, *words],
        env=environment | {"GIAMNGHEO_DATA": str(root), "COLUMNS": "200", "GIAMNGHEO_SETTLE_SECONDS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done
