"""The page's sections: a heading, what to read in it, its charts in both languages, its table."""

from collections.abc import Callable
from dataclasses import dataclass, field

import altair as alt
from altair.utils.schemapi import debug_mode

from forms.dictionary import sheets
from labels.table import NO_BODY
from reports.coverage import who
from reports.page import charts
from reports.page.colours import WELFARE, WELFARE_OF_FLOW
from reports.page.figures import Figures, Row
from reports.page.svg import draw
from reports.page.tables import Amount, Column, Table, Value, make_table
from reports.page.words import FLOW, GROUP, LANGUAGES, MEASURE, SLOT, STATUS, Words, month, number, same
from reports.verdicts import after_the_plan, headline_words


@dataclass(frozen=True)
class Chart:
    """A chart drawn once a language; `title` where a section has more than one."""

    key: str
    svg: dict[str, str]
    title: Words | None = None


@dataclass(frozen=True)
class Section:
    """A part of the page. A section without charts says in `reading` why."""

    key: str
    title: Words
    reading: Words
    charts: list[Chart] = field(default_factory=list)
    table: Table | None = None


_BASELINE = Column(Words("Cuối 2019", "End of 2019"), 0)
_GOAL = Column(Words("Chỉ tiêu", "Target"), 0)
_NOW = Column(Words("Hiện nay", "Now"), 0)
_REDUCED, _REMAINING = Words("Đã giảm", "Reduced by"), Words("Còn phải giảm", "Still to do")
_DONE = Column(Words("% đạt", "% achieved"), 1)
_STATUS = Column(Words("Kết quả", "Status"))
# Level then and now, what that is less, what is asked, what is done of it and what remains, and the verdict.
_AGAINST_TARGET = (
    *(Column(words, holds_amounts=True) for words in (_BASELINE.words, _NOW.words, _REDUCED, _GOAL.words)),
    _DONE,
    Column(_REMAINING, holds_amounts=True),
    _STATUS,
)
_NOBODY = Words("Chưa huyện nào báo cáo kỳ này.", "No district has reported yet.")
_ANSWERS = Column(Words("Cơ quan chủ trì", "Accountable"))


def sections(figures: Figures) -> list[Section]:
    """All sections in reading order."""
    return [
        _province_targets(figures),
        *([_district_targets(figures)] if figures.districts else []),
        _district_rates(figures),
        _map(figures),
        _movements(figures),
        _deprivations(figures),
        _policies(figures),
        _completeness(figures),
    ]


def _chart(key: str, make: Callable[[str], alt.TopLevelMixin], label: Words, title: Words | None = None) -> Chart:
    with debug_mode(False):  # Altair would check every part of a chart against Vega-Lite's schema while it is made
        drawn = {
            language: draw(make(language), language, label=label.of(language), key=f"{key}-{language}")
            for language in LANGUAGES
        }
    return Chart(key, drawn, title)


def _province_targets(figures: Figures) -> Section:
    title = Words("Toàn tỉnh so với chỉ tiêu", "The province against its targets")
    rows = figures.reductions
    if not rows:
        return Section("province", title, after_the_plan())
    columns = [
        Column(Words("Chỉ tiêu của kế hoạch", "Target of the plan")),
        *_AGAINST_TARGET,
        Column(Words("Mục của kế hoạch", "Section of the plan")),
    ]
    values = [
        [
            charts.target_label(row),
            *_against_target(row),
            same(row["plan_section"]),
        ]
        for row in rows
    ]
    return Section(
        "province",
        title,
        Words(
            "Vạch đen là 100 % chỉ tiêu. Kế hoạch in điểm phần trăm, số hộ và tỷ lệ cuối năm riêng rẽ và ba số không "
            "khớp nhau, nên mỗi cách tính được so riêng.",
            "The black tick is 100% of the target. The plan prints percentage points, households and end rates apart, "
            "and they disagree, so each is held against its own number.",
        ),
        [_chart("province", lambda language: charts.bullets(rows, charts.target_label, language), title)],
        make_table(columns, values),
    )


def _against_target(row: Row) -> list[Value]:
    """The cells of _AGAINST_TARGET for a row of mart.target_vs_actual."""
    reduced = None if row["change"] is None else -row["change"]
    levels = (row["baseline"], row["actual"], reduced, row["target_value"])
    return [
        *(Amount(level, row["measure"]) for level in levels),
        row["achieved_pct"],
        Amount(row["remaining"], row["measure"]),
        STATUS[row["status"]],
    ]


