"""The ten summary forms of a review, with the ten deprivations of the line of 2016-2021.

Skeleton and columns: `plan/data/review_forms.csv`. The numbering is that of the forms known in detail (2022-2025);
each sheet names the form of Circular 17/2016/TT-BLĐTBXH that it answers to, whose printed layout could not be had.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from forms.numbers import number_vi
from reports.figures import Release
from reports.unit_form import WHOLE_PROVINCE, Figures, Measure, UnitForm, province_name, rate

MEASURES = (("households", "Hộ"), ("persons", "Nhân khẩu"))
CLASSES = (("poor", "Hộ nghèo"), ("near_poor", "Hộ cận nghèo"))
# More ethnic groups than this would not fit on the page; the smallest stand together.
_GROUPS_SHOWN = 6
_REST = "Cột riêng cho {} trong {} dân tộc thiểu số có nhiều hộ nhất; còn lại ở cột DTTS khác."
_OVERLAP = "Một hộ có thể thuộc nhiều nhóm, nên các nhóm cộng lại có thể lớn hơn tổng số."
_DASH = 'Dấu "-": không có. Ô trống: chưa có báo cáo, hoặc không có hộ nào để tính tỷ lệ.'


def by_unit(rows: pl.DataFrame, part: str = "") -> Figures:
    """Rows of one frame by unit and part; `part` names the column of the part, none for one row a unit."""
    return {(row["unit_code"], row[part] if part else ""): row for row in rows.iter_rows(named=True)}


def results(release: Release, key: str, sheet: str, title: str) -> UnitForm:
    """Form 1: residents, the poor and the near poor, rates with and without BTXH households."""
    measures = [
        Measure("households", "Tổng số hộ dân cư", width=9),
        Measure("persons", "Tổng số nhân khẩu", width=10),
        Measure("minority", "Số hộ DTTS"),
    ]
    for group, name in CLASSES:
        measures += [
            Measure(group, "Số hộ", name),
            rate(f"{group}_rate", "Tỷ lệ (%)", f"{{{group}}}", "{households}", name, 7),
            Measure(f"{group}_persons", "Số nhân khẩu", name),
            Measure(f"{group}_minority", "Hộ DTTS", name, width=7),
        ]
        if group == "poor":
            measures += [
                Measure("income_poor", "Nghèo về thu nhập", name),
                Measure("services_deprived", "Thiếu hụt DVXH cơ bản", name),
            ]
        measures += [
            Measure(f"{group}_social_protection", "Hộ BTXH", name, width=7),
            Measure(f"{group}_merit", "Hộ có NCC", name, width=7),
            _rate_without(release, group, name),
        ]
    return UnitForm(
        key,
        sheet,
        title,
        "BC1",
        "hộ, người, %",
        tuple(measures),
        notes=(
            "DTTS: dân tộc thiểu số; DVXH: dịch vụ xã hội; BTXH: bảo trợ xã hội; NCC: người có công.",
            "Tỷ lệ trừ hộ BTXH: số hộ trừ hộ BTXH, chia cho "
            + (
                "tổng số hộ dân cư đã trừ hộ BTXH của nhóm đó."
                if release.rate_denominator_excludes_social_protection
                else "tổng số hộ dân cư."
            ),
            _DASH,
        ),
    )


def _rate_without(release: Release, group: str, name: str) -> Measure:
    protected = f"{{{group}_social_protection}}"
    residents = (
        f"({{households}}-{protected})" if release.rate_denominator_excludes_social_protection else "{households}"
    )
    return rate(f"{group}_rate_without", "Tỷ lệ trừ hộ BTXH (%)", f"({{{group}}}-{protected})", residents, name, 8)


_RESULT_COLUMNS = (
    {"households": "households/all", "persons": "persons/all", "minority": "households/minority"}
    | {
        f"{group}{column}": f"{group}_{indicator}"
        for group, _ in CLASSES
        for column, indicator in (
            ("", "households/all"),
            ("_rate", "rate/all"),
            ("_persons", "persons/all"),
            ("_minority", "households/minority"),
            ("_social_protection", "households/social_protection"),
            ("_merit", "households/merit"),
            ("_rate_without", "rate/excluding_social_protection"),
        )
    }
    | {"income_poor": "poor_households/income_poor", "services_deprived": "poor_households/services_deprived"}
)


def result_figures(indicators: pl.DataFrame) -> Figures:
    """Figures of form 1, from reports.figures.indicators."""
    return by_unit(indicators.select("unit_code", **{key: pl.col(name) for key, name in _RESULT_COLUMNS.items()}))


def movement_form(key: str, sheet: str, class_: str, span: str) -> UnitForm:
    """Forms 2 and 3: opening, ways out, ways in, closing, for households and persons. `class_` is N or CN."""
    poor = class_ == "N"
    out, in_ = "Giảm trong kỳ", "Tăng trong kỳ"
    titles = (
        ("decrease_1", "Thoát nghèo, trở thành hộ cận nghèo" if poor else "Thoát cận nghèo", out),
        ("decrease_2", "Thoát nghèo, vượt chuẩn cận nghèo" if poor else "Trở thành hộ nghèo", out),
        ("decrease_3", "Giảm khác (chuyển đi, chết, tách, nhập hộ, thay đổi nhân khẩu)", out),
        ("increase_1", "Hộ cận nghèo trở thành hộ nghèo" if poor else "Hộ nghèo trở thành hộ cận nghèo", in_),
        ("increase_2", "Tái nghèo" if poor else "Tái cận nghèo", in_),
        ("increase_3", "Phát sinh mới", in_),
        ("increase_4", "Tăng khác (chuyển đến, tách hộ, thay đổi nhân khẩu)", in_),
    )
    name = "hộ nghèo" if poor else "hộ cận nghèo"
    return UnitForm(
        key,
        sheet,
        f"Tổng hợp diễn biến {name} {span}",
        "BC2" if poor else "BC3",
        "hộ, người",
        (
            Measure("opening", f"Số {name} đầu kỳ", width=11),
            *(Measure(flow, title, group, width=13) for flow, title, group in titles),
            Measure(
                "closing",
                f"Số {name} cuối kỳ",
                formula="{opening}-{decrease_1}-{decrease_2}-{decrease_3}"
                "+{increase_1}+{increase_2}+{increase_3}+{increase_4}",
                width=11,
            ),
        ),
        part_title="Phân tổ",
        parts=MEASURES,
        notes=(
            "Nhân khẩu: số khẩu thay đổi của hộ vẫn trong danh sách ghi ở cột giảm khác hoặc tăng khác.",
            _DASH,
        ),
    )


def movement_figures(movements: pl.DataFrame, class_: str) -> Figures:
    """Figures of form 2 or 3, from reports.figures.movements."""
    return by_unit(movements.filter(pl.col("class") == class_), "measure")


def movement_notes(differing: pl.DataFrame, units: pl.DataFrame) -> list[str]:
    """Of whom the province's row is, and where the year's flows do not end at the register.

    The latter is where a month was corrected after the next was accepted.

    `differing` are rows of reports.figures.movements; communes are named, since units above follow from them.
    """
    names = dict(units.filter(pl.col("level") == "commune").select("unit_code", "unit_name").rows())
    words = dict(MEASURES)
    places = [
        f"{names[row['unit_code']]} ({words[row['measure']].lower()}: danh sách {number_vi(row['register'])})"
        for row in differing.iter_rows(named=True)
        if row["unit_code"] in names
    ]
    notes = []
    if province_name(units) != WHOLE_PROVINCE:
        notes.append("Toàn tỉnh chỉ gồm các huyện có báo cáo tháng này; đầu kỳ cũng là số của các huyện ấy.")
    if not places:
        return notes
    return [*notes, f"Cuối kỳ khác danh sách cuối kỳ, do báo cáo tháng trước được điều chỉnh sau: {'; '.join(places)}."]


def deprivation_forms(
    keys: tuple[str, str], sheets: tuple[str, str], group: str, names: Iterable[tuple[str, str]]
) -> tuple[UnitForm, UnitForm]:
    """Forms 4 and 5 (poor) or 6 and 7 (near poor): deprived households, and their share of the class.

    `names` are (key, Vietnamese name) of the ten deprivations.
    """
    name = dict(CLASSES)[group].lower()
    official = "BC4" if group == "poor" else "BC5"
    heading = "Số hộ thiếu hụt theo từng chỉ số"
    listed = [(key, f"{number}. {label}") for number, (key, label) in enumerate(names, start=1)]
    first, last = listed[0][0], listed[-1][0]
    counts = UnitForm(
        keys[0],
        sheets[0],
        f"Phân tích các chỉ số thiếu hụt dịch vụ xã hội cơ bản của {name}",
        official,
        "hộ",
        (
            Measure("total", f"Tổng số {name}", width=10),
            Measure(
                "lacking", "Tổng số thiếu hụt", formula=f"SUM({{{first}}}:{{{last}}})", shown="3+4+...+12", width=10
            ),
            *(Measure(key, label, heading, width=10) for key, label in listed),
        ),
        notes=(f"Tỷ lệ của từng chỉ số so với tổng số {name}: {sheets[1]}.", _DASH),
    )
    shares = UnitForm(
        keys[1],
        sheets[1],
        f"Phân tích tỷ lệ các chỉ số thiếu hụt dịch vụ xã hội cơ bản của {name}",
        official,
        f"% so với tổng số {name}",
        (
            Measure("total", f"Tổng số {name}", width=10),
            *(
                Measure(
                    key,
                    label,
                    "Tỷ lệ hộ thiếu hụt (%)",
                    "percent",
                    f"100*{{{keys[0]}:{key}}}/{{total}}",
                    "{total}",
                    width=10,
                )
                for key, label in listed
            ),
        ),
        notes=(f"Tỷ lệ: số hộ ở {sheets[0]} chia cho tổng số {name}, nhân 100.", _DASH),
    )
    return counts, shares


def deprivation_figures(indicators: pl.DataFrame, group: str, keys: Iterable[str]) -> tuple[Figures, Figures]:
    """Figures of the two forms of deprivation_forms, from reports.figures.indicators."""
    listed = list(keys)
    total = pl.col(f"{group}_households/all").alias("total")
    counts = indicators.select(
        "unit_code", total, *(pl.col(f"deprived_households:{key}/{group}").alias(key) for key in listed)
    ).with_columns(lacking=pl.sum_horizontal(listed))
    shares = indicators.select(
        "unit_code", total, *(pl.col(f"deprived_rate:{key}/{group}").alias(key) for key in listed)
    )
    return by_unit(counts), by_unit(shares)


def target_group_form(key: str, sheet: str) -> UnitForm:
    """Form 8: the poor and the near poor by target group, in households and persons."""
    measures = []
    for group, name in CLASSES:
        measures += [
            Measure(f"{group}/total", "Tổng số", name),
            Measure(f"{group}/minority", "DTTS", name),
            Measure(f"{group}/social_protection", "Thuộc BTXH", name),
            Measure(f"{group}/merit", "Có người có công", name),
            Measure(f"{group}/other", "Khác", name),
            Measure(f"{group}/female_headed", "Chủ hộ là nữ", name),
        ]
        if group == "poor":
            measures += [
                Measure(f"{group}/income_poor", "Nghèo về thu nhập", name),
                Measure(f"{group}/services_deprived", "Thiếu hụt DVXH cơ bản", name),
                Measure(f"{group}/services_deprived_no_insurance", "Trong đó thiếu hụt BHYT", name),
            ]
    return UnitForm(
        key,
        sheet,
        "Phân tích hộ nghèo, hộ cận nghèo theo các nhóm đối tượng",
        "BC6",
        "hộ, người",
        tuple(measures),
        part_title="Phân tổ",
        parts=MEASURES,
        notes=(
            "Khác: không thuộc nhóm DTTS, BTXH hay người có công. Nhân khẩu: số khẩu của các hộ trong nhóm.",
            _OVERLAP,
            _DASH,
        ),
    )


def target_group_figures(groups: pl.DataFrame) -> Figures:
    """Figures of form 8, from reports.figures.target_groups."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in groups.iter_rows(named=True):
        place = found.setdefault((row["unit_code"], row["measure"]), {})
        place |= {f"{row['class_group']}/{column}": value for column, value in row.items() if isinstance(value, int)}
    return found


