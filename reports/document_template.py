"""Builds `report_template.docx`, the Word form of the provincial report: `python -m reports.document_template`.

Layout follows Appendix I of Decree 30/2020/NĐ-CP: A4, Times New Roman, national name and motto to the right,
issuing body to the left, the page's number in the upper margin from the second page on, recipients and signature
at the end. The fields in braces are those of `reports/narrative.py`; docxtpl fills them. Words are changed here,
measures in `reports/document_layout.py`, and the file made again.
"""

import io
from pathlib import Path
from typing import Any

from docx import Document

from reports.document_frame import foot, head
from reports.document_layout import (
    TEXT,
    Column,
    body_text,
    caption,
    end,
    heading,
    line,
    set_up,
    subheading,
    table,
    unless,
    when,
)
from reports.zipped import same_bytes

TEMPLATE = Path(__file__).parent / "report_template.docx"
_NO_FIGURES = "Chưa có số liệu của kỳ này."


def build_template() -> bytes:
    """The template as a file's bytes; the same each time."""
    document = Document()
    set_up(document, foot="{{ release_line }}")
    head(document)
    _body(document)
    foot(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return same_bytes(buffer.getvalue())


def _body(document: Any) -> None:
    body_text(
        document,
        "{% if has_targets %}Thực hiện Kế hoạch số 19/KH-UBND ngày 11 tháng 02 năm 2020 của Ủy ban nhân dân tỉnh về "
        "thực hiện công tác giảm nghèo bền vững năm 2020 (sau đây gọi là Kế hoạch), {% endif %}Ủy ban nhân dân tỉnh "
        "báo cáo kết quả {% if not has_targets %}rà soát hộ nghèo, hộ cận nghèo {% endif %}đến ngày "
        "{{ period_long }} như sau:",
    )
    _results(document)
    _movements(document)
    _targets(document)
    _deprivations(document)
    _policies(document)
    _reporting(document)
    _plan(document)
    heading(document, "VIII. NHIỆM VỤ TRONG THỜI GIAN TỚI")
    for _ in range(3):
        body_text(document, "." * 120, indent=False)
    body_text(document, "Trên đây là kết quả thực hiện công tác giảm nghèo đến ngày {{ period_long }}./.")


def _results(document: Any) -> None:
    heading(document, "I. KẾT QUẢ RÀ SOÁT HỘ NGHÈO, HỘ CẬN NGHÈO")
    body_text(
        document,
        "Số liệu tổng hợp từ báo cáo tháng {{ month }} của {{ reported }}/{{ expected }} huyện, thành phố."
        "{% if missing %} Chưa có báo cáo của: {{ missing }}; số dưới đây chỉ là của các huyện đã báo cáo, chưa phải "
        "số chính thức của toàn tỉnh.{% endif %}"
        "{% if compared %} Về thay đổi so với cuối năm 2019: {{ compared }}.{% endif %}",
    )
    when(document, "has_figures")
    subheading(document, "1. Hộ nghèo")
    body_text(document, _sentence("poor", "hộ nghèo"))
    body_text(document, "- Hộ nghèo về thu nhập: {{ poor.income_poor }} hộ với {{ poor.income_poor_persons }} khẩu.")
    body_text(
        document,
        "- Hộ nghèo thiếu hụt tiếp cận các dịch vụ xã hội cơ bản: {{ poor.services_deprived }} hộ với "
        "{{ poor.services_deprived_persons }} khẩu; trong đó thiếu hụt bảo hiểm y tế "
        "{{ poor.services_deprived_no_insurance }} hộ với {{ poor.services_deprived_no_insurance_persons }} khẩu.",
    )
    body_text(document, _groups("poor", "hộ nghèo"))
    subheading(document, "2. Hộ cận nghèo")
    body_text(document, _sentence("near_poor", "hộ cận nghèo"))
    body_text(document, _groups("near_poor", "hộ cận nghèo"))
    end(document)
    subheading(document, "{% if has_figures %}3. {% endif %}Theo huyện, thành phố")
    table(
        document,
        "districts",
        (
            Column("TT", "order", 9),
            Column("Đơn vị", "name", 40, left=True),
            Column("Tổng số hộ dân cư", "residents", 20),
            Column("Hộ nghèo", "poor", 16),
            Column("Tỷ lệ (%)", "poor_rate", 15),
            Column("Tỷ lệ trừ BTXH (%)", "poor_rate_without", 17),
            Column("Hộ cận nghèo", "near_poor", 16),
            Column("Tỷ lệ (%)", "near_poor_rate", 15),
            Column("Tỷ lệ trừ BTXH (%)", "near_poor_rate_without", 17),
        ),
    )


def _of(group: str, text: str) -> str:
    """A sentence about one of the two classes: its fields are written [households] for {{ poor.households }}."""
    return text.replace("[", "{{ " + group + ".").replace("]", " }}")


def _sentence(group: str, name: str) -> str:
    """Count and rate, with what changed since the end of 2019 where the two can be compared."""
    return _of(
        group,
        f"{{{{ who_upper }}}} có [households] {name} với [persons] khẩu, chiếm tỷ lệ [rate]% trong tổng số "
        f"{{{{ residents }}}} hộ dân cư{{% if {group}.households_change %}}; so với cuối năm 2019 "
        "([households_before] hộ, [rate_before]%) "
        "số hộ [households_change], tỷ lệ [rate_change]{% endif %}. "
        f"Trừ [social_protection] {name} thuộc chính sách bảo trợ xã hội thì tỷ lệ là [rate_without]%"
        f"{{% if {group}.rate_without_change %}}, [rate_without_change] so với cuối năm 2019 ([rate_without_before]%)"
        "{% endif %}.",
    )


def _groups(group: str, name: str) -> str:
    return _of(
        group,
        f"- Trong số {name} có [minority] hộ dân tộc thiểu số, riêng dân tộc Khmer [khmer] hộ"
        f"{{% if {group}.rate_khmer %}}, chiếm [rate_khmer]% tổng số hộ dân tộc Khmer{{% endif %}}"
        f"{{% if {group}.khmer_change %}} ([khmer_change] so với cuối năm 2019){{% endif %}}; "
        "[female_headed] hộ có chủ hộ là nữ; [merit_words].",
    )


def _movements(document: Any) -> None:
    heading(document, "II. DIỄN BIẾN HỘ NGHÈO, HỘ CẬN NGHÈO {{ span|upper }}")
    when(document, "movement_lines")
    line(document, "{%p if missing %}", TEXT)
    body_text(document, "Chỉ tính {{ who }}; đầu kỳ cũng là số của các huyện ấy.")
    end(document)
    for group, name in (("poor", "Hộ nghèo"), ("near_poor", "Hộ cận nghèo")):
        year = _of(
            f"{group}_movement",
            f"- {name}: đầu kỳ [opening] hộ; ra khỏi danh sách [exits] hộ, vào danh sách [entries] hộ; "
            "cuối kỳ [closing] hộ, [net].",
        )
        month = _of(f"{group}_month", " Riêng tháng {{ month }}: ra [exits] hộ, vào [entries] hộ, [net].")
        body_text(document, year + month)
    table(
        document,
        "movement_lines",
        (
            Column("Hộ nghèo", "poor", 49, left=True),
            Column("Hộ", "poor_households", 16),
            Column("Khẩu", "poor_persons", 17),
            Column("Hộ cận nghèo", "near_poor", 49, left=True),
            Column("Hộ", "near_poor_households", 16),
            Column("Khẩu", "near_poor_persons", 17),
        ),
    )
    body_text(
        document,
        "Hộ chuyển giữa hai nhóm (hộ nghèo thành cận nghèo, hộ cận nghèo thành nghèo) được tính là ra ở nhóm này và "
        "vào ở nhóm kia.",
    )
    end(document)
    unless(document, "movement_lines", _NO_FIGURES)


def _targets(document: Any) -> None:
    heading(document, "III. KẾT QUẢ THỰC HIỆN CHỈ TIÊU CỦA KẾ HOẠCH")
    when(document, "has_targets")
    subheading(document, "1. Toàn tỉnh (mục II.1 và V.1 của Kế hoạch)")
    line(document, "{%p for one in target_words %}", TEXT)
    body_text(document, "- {{ one }}")
    line(document, "{%p endfor %}", TEXT)
    caption(document, "Tỷ lệ và số hộ {{ basis_words }}. Mức giảm so với {{ baseline_words|lower }}; số âm là tăng.")
    table(
        document,
        "targets",
        (
            Column("Chỉ tiêu của Kế hoạch", "name", 44, left=True),
            Column("{{ baseline_words }}", "baseline", 17),
            Column("Hiện nay", "actual", 17),
            Column("Đã giảm", "reduced", 17),
            Column("{{ target_title }}", "target", 17),
            Column("Đạt (%)", "achieved", 15),
            Column("Còn phải giảm", "remaining", 17),
            Column("Kết quả", "status", 21, left=True),
        ),
    )
    body_text(
        document,
        "Kế hoạch in riêng điểm %, số hộ và tỷ lệ cuối năm; ba con số không khớp nhau (phần VII) nên được đánh giá "
        "riêng. BTXH: hộ thuộc chính sách bảo trợ xã hội.",
    )
    when(document, "job_targets")
    caption(document, "Việc làm (mục V.1 của Kế hoạch), luỹ kế từ ngày 01/01; năm trước là cả năm.")
    table(
        document,
        "job_targets",
        (
            Column("Chỉ tiêu của Kế hoạch", "name", 44, left=True),
            Column("Năm trước", "baseline", 17),
            Column("Hiện nay", "actual", 17),
            Column("Tăng, giảm", "change", 17),
            Column("{{ target_title }}", "target", 17),
            Column("Đạt (%)", "achieved", 15),
            Column("Còn phải làm", "remaining", 17),
            Column("Kết quả", "status", 21, left=True),
        ),
    )
    end(document)
    subheading(document, "2. Các huyện, thành phố (mục II.3 của Kế hoạch)")
    body_text(document, "{{ district_words }}")
    for group, name in (("poor", "nghèo"), ("near_poor", "cận nghèo")):
        caption(
            document, f"Giảm hộ {name}, {{{{ basis_words }}}}; kết quả xét theo tỷ lệ, số hộ là tương đương khoảng."
        )
        table(
            document,
            "district_targets",
            (
                Column("Đơn vị", "name", 31, left=True),
                Column("{{ baseline_words }} ({{ level_unit }})", f"{group}_baseline", 14),
                Column("Hiện nay ({{ level_unit }})", f"{group}_actual", 14),
                Column("Đã giảm ({{ change_unit }})", f"{group}_reduced", 14),
                Column("Chỉ tiêu ({{ change_unit }})", f"{group}_target", 14),
                Column("Đạt (%)", f"{group}_achieved", 15),
                Column("Còn phải giảm ({{ change_unit }})", f"{group}_remaining", 14),
                Column("Kết quả", f"{group}_status", 19, left=True),
                Column("Đã giảm (hộ)", f"{group}_households_reduced", 15),
                Column("Chỉ tiêu (hộ)", f"{group}_households_target", 15),
            ),
        )
    subheading(document, "3. Các xã có tỷ lệ hộ nghèo cao (mục II.1 của Kế hoạch)")
    body_text(
        document,
        "Cuối năm 2019 có {{ communes }} xã, phường, thị trấn có tỷ lệ hộ nghèo (trừ hộ BTXH) từ 5% trở lên; "
        "{{ communes_with_target }} xã được Kế hoạch nêu mức giảm, trong đó {{ communes_achieved }} xã đã đạt; "
        "{{ communes_unstated }} xã có tỷ lệ trên 6 và dưới 7%, Kế hoạch không nêu mức."
        "{% if communes_of %} {{ communes_of }}{% endif %}",
    )
    end(document)
    unless(document, "has_targets", "{{ after_the_plan }}")


def _deprivations(document: Any) -> None:
    heading(document, "IV. THIẾU HỤT DỊCH VỤ XÃ HỘI CƠ BẢN CỦA HỘ NGHÈO THEO CƠ QUAN PHỤ TRÁCH")
    when(document, "deprivations")
    table(
        document,
        "deprivations",
        (
            Column("TT", "order", 8),
            Column("Chỉ số thiếu hụt", "name", 29, left=True),
            Column("Cơ quan phụ trách", "accountable", 28, left=True),
            Column("Mục", "section", 12, left=True),
            Column("{{ baseline_words }} (hộ)", "before", 14.5),
            Column("{{ baseline_words }} (%)", "rate_before", 14.5),
            Column("Hiện nay (hộ)", "now", 14.5),
            Column("Hiện nay (%)", "rate", 14.5),
            Column("Tăng, giảm (hộ)", "change", 14.5),
            Column("Tăng, giảm (điểm %)", "rate_change", 15.5),
        ),
    )
    body_text(
        document,
        "{% if compared %}Cả hai cột: {{ compared }}. {% elif missing %}Chỉ tính {{ who }}. "
        "{% endif %}Tỷ lệ tính trên tổng số hộ nghèo. Kế hoạch giao cơ "
        "quan phụ trách, không in con số phải đạt.",
    )
    end(document)
    unless(document, "deprivations", _NO_FIGURES)


def _policies(document: Any) -> None:
    heading(document, "V. KẾT QUẢ THỰC HIỆN CHÍNH SÁCH")
    when(document, "policies")
    body_text(
        document,
        "Luỹ kế từ ngày 01/01/{{ year }}.{% if has_targets %} Kế hoạch yêu cầu 100% đối tượng được thụ hưởng (mục "
        "II.1); việc làm và xuất khẩu lao động không tính theo tỷ lệ này.{% endif %}"
        "{% if missing %} Chỉ tính {{ who }}.{% endif %}",
    )
    table(
        document,
        "policies",
        (
            Column("Chính sách", "name", 32, left=True),
            Column("Cơ quan phụ trách", "accountable", 33, left=True),
            Column("Mục", "section", 15, left=True),
            Column("Đơn vị", "unit", 15, left=True),
            Column("Đối tượng", "eligible", 16),
            Column("Đã thụ hưởng", "served", 16),
            Column("%", "rate", 16),
            Column("Kết quả", "status", 22, left=True),
        ),
    )
    end(document)
    unless(document, "policies", _NO_FIGURES)


def _reporting(document: Any) -> None:
    heading(document, "VI. TÌNH HÌNH BÁO CÁO CỦA CÁC HUYỆN, THÀNH PHỐ")
    body_text(
        document,
        "Tháng {{ month }}: {{ reported }}/{{ expected }} huyện, thành phố có báo cáo được chấp nhận."
        "{% if missing %} Chưa có: {{ missing }}.{% endif %}{% if late %} Nộp muộn: {{ late }}.{% endif %}",
    )
    when(document, "silent")
    body_text(document, "Các tháng chưa có báo cáo được chấp nhận:")
    table(
        document,
        "silent",
        (
            Column("Tháng", "month", 22),
            Column("Huyện, thành phố (tình trạng)", "districts", 142, left=True),
        ),
    )
    end(document)
    unless(document, "silent", "Từ đầu năm không có huyện nào thiếu báo cáo.")


def _plan(document: Any) -> None:
    heading(document, "VII. NHỮNG CHỖ CHƯA KHỚP TRONG KẾ HOẠCH")
    body_text(document, "Số liệu của Kế hoạch được giữ nguyên như in. Những số sau đây tính lại cho kết quả khác:")
    table(
        document,
        "plan_numbers",
        (
            Column("Mã", "id", 12, left=True),
            Column("Mục", "section", 14, left=True),
            Column("Số liệu", "item", 65, left=True),
            Column("Đơn vị", "unit", 34, left=True),
            Column("Số in", "printed", 20),
            Column("Tính lại", "recomputed", 20),
        ),
    )
    line(document, "{%p for one in plan_words %}", TEXT)
    body_text(document, "- {{ one.id }}, {{ one.place }}: {{ one.text }}")
    line(document, "{%p endfor %}", TEXT)


if __name__ == "__main__":
    TEMPLATE.write_bytes(build_template())