def _district_targets(figures: Figures) -> Section:
    how = headline_words()
    title = Words(f"Từng huyện so với chỉ tiêu: {how.vi}", f"Each district against its targets: {how.en}")
    drawn = []
    for target, group in (("poor_reduction", "poor"), ("near_poor_reduction", "near_poor")):
        rows = [row for row in figures.districts if row["target"] == target]
        drawn.append(
            _chart(
                f"districts-{group}",
                lambda language, rows=rows: charts.bullets(rows, charts.district_label, language, width=260),  # type: ignore[misc]
                Words(f"{title.vi}: {GROUP[group].vi}", f"{title.en}: {GROUP[group].en}"),
                GROUP[group],
            )
        )
    columns = [
        Column(Words("Huyện", "District")),
        Column(Words("Chỉ tiêu của kế hoạch", "Target of the plan")),
        *_AGAINST_TARGET,
    ]
    values = [[same(row["unit_name"]), charts.target_label(row), *_against_target(row)] for row in figures.districts]
    reading = Words(
        "Đo bằng cách mà kế hoạch nêu chỉ tiêu; vạch đen là 100 % chỉ tiêu của huyện.",
        "Measured as the plan states its target; the black tick is 100% of the district's target.",
    )
    return Section("districts", title, reading, drawn, make_table(columns, values))


def _district_rates(figures: Figures) -> Section:
    title = Words("Diễn biến tỷ lệ theo huyện, gồm hộ BTXH", "Rates by district over time, with social protection")
    columns = [
        Column(Words("Kỳ", "Month")),
        Column(Words("Huyện", "District")),
        Column(Words("Tỷ lệ hộ nghèo (%)", "Poor rate (%)"), 2),
        Column(Words("Tỷ lệ hộ cận nghèo (%)", "Near-poor rate (%)"), 2),
    ]
    paired: dict[tuple[str, str], dict[str, float | None]] = {}
    for row in figures.rates:
        paired.setdefault((f"{row['period']:%m/%Y}", row["unit_name"]), {})[row["indicator"]] = row["value"]
    values = [
        [same(period), same(unit), found.get("poor_rate"), found.get("near_poor_rate")]
        for (period, unit), found in paired.items()
    ]
    silent = len({(row["period"], row["unit_code"]) for row in figures.rates if not row["is_reported"]})
    gaps = Words(
        f" Dấu × là kỳ huyện chưa báo cáo ({silent} trong {len(values)} kỳ của các huyện); đường bị ngắt ở đó.",
        f" A cross is a month without a report ({silent} of {len(values)} district months); the line is broken there.",
    )
    reading = Words(
        "Một thang chung cho mọi huyện, bắt đầu từ 0." + (gaps.vi if silent else ""),
        "One scale for all districts, from zero." + (gaps.en if silent else ""),
    )
    chart = _chart("rates", lambda language: charts.small_multiples(figures.rates, language), title)
    return Section("rates", title, reading, [chart], make_table(columns, values))


def _map(figures: Figures) -> Section:
    title = Words("Tỷ lệ hộ nghèo theo huyện, gồm hộ BTXH", "Poor rate by district, with social protection")
    reading = Words(
        f"Bản đồ sơ lược, {month(figures.release.period).vi}: mỗi ô là một huyện, màu đậm là tỷ lệ cao.",
        f"A schematic map, {month(figures.release.period).en}: one tile a district, darker for a higher rate.",
    )
    columns = [Column(Words("Huyện", "District")), Column(Words("Tỷ lệ hộ nghèo (%)", "Poor rate (%)"), 2)]
    poor = {row["unit_code"]: row for row in figures.rates if row["indicator"] == "poor_rate"}
    now = {
        row["unit_code"]: row["value"]
        for row in figures.rates
        if row["indicator"] == "poor_rate" and row["period"] == figures.release.period
    }
    values = [[same(row["unit_name"]), now.get(code)] for code, row in poor.items()]
    silent = ", ".join(row["unit_name"] for code, row in poor.items() if now.get(code) is None)
    if silent:
        reading = Words(
            f"{reading.vi} Ô viền đứt, không màu: chưa báo cáo ({silent}).",
            f"{reading.en} A tile with a broken edge and no shade has not reported ({silent}).",
        )
    if all(value is None for value in now.values()):
        return Section("map", title, _NOBODY)
    chart = _chart("map", lambda language: charts.tile_map(figures.rates, figures.release.period, language), title)
    return Section("map", title, reading, [chart], make_table(columns, values))


