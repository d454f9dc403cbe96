"""The unit, container and compose files in `deploy/`: read by systemd itself, and by checks of what we use.

No container engine runs here. Of the Dockerfile and the compose file it is checked that they are well formed, that they
name only what exists, and that no secret and no unpinned image stands in them; that they build is not.
"""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from settings import Settings

REPOSITORY = Path(__file__).resolve().parents[1]
DEPLOY = REPOSITORY / "deploy"
INSTALLED = "/opt/giamngheo"
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?")
INSTRUCTIONS = {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "USER", "VOLUME", "STOPSIGNAL", "CMD"}

DURATION = {"type": "string", "pattern": r"^\d+(s|m|h)$"}
HEALTHCHECK = {
    "type": "object",
    "required": ["test"],
    "additionalProperties": False,
    "properties": {
        "test": {"type": "array", "minItems": 2, "prefixItems": [{"const": "CMD"}], "items": {"type": "string"}},
        "interval": DURATION,
        "timeout": DURATION,
        "start_period": DURATION,
        "retries": {"type": "integer", "minimum": 1},
    },
}
WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
# What we use of the Compose Specification.
COMPOSE = {
    "type": "object",
    "required": ["name", "services", "volumes", "secrets"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$"},
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
        "secrets": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string"}},
            },
        },
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["image", "restart", "volumes", "healthcheck"],
                "additionalProperties": False,
                "properties": {
                    "image": {"type": "string"},
                    "build": {
                        "type": "object",
                        "required": ["context", "dockerfile"],
                        "additionalProperties": False,
                        "properties": {"context": {"type": "string"}, "dockerfile": {"type": "string"}},
                    },
                    "restart": {"enum": ["unless-stopped"]},
                    "user": {"type": "string", "pattern": r"^[1-9]\d*:[1-9]\d*$"},
                    "init": {"type": "boolean"},
                    "read_only": {"type": "boolean"},
                    "network_mode": {"enum": ["host"]},
                    "environment": {"type": "object", "additionalProperties": {"type": "string"}},
                    "env_file": WORDS,
                    "secrets": WORDS,
                    "volumes": WORDS,
                    "tmpfs": WORDS,
                    "cap_drop": {"const": ["ALL"]},
                    "security_opt": WORDS,
                    "stop_grace_period": DURATION,
                    "healthcheck": HEALTHCHECK,
                    # Only this machine may ask: nothing here listens to the network.
                    "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
                    "depends_on": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "required": ["condition"],
                            "additionalProperties": False,
                            "properties": {"condition": {"enum": ["service_healthy", "service_started"]}},
                        },
                    },
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unit files as they are after installing, with this checkout as the place of the code.

    By a link: the place of an installation has no blanks, that of a checkout may.
    """
    folder = tmp_path_factory.mktemp("units")
    place = tmp_path_factory.mktemp("installed") / "giamngheo"
    place.symlink_to(REPOSITORY)
    for unit in (DEPLOY / "systemd").iterdir():
        (folder / unit.name).write_text(unit.read_text().replace(INSTALLED, str(place)))
    # A template is checked as one of its instances.
    (folder / "giamngheo@ingest.service").write_text((folder / "giamngheo@.service").read_text())
    return folder


def analyze(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *files], capture_output=True, text=True
    )


@pytest.mark.parametrize("name", sorted(path.name for path in (DEPLOY / "systemd").iterdir() if "@" not in path.name))
def test_systemd_finds_nothing_wrong(units: Path, name: str) -> None:
    done = analyze(units / name, units / "giamngheo@ingest.service")
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_have_found_it(units: Path, tmp_path: Path) -> None:
    text = (units / "giamngheo.service").read_text()
    for fault, words in (
        (text.replace("RestartSec=30", "RestartSec=soon"), "Failed to parse sec value"),
        (text.replace("/bin/giamngheo up", "/bin/giam-ngheo up"), "is not executable"),
    ):
        (tmp_path / "giamngheo.service").write_text(fault)
        assert words in analyze(tmp_path / "giamngheo.service").stderr


def test_no_schedule_names_a_day_of_the_month() -> None:
    """When a month is due stands in the settings alone."""
    prefect = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    crons = [schedule["cron"] for one in prefect for schedule in one["schedules"]]
    told = (REPOSITORY / "docs" / "data-team.md").read_text(encoding="utf-8")
    crons += re.findall(r"^(\S+ \S+ \S+ \S+ \S+) +cd /path/to/giamngheo", told, re.MULTILINE)
    assert len(crons) >= len(prefect) + 2
    assert {cron.split()[2] for cron in crons} == {"*"}
    timers = [path.read_text() for path in (DEPLOY / "systemd").glob("*.timer")]
    days = [re.search(r"^OnCalendar=(?:\w{3} )?(\S+) ", text, re.MULTILINE) for text in timers]
    assert {day[1] for day in days if day} == {"*-*-*"} and all(days)


def test_timers_start_commands_that_exist() -> None:
    for path in (DEPLOY / "systemd").glob("*.timer"):
        (command,) = re.findall(r"^Unit=giamngheo@(.+)\.service$", path.read_text(), re.MULTILINE)
        done = subprocess.run([REPOSITORY / ".venv" / "bin" / "giamngheo", command, "--help"], capture_output=True)
        assert done.returncode == 0, command


def test_there_is_time_for_a_run_at_work_to_end() -> None:
    allowed = Settings.model_fields["stop_seconds"].default
    unit = (DEPLOY / "systemd" / "giamngheo.service").read_text()
    assert seconds(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) > allowed  # type: ignore[index]
    assert seconds(compose()["services"]["app"]["stop_grace_period"].removesuffix("s")) > allowed


def seconds(text: str) -> int:
    return int(text)


def test_the_image_is_pinned_runs_as_nobody_special_and_copies_what_exists() -> None:
    steps = dockerfile()
    assert {instruction for instruction, _ in steps} <= INSTRUCTIONS
    assert steps[0][0] == "FROM"
    assert PINNED.fullmatch(steps[0][1])
    for instruction, words in steps:
        if instruction == "COPY":
            *sources, _ = words.split()
            assert all((REPOSITORY / source).exists() for source in sources)
        if instruction == "RUN":
            for command in words.split("&&"):
                program, *arguments = shlex.split(command)
                assert program in ("apt-get", "rm", "useradd", "install", "make")
                if program == "make":
                    assert make_knows(*arguments)
    at_the_end = dict(steps)
    assert at_the_end["USER"] == "giamngheo"
    program, *_ = json.loads(at_the_end["CMD"])
    assert f'{program} = "cli:main"' in (REPOSITORY / "pyproject.toml").read_text()


def test_the_user_of_the_image_is_the_user_of_the_service() -> None:
    (created,) = [words for instruction, words in dockerfile() if "useradd" in words]
    number = re.search(r"--uid (\d+)", created)
    assert number
    assert compose()["services"]["app"]["user"] == f"{number[1]}:{number[1]}"


def test_what_make_does_not_know_would_be_found() -> None:
    assert make_knows(".venv/.ready")
    assert not make_knows("nothing-of-the-kind")


def test_the_compose_file_is_well_formed_and_names_what_exists() -> None:
    found = compose()
    jsonschema.Draft202012Validator.check_schema(COMPOSE)
    jsonschema.validate(found, COMPOSE)
    for service in found["services"].values():
        assert "build" in service or PINNED.fullmatch(service["image"])
        assert set(service.get("secrets", [])) <= set(found["secrets"])
        assert set(service.get("depends_on", {})) <= set(found["services"])
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in found["volumes"] or source.startswith("${") or (DEPLOY / source).exists()
    build = found["services"]["app"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    compile(found["services"]["app"]["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_no_secret_is_in_the_repository_or_the_image() -> None:
    """Passwords come from files beside the compose file, which neither git nor the image takes."""
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    left_out = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    found = compose()
    for name in [*found["services"]["app"]["env_file"], found["secrets"]["postgresql_password"]["file"]]:
        path = (DEPLOY / name).relative_to(REPOSITORY).as_posix()
        assert f"/{path}" in ignored
        assert path in left_out or path.endswith(".env")
    assert {"data", ".env", "**/*.env", ".git"} <= set(left_out)
    values = [value for service in found["services"].values() for value in service.get("environment", {}).items()]
    assert [name for name, _ in values if "PASSWORD" in name and not name.endswith("_FILE")] == []


def test_the_settings_of_the_example_exist() -> None:
    lines = (DEPLOY / "giamngheo.env.example").read_text().splitlines()
    names = {line.split("=")[0] for line in lines if line and not line.startswith("#")}
    assert names <= {f"GIAMNGHEO_{name.upper()}" for name in Settings.model_fields}


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def dockerfile() -> list[tuple[str, str]]:
    """Its instructions in order, continued lines put together, comments left out."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line.strip()]
    return [(instruction, words) for instruction, words in steps]


def make_knows(*targets: str) -> bool:
    return subprocess.run(["make", "-n", *targets], cwd=REPOSITORY, capture_output=True).returncode == 0
