"""What stands around the words of the provincial report: names, number, place, title; recipients and signature.

Elements and their places are those of Appendix I of Decree 30/2020/NĐ-CP; `reports/document_template.py` puts them
into the template.
"""

from typing import Any

from reports.document_layout import (
    LEFT,
    NAMES,
    RECIPIENTS,
    TABLE,
    TEXT,
    TITLE,
    WIDTH,
    cells,
    end,
    line,
    rule,
    when,
)

RECIPIENT_LINES = (
    "- Bộ Lao động - Thương binh và Xã hội (b/c);",
    "- Thường trực Tỉnh ủy (b/c);",
    "- Thường trực HĐND tỉnh (b/c);",
    "- VP Quốc gia giảm nghèo;",
    "- CT, các PCT UBND tỉnh;",
    "- Ủy ban MTTQ VN tỉnh Cà Mau;",
    "- Các sở, ngành cấp tỉnh;",
    "- UBND các huyện, TP. Cà Mau;",
    "- Lưu: VT, KGVX.",
)


def head(document: Any) -> None:
    """Names, number, place and date, title: elements 1 to 5 of the decree's form."""
    left, right = cells(document, 64, WIDTH - 64)
    line(left, "ỦY BAN NHÂN DÂN", NAMES, bold=True)
    line(left, "TỈNH CÀ MAU", NAMES, bold=True)
    rule(left, 64, 22)
    line(left, "Số:          /BC-UBND", TEXT, before=8)
    line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", NAMES, bold=True)
    line(right, "Độc lập - Tự do - Hạnh phúc", TEXT, bold=True)
    rule(right, WIDTH - 64, 58)
    line(right, "Cà Mau, ngày        tháng        năm            ", TEXT, italic=True, before=8)
    for text, before in (("BÁO CÁO", 14), ("{{ subject }}", 0)):
        line(document, text, TITLE, bold=True, before=before)
    rule(document, WIDTH, 50)
    line(document, "{%p for warning in warnings %}", TEXT)
    line(document, "{{ warning }}", TEXT, bold=True, before=6)
    line(document, "{%p endfor %}", TEXT)
    when(document, "sample_note")
    line(document, "({{ sample_note }})", TABLE, italic=True)
    end(document)


def foot(document: Any) -> None:
    """Recipients and signature. Who signs is for the office to write."""
    line(document, "", RECIPIENTS)
    left, right = cells(document, 82, WIDTH - 82)
    line(left, "Nơi nhận:", NAMES, bold=True, italic=True, align=LEFT)
    for recipient in RECIPIENT_LINES:
        line(left, recipient, RECIPIENTS, align=LEFT)
    for text in ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"):
        line(right, text, TITLE, bold=True)
    for _ in range(4):
        line(right, "", TITLE)
