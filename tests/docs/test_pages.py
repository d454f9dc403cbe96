"""What the pages say of commands, files, dependencies and rooms is there; what is generated is up to date."""

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli import app

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
PAGES = [REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))]
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The headings of a page as its reader links to them."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_exists(page: Path) -> None:
    for command, rest in re.findall(r"\bgiamngheo ([a-z]+)([^\n`]*)", text_of(page)):
        assert command in COMMANDS, command
        own = getattr(COMMANDS[command], "commands", {})  # of a group, such as `user add`
        parameters = [*COMMANDS[command].params, *(one for below in own.values() for one in below.params)]
        known = {option for parameter in parameters for option in [*parameter.opts, *parameter.secondary_opts]}
        used = re.findall(r"(?<=\s)--[a-z-]+", rest.partition("#")[0].partition('"')[0])
        assert set(used) <= known | {"--help"}, f"giamngheo {command}{rest}"


def test_the_validators_page_shows_every_decision() -> None:
    decisions = {"return", "waive", "accept", "withdraw", "reopen", "excuse", "close", "rejudge"}
    shown = set(re.findall(r"^giamngheo ([a-z]+)", text_of(DOCS / "validator.md"), flags=re.MULTILINE))
    assert decisions <= shown


def test_each_direct_dependency_has_a_line_and_no_other_has() -> None:
    asked = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["dev"]]
    names = [re.split(r"[^A-Za-z0-9-]", requirement)[0] for requirement in asked]
    described = re.findall(r"^\| `([^`]+)` \| \S.*\|$", text_of(DOCS / "dependencies.md"), flags=re.MULTILINE)
    assert sorted(described) == sorted(names)


def test_each_room_has_a_line_in_the_table_of_rooms() -> None:
    rooms = re.findall(r"^\| `(\w+)/` \|", text_of(DOCS / "architecture.md"), flags=re.MULTILINE)
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) <= set(rooms)


def generator() -> Any:
    specification = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_what_is_generated_is_up_to_date() -> None:
    generate = generator()
    for name in generate.PAGES:
        text = text_of(DOCS / name)
        assert generate.generated(name, text) == text, f"{name} is not as generated: python docs/generate.py"


def test_a_page_without_its_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="no mark"):
        generator().generated("fields.md", "# Fields")
