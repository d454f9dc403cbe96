"""The page's charts as they are handed to Vega: what they cut is marked, what is missing is marked, and a colour means
how people fare, never the sign of a number, and never stands alone.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from forms.dictionary import movements
from labels.table import STATUSES
from reports.files import WAREHOUSE
from reports.page import charts
from reports.page.colours import (
    BAD,
    COLOURS,
    GOOD,
    RATE_SCHEME,
    SERIES,
    SLOT_COLOURS,
    STEP_COLOURS,
    TIMES,
    WELFARE,
    WELFARE_OF_FLOW,
)
from reports.page.figures import Figures, read_figures
from reports.page.words import FLOW, LANGUAGES, SLOT, same

# The package has a function by the module's name.
SECTIONS = import_module("reports.page.sections")
RELEASES = ("complete", "provisional", "baseline", "unreported", "odd")
# Light or dark letters, so that they can be read on what lies below.
INK = ["#ffffff", "#1c2733"]

Spec = dict[str, Any]


@pytest.fixture(params=RELEASES)
def figures(request: pytest.FixtureRequest) -> Figures:
    return read_figures(request.getfixturevalue(request.param) / WAREHOUSE)


def drawn(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> list[Spec]:
    """Every chart of the page in both languages, as it goes to Vega."""
    found: list[Spec] = []

    def keep(chart: Any, language: str, **_: str) -> str:
        found.append(chart.to_dict(validate=False) | {"language": language})
        return "<svg></svg>"

    monkeypatch.setattr(SECTIONS, "draw", keep)
    SECTIONS.sections(figures)
    return found


def groups_of_layers(spec: Spec) -> Iterator[list[Spec]]:
    """The layers that share one frame, for each frame of a chart."""
    if "layer" in spec:
        yield spec["layer"]
        return
    if "spec" in spec:
        yield from groups_of_layers(spec["spec"])
        return
    yield [spec]


def rows_of(spec: Spec) -> list[dict[str, Any]]:
    return [row for rows in spec.get("datasets", {}).values() for row in rows]


def cuts(spec: Spec) -> list[str]:
    """Axes that leave something out, by what they leave out."""
    found = []
    for layer in (layer for layers in groups_of_layers(spec) for layer in layers):
        for side in ("x", "y"):
            channel = layer.get("encoding", {}).get(side, {})
            scale = channel.get("scale") or {}
            low, high = (scale.get("domain") or [scale.get("domainMin") or 0, None])[:2]
            if channel.get("type") != "quantitative":
                continue
            if low or (scale.get("zero") is False and low is None):
                found.append("foot")
            values = [row[channel["field"]] for row in rows_of(spec) if row.get(channel["field"]) is not None]
            if high is not None and any(value >= high for value in values):
                found.append("high")
            if any(row.get("side") == "low" for row in rows_of(spec)):
                found.append("low")
    return sorted(set(found))


def unmarked(spec: Spec) -> list[str]:
    """Cuts without a sign on the chart, or without a word in an axis' title."""
    layers = [layer for layers in groups_of_layers(spec) for layer in layers]
    signs = {layer["name"].removeprefix("cut_"): layer["mark"]["text"] for layer in layers if "name" in layer}
    titles = " ".join(
        str(layer["encoding"][side].get("title") or "")
        for layer in layers
        for side in ("x", "y")
        if side in layer.get("encoding", {})
    )
    words = {"foot": ("cắt", "cut"), "high": ("cắt", "cut"), "low": ("dưới 0", "below 0")}
    say = LANGUAGES.index(spec["language"])
    return [cut for cut in cuts(spec) if cut not in signs or words[cut][say] not in titles]


