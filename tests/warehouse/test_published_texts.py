"""What a release says in words is fit to publish: no working note, no remark to ourselves, no path of the house."""

import unicodedata
from pathlib import Path

import duckdb
import pytest
from published_texts import WORKING_NOTES, is_prose, of_release, of_warehouse

from plan.reference import table


@pytest.fixture(scope="module")
def texts(sample_year: Path) -> list[tuple[tuple[str, str], str]]:
    """Every different text of the sample year's release."""
    return list(dict.fromkeys(of_release((sample_year / "warehouse" / "current").resolve())))


def test_no_text_of_a_release_is_a_working_note(texts: list[tuple[tuple[str, str], str]]) -> None:
    found = [(place, text[:120]) for place, text in texts if WORKING_NOTES.search(text)]
    assert found == []


def test_every_part_of_the_release_was_read(texts: list[tuple[tuple[str, str], str]]) -> None:
    files = {place[0] for place, _ in texts}
    assert {"comment", "core.deprivation", "mart.plan_check", "report.html", "report.xlsx", "report.docx"} <= files
    assert {"public/datapackage.json", "tables/datapackage.json", "public/core.inconsistency.csv"} <= files
    assert any(name.endswith(".xml") and "sdmx" in name for name in files)


def test_every_text_is_written_in_letters_that_print(texts: list[tuple[tuple[str, str], str]]) -> None:
    """Composed Vietnamese, and no control or private sign."""
    for place, text in texts:
        assert unicodedata.is_normalized("NFC", text), (place, text[:80])
        assert not [sign for sign in text if unicodedata.category(sign) in ("Cc", "Co", "Cs") and sign not in "\n\r\t"]


def test_every_text_of_a_table_is_whole(texts: list[tuple[tuple[str, str], str]]) -> None:
    """It begins with a word, a number or a quotation, ends without a blank, and closes what it opens."""
    tables = [(place, text) for place, text in texts if place[0].startswith(("core.", "mart.")) and is_prose(text)]
    assert len(tables) > 300
    for place, text in tables:
        assert text[0].isalnum() or text[0] in '"“…', (place, text)
        assert text == text.strip(), (place, text)
        assert text.count("(") == text.count(")"), (place, text)
        assert text.count('"') % 2 == 0, (place, text)


@pytest.mark.parametrize(
    "note",
    [
        "did not go for treatment [look-back 12 months - low confidence]",
        "recalled, verify",
        "explicit configurable rule; mark “unspecified”",
        "=> 2018 base 4.04",
        "183 hh / 0,50 pp",
        "S2: points and households disagree",
        "State of the slot (contract section 2)",
        "LP bounds",
        "sql/dictionary.csv",
    ],
)
def test_what_stood_there_is_a_working_note(note: str) -> None:
    assert WORKING_NOTES.search(note)


def test_no_working_note_of_the_plans_tables_gets_into_the_warehouse(story: Path) -> None:
    """The tables of the plan keep how sure their rows are; none of it is in the file that is built of them."""
    kept = {
        row[column]
        for name, column in (
            ("inconsistencies", "working_note"),
            ("deprivation_indicators", "evidence"),
            ("poverty_causes", "evidence"),
            ("classification_rules", "evidence"),
            ("special_areas", "confidence"),
        )
        for row in table(name)
    }
    assert len(kept) > 20
    assert [(place, text) for place, text in of_warehouse(story) if text in kept] == []


def test_what_the_plan_says_against_itself_is_told_in_both_languages(story: Path) -> None:
    with duckdb.connect(str(story), read_only=True) as connection:
        rows = connection.execute("select place, what, evidence, handling, place_vi, what_vi from core.inconsistency")
        for row in rows.fetchall():
            assert all(text and text[:1] not in " -=" for text in row)
        ids = connection.execute("select inconsistency_id from core.inconsistency").fetchall()
    # S12 is about the text as it was read, not about the plan.
    assert ("S12",) not in ids
    assert len(ids) == len(table("inconsistencies")) - 1