def ethnic_form(key: str, sheet: str, groups: list[str], met: int) -> UnitForm:
    """Form 9: by ethnic group. `groups` are the minority groups with an own column, of `met` among those listed."""
    measures = [
        Measure("minority", "DTTS", "Số hộ dân cư", width=9),
        Measure("khmer", "Trong đó Khmer", "Số hộ dân cư", width=9),
    ]
    for group, name in CLASSES:
        measures += [
            Measure(f"{group}/total", "Tổng số", name),
            Measure(f"{group}/Kinh", "Kinh", name),
            Measure(f"{group}/minority", "Tổng DTTS", name),
            *(Measure(f"{group}/{ethnicity}", ethnicity, name, width=7) for ethnicity in groups),
            Measure(f"{group}/other", "DTTS khác", name, width=7),
            rate(f"{group}/minority_rate", "Tỷ lệ hộ DTTS (%)", f"{{{group}/minority}}", "{minority}", name, 9),
        ]
        if "Khmer" in groups:
            measures.append(rate(f"{group}/khmer_rate", "Tỷ lệ hộ Khmer (%)", f"{{{group}/Khmer}}", "{khmer}", name, 9))
    return UnitForm(
        key,
        sheet,
        "Phân tích hộ nghèo, hộ cận nghèo theo dân tộc",
        "BC7",
        "hộ, %",
        tuple(measures),
        notes=(
            "Tỷ lệ: so với tổng số hộ dân cư của chính nhóm dân tộc đó.",
            *([_REST.format(len(groups), met)] if met > len(groups) else []),
            _DASH,
        ),
    )