def test_every_axis_that_cuts_says_so(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in drawn(figures, monkeypatch):
        assert unmarked(spec) == []


@pytest.mark.parametrize("end", [120.0, 200.0])
@pytest.mark.parametrize(
    ("done", "marked"),
    [(-0.5, ["low"]), (0.0, []), (99.9, []), (120.1, ["high"]), (201.0, ["high"]), (1e9, ["high"]), (None, [])],
)
def test_a_bar_that_does_not_fit_is_marked(end: float, done: float | None, marked: list[str]) -> None:
    status = "in_progress" if done is not None else "no_data"
    row = {"achieved_pct": done, "status": status, "unit_code": "964"}
    inside = {"achieved_pct": 50.0, "status": "in_progress", "unit_code": "966"}
    for language in LANGUAGES:
        spec = charts.bullets([row, inside], charts.district_label, language, end=end).to_dict(validate=False)
        spec["language"] = language
        assert cuts(spec) == ([] if done is not None and 0 <= done < end else marked)
        assert unmarked(spec) == []


def test_the_look_at_cuts_finds_one_without_its_sign(complete: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = read_figures(complete / WAREHOUSE)
    cut = [spec for spec in drawn(figures, monkeypatch) if "foot" in cuts(spec)]
    assert cut
    for spec in cut:
        spec["layer"] = [layer for layer in spec["layer"] if "name" not in layer]
        assert unmarked(spec) == ["foot"]


def test_a_target_that_the_plan_does_not_state_has_no_tick() -> None:
    rows = [
        {"achieved_pct": None, "status": status, "unit_code": code}
        for status, code in (("no_target", "964"), ("no_data", "966"))
    ]
    spec = charts.bullets(rows, charts.district_label, "vi").to_dict(validate=False)
    assert {row["status"]: row["goal"] for row in rows_of(spec)} == {"no_target": None, "no_data": 100.0}


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_take_nothing(language: str) -> None:
    """After the plan's months there are no targets, and a month nobody sent has no figures."""
    for chart in (
        charts.bullets([], charts.target_label, language),
        charts.small_multiples([], language),
        charts.deprivation_bars([], lambda row: same(row["deprivation"]), language),
    ):
        assert chart.to_dict(validate=True)["$schema"]


def test_a_month_without_a_report_is_marked_in_the_chart_and_in_words(
    provisional: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = read_figures(provisional / WAREHOUSE)
    silent = {(row["unit_code"], row["period"]) for row in figures.rates if not row["is_reported"]}
    due = {(slot["district_code"], slot["period"]) for slot in figures.slots if not slot["is_reported"]}
    assert silent == due
    spec = charts.small_multiples(figures.rates, "vi").to_dict(validate=False)
    rows = rows_of(spec)
    assert sum(row["has_cross"] for row in rows) == len(due)
    assert sum(row["rate"] is None for row in rows) == 2 * len(due)
    [layers] = groups_of_layers(spec)
    assert any(layer["mark"].get("text") == "×" for layer in layers)
    monkeypatch.setattr(SECTIONS, "draw", lambda *_, **__: "")
    said = {section.key: section.reading for section in SECTIONS.sections(figures)}
    assert f"({len(due)} trong {len(figures.rates) // 2} kỳ" in said["rates"].vi
    assert f"({len(due)} of {len(figures.rates) // 2} " in said["rates"].en
    assert "Ô viền đứt" in said["map"].vi
    assert "Huyện Ngọc Hiển" in said["map"].vi


def expected_welfare(code: str) -> str:
    """What a movement of the form means, read from the classes that it leads between."""
    if code.endswith(("_GIAM", "_TANG")):
        return "other"
    return "better" if code in ("N_CN", "N_KN", "CN_KN") else "worse"


def test_the_colour_of_every_flow_follows_welfare() -> None:
    groups = {"N": "poor", "CN": "near_poor"}
    told = set()
    for movement in movements():
        for group, flow in ((movement.group_out, movement.flow_out), (movement.group_in, movement.flow_in)):
            if group:
                assert WELFARE_OF_FLOW[groups[group]][flow] == expected_welfare(movement.code), movement.code
                told.add((groups[group], flow))
    assert told == {(group, flow) for group, flows in FLOW.items() for flow in flows}
    assert (STEP_COLOURS["better"], STEP_COLOURS["worse"]) == (GOOD, BAD)
    assert STEP_COLOURS["other"] not in (GOOD, BAD)


def test_verdicts_and_states_have_the_colour_of_what_they_mean() -> None:
    assert set(COLOURS) == set(STATUSES)
    assert {status for status, colour in COLOURS.items() if colour == GOOD} == {"achieved"}
    assert {status for status, colour in COLOURS.items() if colour == BAD} == {"missed"}
    assert set(SLOT_COLOURS) >= set(SLOT)
    assert {state for state, colour in SLOT_COLOURS.items() if colour == GOOD} == {"accepted"}
    assert not {GOOD, BAD} & {*SERIES.values(), *TIMES.values()}


def test_every_coloured_quantity_has_a_declared_meaning_and_a_word_beside_it(
    figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanings = [list(one.values()) for one in (COLOURS, STEP_COLOURS, SERIES, TIMES)]
    seen = 0
    for spec in drawn(figures, monkeypatch):
        for layers in groups_of_layers(spec):
            has_words = any(layer["mark"].get("type") == "text" for layer in layers)
            for layer in layers:
                colour = layer.get("encoding", {}).get("color", {})
                scale = colour.get("scale")
                if scale is None:
                    continue
                seen += 1
                assert has_words or colour.get("legend"), spec["language"]
                if "scheme" in scale:
                    assert scale["scheme"] == RATE_SCHEME
                    assert scale["domain"][0] == 0 < scale["domain"][1]
                else:
                    is_slots = set(scale["range"]) <= set(SLOT_COLOURS.values())
                    assert scale["range"] in meanings or scale["range"] == INK or is_slots
    assert seen


def test_a_step_says_in_words_what_its_colour_says(complete: Path) -> None:
    figures = read_figures(complete / WAREHOUSE)
    for row in figures.movements:
        spec = charts.waterfall(row, charts.waterfall_steps(row), "vi").to_dict(validate=False)
        for bar in rows_of(spec):
            if bar["kind"] in WELFARE and bar["words"] != "0":
                assert bar["welfare"] == WELFARE[bar["kind"]].vi


def test_every_bar_of_a_deprivation_has_its_share(complete: Path) -> None:
    figures = read_figures(complete / WAREHOUSE)
    poor = [row for row in figures.deprivations if row["population"] == "poor"]
    spec = charts.deprivation_bars(poor, lambda row: same(row["deprivation_name_vi"]), "vi").to_dict(validate=False)
    bars = rows_of(spec)
    assert len(bars) == 2 * len(poor) == 20
    assert all(bar["words"].endswith(" %)") for bar in bars)
