"""What is said of a target at the baseline, where nothing has changed and nothing of the plan's year is done."""

import datetime as dt
from typing import Any

from reports.verdicts import sentence

BASELINE = dt.date(2019, 12, 31)


def row(target: str, measure: str, basis: str, **values: Any) -> dict[str, Any]:
    return {"target": target, "measure": measure, "basis": basis, "status": "in_progress", **values}


def test_households_that_did_not_change_are_not_put_into_a_number() -> None:
    basis = "excluding_social_protection"
    level = row("poor_reduction", "percentage_points", basis, baseline=2.32, actual=2.32, change=0.0, target_value=0.5)
    about = row("poor_reduction", "households", basis, change=0.0, target_value=1693.0)
    said = sentence({**level, "remaining": 0.5, "achieved_pct": 0.0}, about, BASELINE)
    assert said.vi.endswith("; số hộ không đổi, kế hoạch ghi 1.693.")
    assert said.en.endswith("; households unchanged, where the plan prints 1,693.")
    fewer = sentence({**level, "remaining": 0.5, "achieved_pct": 0.0}, {**about, "change": -3.0}, BASELINE)
    assert "tương đương khoảng giảm 3 hộ" in fewer.vi


def test_jobs_of_the_year_before_do_not_stand_beside_the_target_as_if_they_counted() -> None:
    jobs = row("jobs", "persons", "all", actual=38_900.0, target_value=39_000.0, remaining=39_000.0, achieved_pct=None)
    said = sentence(jobs, None, BASELINE)
    assert "38.900 trong năm 2019; chỉ tiêu 39.000 chưa bắt đầu tính" in said.vi
    done = sentence({**jobs, "actual": 100.0, "remaining": 38_900.0, "achieved_pct": 0.3}, None, BASELINE)
    assert done.vi == "Giải quyết việc làm: 100, chỉ tiêu 39.000: đang thực hiện, còn thiếu 38.900."
