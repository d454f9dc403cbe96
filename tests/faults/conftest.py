"""For faults of the machine: a warm process that does the work, data roots to begin with, and real small disks."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from disturbed import Victim, begun_roots, copied
from filelock import FileLock

Mount = Callable[..., Path]


@pytest.fixture(scope="session")
def victim() -> Iterator[Victim]:
    one = Victim()
    yield one
    one.end()


@pytest.fixture(scope="session")
def roots(victim: Victim, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Data roots to begin with (disturbed.begun_roots), made once. For reading only: copy before changing."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "begun-roots"
    names = ("received", "judged", "published", "accepted", "twice")
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "made").exists():
            begun_roots(victim, folder)
            (folder / "made").touch()
    return {name: folder / name for name in names}


@pytest.fixture
def root(roots: dict[str, Path], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the data root that a test names by `begins`."""
    marker = request.node.get_closest_marker("begins")
    return copied(roots[marker.args[0] if marker else "received"], tmp_path / "data")


@pytest.fixture
def mount() -> Iterator[Mount]:
    """mount(target, *words of mount(8)) → target; taken away after the test."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount; run as root, this is tested")
    mounted: list[Path] = []

    def one(target: Path, *words: str) -> Path:
        target.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", *words, target], capture_output=True, text=True)
        assert done.returncode == 0, f"these tests need root and mount(8): {done.stderr}"
        if "remount" not in " ".join(words):
            mounted.append(target)
        return target

    yield one
    for target in reversed(mounted):
        subprocess.run(["umount", "--lazy", target], check=True)
