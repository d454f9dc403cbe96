"""Fuzz the readers: `python tests/fuzz/run.py` runs every target in turn, `… TARGET` one of them.

Inputs that were worth keeping stay in `.fuzz/TARGET/corpus`, so that the next session goes on from there. An input
that breaks a target is written to `.fuzz/TARGET/`; the way from there to a test is in docs/cookbook.md.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
WORKSHOP = ROOT / ".fuzz"
# The modules that each target's coverage is taken of. To prepare a module takes as long as to fuzz it for a moment.
WATCHED = {
    "gate": ("tasks.gate",),
    "xlsx": ("tasks.gate", "tasks.read"),
    "ods": ("tasks.gate", "tasks.read"),
    "xls": ("tasks.gate", "tasks.read"),
    "csv": ("tasks.read", "tasks.legacy_text"),
    "answer": ("tasks.annotate", "tasks.derive"),
    "cells": ("tasks.read", "tasks.cover"),
    "text": ("tasks.legacy_text",),
    "values": ("tasks.values", "tasks.read.columns"),
}
# Of one input. libFuzzer ends the process when it takes more.
SECONDS, MEGABYTES = 20, 2048
NOT_HERE = "atheris, which the fuzzers need, is made for Linux only: run them there, or leave it to the checks on Linux"
_WRONG_SYSTEM = 2


def main() -> int:
    if sys.platform != "linux":
        print(NOT_HERE, file=sys.stderr)
        return _WRONG_SYSTEM
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", choices=list(WATCHED), help="one target (default: all of them)")
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together")
    parser.add_argument("--runs", type=int, default=-1, help="inputs of each target at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=WORKSHOP, help="where inputs are kept")
    parser.add_argument("--again", type=Path, help="only run the target on this file")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.again:
        return _again(given.target, given.again)
    if given.here:
        fuzz(given.target, given.into / given.target, given.minutes, given.runs, given.seed)
    targets = [given.target] if given.target else list(WATCHED)
    # A fuzzer ends its process, and its imports are made again for what it watches.
    ends = {name: _apart(name, given, given.minutes / len(targets)) for name in targets}
    broken = [name for name, end in ends.items() if end]
    for name in broken:
        print(f"{name}: an input breaks it, see {given.into / name}", file=sys.stderr)
    return int(bool(broken))


def _again(name: str, path: Path) -> int:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from targets import LIMITS, TARGETS

    from tasks.gate import limits

    limits.current = LIMITS
    TARGETS[name].run(path.read_bytes())
    return 0


def _apart(name: str, given: argparse.Namespace, minutes: float) -> int:
    command = [sys.executable, __file__, name, "--here", "--into", str(given.into)]
    numbers = {"--minutes": minutes, "--runs": given.runs, "--seed": given.seed}
    command += [str(part) for pair in numbers.items() for part in pair]
    # The order of sets must not change what is drawn.
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0", "RUST_BACKTRACE": "0"}, check=False
    ).returncode


def fuzz(name: str, folder: Path, minutes: float, runs: int, seed: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    with atheris.instrument_imports(include=["tasks"], exclude=_unwatched(name), enable_loader_override=False):
        from targets import LIMITS, TARGETS
    import mutators

    from tasks.gate import limits

    limits.current = LIMITS

    target = TARGETS[name]
    corpus, first = folder / "corpus", folder / "seeds"
    for place in (corpus, first):
        place.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(target.seeds()):
        (first / str(number)).write_bytes(content)
    options = {
        "runs": runs,
        "max_total_time": max(1, round(minutes * 60)),
        "seed": seed,
        "timeout": SECONDS,
        "rss_limit_mb": MEGABYTES,
        "max_len": target.longest,
        # Inputs as long as the seeds from the start.
        "len_control": 0,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], *[f"-{key}={value}" for key, value in options.items()], str(corpus), str(first)]
    mutator = mutators.BY_NAME[target.mutator]
    atheris.Setup(arguments, target.run, custom_mutator=mutator(_mutate) if mutator else None)
    atheris.Fuzz()


def _unwatched(name: str) -> list[str]:
    """The modules of tasks whose coverage is of no use to a target."""
    files = (ROOT / "tasks").rglob("*.py")
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files]
    return [module for module in modules if not f"{module}.".startswith(tuple(f"{one}." for one in WATCHED[name]))]


def _mutate(content: bytes, most: int) -> bytes:
    import atheris

    # Looked up when it is called: atheris puts another in its place when fuzzing begins.
    return bytes(atheris.Mutate(content, most))


if __name__ == "__main__":
    sys.exit(main())