def _movements(figures: Figures) -> Section:
    title = Words("Biến động trong năm", "Movements in the year")
    if figures.release.period == figures.release.baseline:
        nothing = Words("Kỳ gốc không có biến động.", "The baseline month has no movements.")
        return Section("movements", title, nothing)
    if not figures.movements:
        return Section("movements", title, _NOBODY)
    drawn = [
        _chart(
            f"movements-{row['group_name'].replace('_', '-')}",
            lambda language, row=row: charts.waterfall(row, charts.waterfall_steps(row), language),  # type: ignore[misc]
            Words(f"{title.vi}: {GROUP[row['group_name']].vi}", f"{title.en}: {GROUP[row['group_name']].en}"),
        )
        for row in figures.movements
    ]
    columns = [
        Column(Words("Nhóm", "Group")),
        Column(Words("Biến động", "Movement")),
        Column(Words("Số hộ", "Households"), 0, is_change=True),
        Column(Words("Đời sống của hộ", "The households are")),
    ]
    values = [
        [
            GROUP[row["group_name"]],
            words,
            -row[key] if key.startswith("decrease") else row[key],
            WELFARE[WELFARE_OF_FLOW[row["group_name"]][key]],
        ]
        for row in figures.movements
        for key, words in FLOW[row["group_name"]].items()
    ]
    where = who(figures.release)
    same_units = (
        Words("; đầu năm cũng chỉ tính các huyện ấy", "; the year's start counts the same districts")
        if figures.release.is_provisional
        else Words("", "")
    )
    reading = Words(
        f"Từ đầu năm đến kỳ này, {where.vi}{same_units.vi}. Dấu ≈ ở chân cột: trục đứng bị cắt, không bắt đầu từ 0. "
        "Màu theo đời sống của hộ (khá hơn, khó hơn, lý do khác), không theo dấu. Giảm thực tế là hiệu của hai cột đầu "
        "và cuối, không phải tổng số hộ thoát nghèo.",
        f"From the year's start to now, {where.en}{same_units.en}. ≈ at a bar's foot: the vertical axis is cut and "
        "does not start at zero. Colours follow how the households fare (better off, worse off, other reasons), not "
        "the sign. The net reduction is the first column less the last, not the number of exits.",
    )
    return Section("movements", title, reading, drawn, make_table(columns, values))


def _deprivations(figures: Figures) -> Section:
    title = Words("Thiếu hụt dịch vụ xã hội cơ bản, theo cơ quan chủ trì", "Deprivations, by accountable department")
    poor = [row for row in figures.deprivations if row["population"] == "poor"]
    columns = [
        _ANSWERS,
        Column(Words("Chỉ số", "Indicator")),
        Column(Words("Nhóm", "Group")),
        _BASELINE,
        Column(Words("Cuối 2019 (%)", "End of 2019 (%)"), 2),
        Column(Words("Kỳ này", "Now"), 0),
        Column(Words("Kỳ này (%)", "Now (%)"), 2),
    ]
    values = [
        [
            same(row["accountable"]),
            _deprivation_name(row),
            GROUP[row["population"]],
            *(row[key] for key in ("baseline", "baseline_rate", "actual", "actual_rate")),
        ]
        for row in figures.deprivations
    ]
    if figures.compared is None:
        nothing = Words(
            "Không có huyện nào có số liệu ở cả hai kỳ để so sánh.",
            "No district has figures in both months to compare.",
        )
        return Section("deprivations", title, nothing)
    whose = figures.compared.whose or Words("toàn tỉnh", "the province")
    reading = Words(
        f"Số hộ nghèo thiếu hụt từng chỉ số, cuối 2019 và kỳ này ({whose.vi}), kèm tỷ lệ trong số hộ nghèo: số hộ "
        "nghèo giảm thì số hộ thiếu hụt cũng giảm, tỷ lệ mới cho biết đời sống. Kế hoạch không đặt số cho từng chỉ số.",
        f"Poor households deprived in each indicator, at the end of 2019 and now ({whose.en}), with their share of the "
        "poor: with fewer poor households fewer are deprived, so the share tells how they fare. The plan sets no "
        "number for them.",
    )
    chart = _chart("deprivations", lambda language: charts.deprivation_bars(poor, _deprivation_name, language), title)
    return Section("deprivations", title, reading, [chart], make_table(columns, values))


