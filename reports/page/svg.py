"""A chart as SVG text, drawn when the page is made: it needs no script, prints well and opens at once."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

FONT = "'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
# d3's locales: separators as each language writes them.
_LOCALES: dict[str, Any] = {
    "vi": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", " VND"]},
}
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 440,
        "gridColor": "#e3e7ec",
    },
    "header": {"labelFontSize": 13, "labelFontWeight": "bold", "titleFontSize": 12},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "top", "labelLimit": 320},
    "text": {"fontSize": 12, "color": "#1c2733"},
    "title": {"fontSize": 13, "offset": 14},
}
# Vega says in aria-label what a mark shows; a browser shows only <title> when the pointer rests on it.
_LABELLED_MARK = re.compile(
    r'<path ((?=[^>]*aria-roledescription="(?:bar|point|rect mark)")[^>]*?aria-label="([^"]*)"[^>]*?)(?:/>|></path>)'
)
# A browser has other fonts than the one that the drawing is measured with, up to so much wider (DejaVu Sans, Verdana).
_WIDER = 1.2
_FONT_SIZE = re.compile(r'font-size="([\d.]+)px"')
_NO_FONTS = Path(__file__).with_name("no_fonts.conf")
_UNIQUE = re.compile(r'(id="|url\(#|href="#)((?:gradient|clip|pattern)[_0-9]+)')


def draw(chart: alt.TopLevelMixin, language: str, *, label: str, key: str) -> str:
    """SVG of a chart with its numbers written as `language` writes them.

    `label` is what a screen reader says of the whole; `key` keeps ids apart where many charts share one page.
    Vega itself judges the chart, and raises ValueError; the schema's check before it costs ten times the drawing.
    """
    spec = _scaled(chart.to_dict(validate=False) | {"config": _CONFIG})
    with _fonts_of_the_library_only():
        drawn = vl_convert.vegalite_to_svg(json.dumps(spec), format_locale=_LOCALES[language])
    drawn = _FONT_SIZE.sub(lambda found: f'font-size="{float(found[1]) / _WIDER:g}px"', drawn)
    drawn = _LABELLED_MARK.sub(r"<path \1><title>\2</title></path>", drawn)
    drawn = _UNIQUE.sub(rf"\1{key}-\2", drawn)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1)


def _scaled(spec: Any) -> Any:
    """The chart with every font so much larger that there is room for the widest font that may be met."""
    if isinstance(spec, dict):
        return {
            key: value * _WIDER
            if key.lower().endswith("fontsize") and isinstance(value, int | float)
            else _scaled(value)
            for key, value in spec.items()
        }
    return [_scaled(value) for value in spec] if isinstance(spec, list) else spec


@contextmanager
def _fonts_of_the_library_only() -> Iterator[None]:
    """The library measures texts by fonts that it loads when it first draws. Those of the machine would make other
    widths and cut other words on every machine, so it is told to look for them where there are none."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(_NO_FONTS)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