def groups_shown(ethnic: pl.DataFrame) -> tuple[list[str], int]:
    """The minority groups with a column on form 9 (those with most households in the province), and how many exist."""
    counted = ethnic.filter(pl.col("is_minority")).group_by("ethnicity").agg(pl.col("households").sum())
    found = counted.sort("households", "ethnicity", descending=[True, False])["ethnicity"].to_list()
    return found[:_GROUPS_SHOWN], len(found)


def ethnic_figures(ethnic: pl.DataFrame, indicators: pl.DataFrame, groups: list[str]) -> Figures:
    """Figures of form 9, from reports.figures.ethnic_groups and .indicators."""
    columns = {"minority": "households/minority", "khmer": "households/khmer"}
    for group, _ in CLASSES:
        columns |= {
            f"{group}/total": f"{group}_households/all",
            f"{group}/minority": f"{group}_households/minority",
            f"{group}/minority_rate": f"{group}_rate/minority",
            f"{group}/khmer_rate": f"{group}_rate/khmer",
        }
    rows = indicators.select("unit_code", **{key: pl.col(name) for key, name in columns.items()})
    found = {(row["unit_code"], ""): dict(row) for row in rows.iter_rows(named=True)}
    for row in ethnic.iter_rows(named=True):
        ethnicity = row["ethnicity"] if row["ethnicity"] in ("Kinh", *groups) else "other"
        place = found[row["unit_code"], ""]
        column = f"{row['class_group']}/{ethnicity}"
        place[column] = place.get(column, 0) + row["households"]
    return found


