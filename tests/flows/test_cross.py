"""X04: the same ID number in two districts is flagged on both files, whichever came first."""

from pathlib import Path

import pytest
from small_district import a_household, a_month

from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from plan.reference import communes, period_end
from settings import Settings
from tasks.judgements import read_findings
from tasks.status import status_rows

SHARED = "096123456789"
OTHER = "973"


def a_file(district_code: str, id_number: str | None, **changes: str | None) -> object:
    commune = next(unit for unit in communes("2019-12", district_code) if unit.type == "xã")
    rows = [
        a_household(
            commune_code=commune.code, commune_name=commune.name, head_id_number=id_number, household_code="0001"
        )
        | changes
    ]
    return a_month(rows=rows, district_code=district_code)


def drop(settings: Settings, **files: object) -> IngestReport:
    settings.inbox.mkdir(parents=True, exist_ok=True)
    for name, month in files.items():
        write_workbook(settings.inbox / f"{name}.xlsx", month)  # type: ignore[arg-type]
    report = ingest(settings, DirectRunner())
    assert not report.faults
    return report


def rules_of(settings: Settings, report: IngestReport) -> dict[str, list[tuple[str, str | None, str | None]]]:
    return {
        one.file_name: [
            (row["rule"], row["cell"], row["value"])
            for row in read_findings(settings.judgements, report.state, one, settings.timezone).iter_rows(named=True)
        ]
        for one in report.state.submissions.values()
    }


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_both_are_flagged_in_either_order_and_both_are_accepted(tmp_path: Path, order: tuple[str, str]) -> None:
    settings = Settings(data=tmp_path, settle_seconds=0, readers=1)
    files = {"one": a_file("971", SHARED), "two": a_file(OTHER, SHARED)}
    for name in order:
        report = drop(settings, **{name: files[name]})

    assert {one.state for one in report.state.submissions.values()} == {"accepted"}
    assert rules_of(settings, report) == {"one.xlsx": [("X04", "I4", "•••")], "two.xlsx": [("X04", "I4", "•••")]}
    rows = status_rows(settings, report.state, period_end("2020-01"), "2019-12")
    assert [row["findings"]["warning"] for row in rows if row["state"] == "accepted"] == [1, 1]


def test_an_empty_or_another_number_is_not_flagged(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, settle_seconds=0, readers=1)
    report = drop(settings, one=a_file("971", SHARED), two=a_file(OTHER, "096123456780"), three=a_file("972", None))

    assert rules_of(settings, report) == {"one.xlsx": [], "two.xlsx": [], "three.xlsx": []}
