"""From a template to a page: escaped, in the reader's language, with the reader's form token."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from labels.table import SEVERITIES, STATES, TIMELINESS, Words
from review.access.person import Person
from review.access.tickets import form_token
from review.static_files import asset_url
from tasks.words import number_vi

HERE = Path(__file__).parent
LANGUAGES = ("vi", "en")
LANGUAGE_COOKIE = "giamngheo_language"


@cache
def words() -> dict[str, dict[str, str]]:
    """Language → key → text: `words.csv` has those of signing in and deciding, `words_pages.csv` those of reading.

    States, severities and timeliness come of the table that every output has them from, by the keys `state_held`,
    `severity_critical`, `timeliness_late`. What waits begins with its state.
    """
    found: dict[str, Words] = {}
    for name in ("words.csv", "words_pages.csv"):
        with open(HERE / name, encoding="utf-8", newline="") as file:
            found |= {row["key"]: Words(row["vi"], row["en"]) for row in csv.DictReader(file)}
    for state, label in STATES.items():
        found[f"state_{state}"] = begins = label.first_upper()
        if after := found.get(f"waits_{state}"):
            found[f"waits_{state}"] = Words(f"{begins.vi}: {after.vi}", f"{begins.en}: {after.en}")
    found |= {f"timeliness_{code}": label.first_upper() for code, label in TIMELINESS.items()}
    found |= {f"severity_{code}": label for code, label in SEVERITIES.items()}
    return {language: {key: one.of(language) for key, one in found.items()} for language in LANGUAGES}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = number_vi
    made.globals["asset"] = asset_url
    return made


def language_of(request: Request) -> str:
    """Vietnamese, unless the reader chose English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, LANGUAGES[0])
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def page(
    request: Request, person: Person | None, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A template as an answer. Besides `context` it knows person, lang, path, csrf_token, t(key), asset(name) and the
    filter number. Raises KeyError for a word that words.csv lacks, UndefinedError for a value that nobody gave.
    """
    language = language_of(request)
    html = (
        _environment()
        .get_template(template)
        .render(
            person=person,
            lang=language,
            # What answers a form can't be asked for again by its address.
            path=request.url.path if request.method == "GET" else "/",
            csrf_token=form_token(request),
            t=words()[language].__getitem__,
            **context,
        )
    )
    return HTMLResponse(html, status_code)