def _policies(figures: Figures) -> Section:
    title = Words("Chính sách và việc làm", "Policies and jobs")
    rows = figures.policies
    if not figures.reductions:
        return _policies_without_plan(figures, title)
    columns = [
        Column(Words("Chính sách", "Policy")),
        Column(Words("Cách tính", "Measure")),
        *(Column(words, holds_amounts=True) for words in (Words("Năm 2019", "In 2019"), _GOAL.words, _NOW.words)),
        _DONE,
        _STATUS,
        Column(Words("Hộ còn thiếu hụt", "Households still lacking"), 0),
        _ANSWERS,
    ]
    values = [
        [
            charts.target_label(row),
            MEASURE[row["measure"], row["basis"]],
            *(Amount(row[key], row["measure"]) for key in ("baseline", "target_value", "actual")),
            row["achieved_pct"],
            STATUS[row["status"]],
            row["register_deprived_households"],
            same(row["accountable"]) if row["accountable"] else NO_BODY,
        ]
        for row in rows
    ]
    jobs = number(next((row["target_value"] for row in rows if row["target"] == "jobs"), None))
    reading = Words(
        f"Số đối tượng được hưởng từ ngày 1 tháng 1, so với số đủ điều kiện; việc làm so với {jobs.vi} người. "
        "Cột hộ còn thiếu hụt đếm trong danh sách hộ nghèo, cận nghèo cuối kỳ, không theo số báo cáo của chính sách.",
        f"Those served since 1 January, of those eligible; jobs against {jobs.en} persons. Households still "
        "lacking it are counted in the register of poor and near-poor households, not reported with the policy.",
    )
    chart = _chart("policies", lambda language: charts.bullets(rows, charts.target_label, language, end=120), title)
    return Section("policies", title, reading, [chart], make_table(columns, values))


def _policies_without_plan(figures: Figures, title: Words) -> Section:
    """What was served in a month without targets."""
    columns = [
        Column(Words("Chính sách", "Policy")),
        Column(Words("Đủ điều kiện", "Eligible"), 0),
        Column(Words("Đã hưởng", "Served"), 0),
        Column(Words("Tỷ lệ (%)", "Rate (%)"), 2),
        _ANSWERS,
    ]
    values = [
        [
            Words(row["policy_name_vi"], row["policy_name"]),
            *(row[key] for key in ("eligible", "served", "coverage_pct")),
            same(row["accountable"]) if row["accountable"] else NO_BODY,
        ]
        for row in figures.coverage
    ]
    reading = Words(
        "Số đối tượng được hưởng từ ngày 1 tháng 1, so với số đủ điều kiện; tháng này không có chỉ tiêu.",
        "Those served since 1 January, of those eligible; the month has no targets.",
    )
    return Section("policies", title, reading, [], make_table(columns, values))


def _completeness(figures: Figures) -> Section:
    title = Words("Tình hình nộp báo cáo", "Completeness of reporting")
    reported = sum(row["is_reported"] for row in figures.slots)
    late = sum(row["on_time"] is False for row in figures.slots)
    reading = Words(
        f"{reported} trong {len(figures.slots)} báo cáo huyện theo tháng đã được chấp nhận, {late} báo cáo nộp muộn.",
        f"{reported} of {len(figures.slots)} monthly district reports are accepted, {late} came late.",
    )
    columns = [
        Column(Words("Huyện", "District")),
        Column(Words("Kỳ", "Month")),
        Column(Words("Tình trạng", "State")),
        Column(Words("Nhận ngày", "Received")),
    ]
    values = [
        [
            same(row["district_name"]),
            same(f"{row['period']:%m/%Y}"),
            SLOT[charts.slot_state(row)],
            same(f"{row['received_at']:%d/%m/%Y}" if row["received_at"] else ""),
        ]
        for row in figures.slots
    ]
    chart = _chart("completeness", lambda language: charts.completeness(figures.slots, language), title)
    return Section("completeness", title, reading, [chart], make_table(columns, values))


def _deprivation_name(row: Row) -> Words:
    labels = {field.key: field.label_en for field in sheets()["household"].fields}
    return Words(row["deprivation_name_vi"], labels[row["deprivation"]].removeprefix("Deprived: "))