def cause_form(key: str, sheet: str, names: Mapping[int, str]) -> UnitForm:
    """Form 10: the poor and the near poor by cause of poverty; a household may name several."""
    heading = "Số hộ theo nguyên nhân nghèo"
    return UnitForm(
        key,
        sheet,
        "Phân nhóm hộ nghèo, hộ cận nghèo theo các nguyên nhân nghèo",
        "BC8",
        "hộ",
        (
            Measure("total", "Tổng số hộ", width=9),
            *(Measure(str(cause), name, heading, width=10) for cause, name in names.items()),
            Measure("none", "Không ghi nguyên nhân", heading, width=9),
        ),
        part_title="Phân tổ",
        parts=CLASSES,
        part_width=13,
        notes=("Một hộ có thể có nhiều nguyên nhân, nên các nguyên nhân cộng lại có thể lớn hơn tổng số hộ.", _DASH),
    )


def cause_figures(causes: pl.DataFrame, indicators: pl.DataFrame) -> Figures:
    """Figures of form 10, from reports.figures.causes and .indicators."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for group, _ in CLASSES:
        for unit, total in indicators.select("unit_code", f"{group}_households/all").iter_rows():
            found[unit, group] = {"total": total}
    for row in causes.iter_rows(named=True):
        column = "none" if row["cause"] is None else str(row["cause"])
        found[row["unit_code"], row["class_group"]][column] = row["households"]
    return found


def policy_form(key: str, sheet: str, title: str, policies: Iterable[Mapping[str, str]]) -> UnitForm:
    """Eligible and served by policy, for the province and its districts. `policies`: rows of policies_monitored."""
    units = {"persons": "người", "households": "hộ"}
    return UnitForm(
        key,
        sheet,
        title,
        "",
        "hộ, người, %",
        (
            Measure("eligible", "Số đối tượng", width=16),
            Measure("served", "Luỹ kế đã thụ hưởng từ 01/01", width=16),
            rate("rate", "Tỷ lệ thụ hưởng (%)", "{served}", "{eligible}", width=16),
        ),
        part_title="Chính sách",
        parts=tuple((row["policy"], f"{row['label_vi']} ({units[row['unit']]})") for row in policies),
        part_width=64,
        levels=("province", "district"),
        repeats_names=True,
        notes=("Việc làm, xuất khẩu lao động: số đã thực hiện có thể vượt số đối tượng.", _DASH),
    )


def policy_figures(coverage: pl.DataFrame) -> Figures:
    """Figures of policy_form, from reports.figures.coverage."""
    return by_unit(coverage.select("unit_code", "policy", "eligible", "served", rate="coverage_pct"), "policy")
