"""`report.html`: a release as one page that needs no network, Vietnamese first with an English switch."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from labels.table import SAMPLE_NOTE
from reports.page.figures import read_figures
from reports.page.headline import headline, provisional
from reports.page.sections import sections
from reports.page.words import Words, month

FOLDER = Path(__file__).parent

_WORDS = {
    "skip": Words("Tới nội dung", "Skip to content"),
    "plan": Words(
        "Kế hoạch số 19/KH-UBND của UBND tỉnh Cà Mau: giảm nghèo năm 2020",
        "Plan 19/KH-UBND of Cà Mau province: poverty reduction in 2020",
    ),
    "synthetic": SAMPLE_NOTE,
    "save": Words("Lưu hình (SVG)", "Save the chart (SVG)"),
    "table": Words("Bảng số liệu", "Table"),
    "csv": Words("Tải về (CSV)", "Download (CSV)"),
    "source": Words("Nguồn: báo cáo tháng của các huyện; bản công bố", "Source: monthly district reports; release"),
}
# In the plan's place where the month has none.
_WITHOUT_PLAN = Words(
    "Hộ nghèo, hộ cận nghèo tỉnh Cà Mau qua các tháng", "Poor and near-poor households of Cà Mau province by month"
)


def write_page(warehouse: Path, target: Path) -> None:
    """Write the page of a finished `warehouse.duckdb` to `target`; equal warehouses give equal bytes.

    Raises duckdb.Error where the warehouse can't be read.
    """
    figures = read_figures(warehouse)
    when = month(figures.release.period)
    text = _template().render(
        title=Words(f"Kết quả giảm nghèo tỉnh Cà Mau, {when.vi}", f"Poverty reduction in Cà Mau province, {when.en}"),
        css=(FOLDER / "page.css").read_text(encoding="utf-8").strip(),
        js=(FOLDER / "page.js").read_text(encoding="utf-8").strip(),
        words=_WORDS if figures.reductions else _WORDS | {"plan": _WITHOUT_PLAN},
        headline=headline(figures),
        provisional=provisional(figures),
        synthetic=figures.release.is_synthetic,
        sections=sections(figures),
        release=figures.release.release_id,
    )
    target.write_text(text, encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("page.html.j2")
