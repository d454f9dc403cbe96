"""Text of before Unicode is recognised by its words, converted to the letter, and nothing else is touched."""

import subprocess
import time
import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from legacy_typing import TONES, typed

from forms.dictionary import movements, sheets
from plan.reference import table, units
from tasks import legacy_text
from tasks.legacy_text import (
    NAMES,
    TCVN3,
    UTF_16,
    VISCII,
    VNI,
    VPS,
    WINDOWS_1258,
    decode_bytes,
    detect_and_convert,
    is_decomposed,
)
from tasks.legacy_text.tables import BYTES, decode_surface
from tasks.legacy_text.words import FOREIGN, KNOWN, SOUND, standing, words

SMALL = [unicodedata.normalize("NFC", vowel + tone) for vowel, tone in product("aăâeêioôơuưy", TONES)] + ["đ"]
# The letters that ASCII has not: 67 small ones and as many capitals.
LETTERS = [letter for letter in SMALL + [letter.upper() for letter in SMALL] if not letter.isascii()]
TCVN3_LETTERS = [letter for letter in LETTERS if letter.islower() or letter in "ĂÂÊÔƠƯĐ"]
ASCII = "abcdefghiklmnopqrstuvxyABCDEGHIKLMNOPQRSTUVXY 0123456789.,-/()"

UNITS = [unit.name for unit in units()]
LABELS = [field.label_vi for sheet in sheets().values() for field in sheet.fields]
MOVEMENTS = [movement.label_vi for movement in movements()]
CAUSES = [row["vi"] for row in table("poverty_causes")]
GROUPS = [row["name"] for row in table("ethnic_groups")]
PEOPLE = [
    " ".join(parts)
    for parts in product(
        ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Đỗ", "Dương", "Thạch", "Quách"),
        ("Văn", "Thị", "Hữu"),
        ("Út", "Bé", "Dũng", "Phượng", "Thắm", "Nhẫn", "Tuyết", "Khởi", "Nở", "Đượm"),
    )
]
# None of these words is looked up from here: hamlets are nobody's list.
HAMLETS = [
    *("Ấp Kinh Ngang", "Ấp Xẻo Lá", "Ấp Rạch Bần", "Ấp Mũi Tràm", "Ấp Tắc Thủ", "Ấp Giồng Kè", "Ấp Cây Gừa"),
    *("Ấp Bào Sen", "Ấp Vồ Dơi", "Ấp Kinh Hòn", "Ấp Cơi Nhì", "Ấp Trảng Cò", "Ấp Ông Quyến", "Ấp Bà Điều"),
    *("Ấp Xóm Biển", "Ấp Lung Giang", "Ấp Đường Ranh", "Ấp Bến Gỗ", "Ấp Cồn Cát", "Ấp Tân Ánh", "Ấp Phấn Đấu"),
    *("Ấp Quyền Thiện", "Ấp Thứ Vải"),
]
KINDS = {
    "units": UNITS,
    "labels": LABELS,
    "movements": MOVEMENTS,
    "causes": CAUSES,
    "people": PEOPLE,
    "hamlets": HAMLETS,
}


def shown_by_windows(text: str, code_page: str) -> str:
    """The same bytes as a Windows of a code page shows them; what it has no sign for stays."""
    return "".join(
        letter.encode("latin-1").decode(code_page, errors="ignore") or letter if letter > "\x7f" else letter
        for letter in text
    )


def same(text: str, other: str) -> bool:
    """TCVN3 has no capitals with a tone, so they can't come back."""
    return unicodedata.normalize("NFC", text).casefold() == other.casefold()


# --- tables ---


def test_there_are_134_letters() -> None:
    assert len(LETTERS) == 134
    assert len(TCVN3_LETTERS) == 74


@pytest.mark.parametrize("name", [VNI, VISCII, VPS, WINDOWS_1258])
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_comes_back(name: str, letter: str) -> None:
    assert decode_surface(typed(letter, name), name) == letter


@pytest.mark.parametrize("letter", TCVN3_LETTERS)
def test_every_letter_that_tcvn3_has_comes_back(letter: str) -> None:
    assert decode_surface(typed(letter, TCVN3), TCVN3) == letter


@pytest.mark.parametrize("name", [TCVN3, VISCII, VPS])
def test_no_letter_has_two_codes(name: str) -> None:
    letters = list(BYTES[name].values())
    assert sorted(letters) == sorted(TCVN3_LETTERS if name == TCVN3 else LETTERS)


@pytest.mark.parametrize(("name", "other"), [(TCVN3, "TCVN"), (VISCII, "VISCII")])
def test_tables_agree_with_iconv(name: str, other: str) -> None:
    codes = sorted(BYTES[name])
    lines = b"\n".join(bytes([code]) for code in codes)
    done = subprocess.run(["iconv", "-f", other, "-t", "UTF-8"], input=lines, capture_output=True)
    assert done.returncode == 0, done.stderr
    found = unicodedata.normalize("NFC", done.stdout.decode()).split("\n")
    assert found == [BYTES[name][code] for code in codes]


def test_windows_1258_agrees_with_python() -> None:
    for code in range(0xA0, 0x100):
        expected = unicodedata.normalize("NFC", bytes([code]).decode("cp1258"))
        assert decode_surface(chr(code), WINDOWS_1258) == expected


@pytest.mark.parametrize(
    ("letters", "codes"),
    [
        ("ạảấầẩẫậắằẳẵặ", "E5 E4 C3 C0 C4 C5 C6 A1 A2 A3 A4 A5"),
        ("ẹẻẽếềểễệịỉĩ", "CB C8 EB 89 8A 8B CD 8C CE CC EF"),
        ("ọỏốồổỗộớờởỡợ", "86 D5 D3 D2 B0 87 B6 A7 A9 AA AB AE"),
        ("ụủũứừửữựỳỷỹỵý", "F8 FB DB D9 D8 BA BB BF FF 9B CF 9C 9A"),
        ("đăơưĐĂƠƯ", "C7 E6 D6 DC F1 88 F7 D0"),
        ("ẠẬẶẸỆỊỌỘỢỤỰỴẪỮ", "02 03 04 05 06 10 11 12 13 14 15 19 1C 1D"),
        ("ẢẤẦẨẮẰẲẴẺẼẾỀỂỄỈĨ", "81 83 84 85 8D 8E 8F F0 DE FE 90 93 94 95 B7 B8"),
        ("ỎỐỒỔỖỚỜỞỠỦŨỨỪỬỲỶỸ", "BD 96 97 98 99 9D 9E 9F A6 D1 AC AD AF B1 B2 FD B3"),
    ],
)
def test_vps_has_the_codes_of_its_chart(letters: str, codes: str) -> None:
    assert decode_surface(bytes.fromhex(codes).decode("latin-1"), VPS) == letters


@pytest.mark.parametrize("name", NAMES)
@given(text=st.text(alphabet=ASCII + "".join(TCVN3_LETTERS), max_size=60))
def test_any_text_comes_back(name: str, text: str) -> None:
    assert decode_surface(typed(text, name), name) == text


@given(text=st.text(max_size=60))
def test_conversion_takes_any_text_and_gives_nfc(text: str) -> None:
    for name in NAMES:
        converted = decode_surface(text, name)
        assert unicodedata.is_normalized("NFC", converted)


# Sentences as they stand in documents of the time.
PRINTED = [
    (TCVN3, "Céng hßa x· héi chñ nghÜa ViÖt Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    (TCVN3, "§éc lËp - Tù do - H¹nh phóc", "Độc lập - Tự do - Hạnh phúc"),
    (TCVN3, "Hé nghÌo huyÖn TrÇn V¨n Thêi", "Hộ nghèo huyện Trần Văn Thời"),
    (VNI, "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    (VNI, "Ñoäc laäp - Töï do - Haïnh phuùc", "Độc lập - Tự do - Hạnh phúc"),
    (VNI, "Hoä ngheøo huyeän Traàn Vaên Thôøi", "Hộ nghèo huyện Trần Văn Thời"),
    (VISCII, "Cµng hòa xã hµi chü nghîa Vi®t Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    (VPS, "C¶ng hòa xã h¶i chû nghïa Vi\x8ct Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    (WINDOWS_1258, "Côòng hoÌa xaÞ hôòi chuÒ nghiÞa Viêòt Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
]


@pytest.mark.parametrize(("name", "text", "expected"), PRINTED)
def test_printed_sentences(name: str, text: str, expected: str) -> None:
    assert decode_surface(text, name) == expected


@pytest.mark.parametrize(("name", "text", "expected"), PRINTED)
def test_one_sentence_is_enough(name: str, text: str, expected: str) -> None:
    found, convert = detect_and_convert([text])
    assert (found, convert(text)) == (name, expected)


# --- recognising ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_is_recognised_and_every_cell_comes_back(name: str, kind: str) -> None:
    cells = [typed(text, name) for text in KINDS[kind]]
    found, convert = detect_and_convert(cells)
    assert found == name
    assert all(same(convert(cell), text) for cell, text in zip(cells, KINDS[kind], strict=True))


@pytest.mark.parametrize("name", [VISCII, VPS])
def test_codes_that_show_as_typographic_signs_of_windows_are_letters(name: str) -> None:
    texts = [*UNITS, *LABELS, *(text.upper() for text in UNITS)]
    cells = [shown_by_windows(typed(text, name), "cp1252") for text in texts]
    assert any("Œ" in cell or "Š" in cell or "•" in cell for cell in cells)
    found, convert = detect_and_convert(cells)
    assert (found, [convert(cell) for cell in cells]) == (name, [unicodedata.normalize("NFC", t) for t in texts])


@pytest.mark.parametrize("name", [TCVN3, VNI, VISCII, VPS])
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_a_vietnamese_windows_showed_as_its_own_are_recognised(name: str, kind: str) -> None:
    cells = [shown_by_windows(typed(text, name), "cp1258") for text in KINDS[kind]]
    found, convert = detect_and_convert(cells)
    assert found == name
    # A cell of which too little is left to tell stays as it is.
    right = sum(same(convert(cell), text) for cell, text in zip(cells, KINDS[kind], strict=True))
    assert right >= 0.95 * len(cells)


@pytest.mark.parametrize("name", NAMES)
def test_names_and_codes_beside_the_text_stay(name: str) -> None:
    cells = [*(typed(text, name) for text in LABELS), "N1", "KHONG_DOI", "Thach Sok Kha", "1.552", "x", "Khmer"]
    _, convert = detect_and_convert(cells)
    assert [convert(cell) for cell in cells[-6:]] == cells[-6:]


@pytest.mark.parametrize("name", NAMES)
def test_what_only_the_sender_knows_is_converted_too(name: str) -> None:
    _, convert = detect_and_convert([typed(text, name) for text in LABELS])
    for text in ("Krông Nô", "Brâu", "Ra-đê", "QĐ 33/2015/QĐ-TTg", "ĐBKK", "Nguễn Vằn Ặn", "gửi Đ/c Sáu"):
        assert same(convert(typed(text, name)), text)


@pytest.mark.parametrize("name", [TCVN3, VNI, WINDOWS_1258])
def test_quotation_marks_and_dashes_are_no_letters(name: str) -> None:
    cells = [typed(text, name) for text in LABELS]
    _, convert = detect_and_convert(cells)
    cell = f"“{cells[0]}” – {cells[1]}…"
    assert same(convert(cell), f"“{LABELS[0]}” – {LABELS[1]}…")


def test_capital_headers_of_tcvn3_become_capitals() -> None:
    cells = ["HUYÖN TRÇN V¡N THêI", "X· HßA Mü", "DANH S¸CH Hé NGHÌO", "Hé BTXH", "Hä vµ tªn", "Vâ Nô", "§BKK"]
    found, convert = detect_and_convert(cells)
    assert found == TCVN3
    assert [convert(cell) for cell in cells] == [
        "HUYỆN TRẦN VĂN THỜI",
        "XÃ HÒA MỸ",
        "DANH SÁCH HỘ NGHÈO",
        "Hộ BTXH",
        "Họ và tên",
        "Võ Nụ",
        "ĐBKK",
    ]


def test_both_spellings_of_a_tone_are_known() -> None:
    assert standing("Hoà") == standing("Hòa") == KNOWN
    texts = ["Xã Hoà Mỹ", "Xã Hòa Thành", "Xã Khánh Hoà"]
    cells = [typed(text, TCVN3) for text in texts]
    found, convert = detect_and_convert(cells)
    assert (found, [convert(cell) for cell in cells]) == (TCVN3, texts)


@pytest.mark.parametrize("name", NAMES)
def test_a_short_column_is_recognised_by_its_label_and_values(name: str) -> None:
    column = [typed(text, name) for text in ("Phân tổ", "Nhân khẩu", "Hộ nghèo", "Hộ cận nghèo", "Cuối kỳ")]
    assert detect_and_convert(column)[0] == name


@pytest.mark.parametrize("name", NAMES)
def test_one_word_is_too_little_to_tell(name: str) -> None:
    cell = typed("Nữ", name)
    found, convert = detect_and_convert([cell, "Nam"])
    assert found is None
    assert convert(cell) == unicodedata.normalize("NFC", cell)


@pytest.mark.parametrize("name", NAMES)
def test_a_legacy_column_under_a_unicode_label_is_recognised(name: str) -> None:
    assert detect_and_convert(["Họ và tên chủ hộ", *(typed(text, name) for text in PEOPLE[:40])])[0] == name


@pytest.mark.parametrize("name", NAMES)
def test_one_legacy_column_does_not_make_the_sheet_legacy(name: str) -> None:
    column = [typed(text, name) for text in HAMLETS[:8]]
    assert detect_and_convert([*UNITS, *LABELS, *PEOPLE, *column])[0] is None
    assert detect_and_convert([typed(text, name) for text in HAMLETS])[0] == name


@pytest.mark.parametrize("name", NAMES)
def test_unicode_cells_in_a_legacy_sheet_stay(name: str) -> None:
    unicode_cells = ["Huyện Đầm Dơi", "Xã Lợi An", "Trần Thị Bé", "Lê", "Hà Lê", "Số hộ", "Ơ Đu"]
    cells = [*(typed(text, name) for text in [*UNITS, *LABELS]), *unicode_cells]
    found, convert = detect_and_convert(cells)
    assert found == name
    assert [convert(cell) for cell in unicode_cells] == unicode_cells


def test_samples_do_not_fall_into_step_with_the_columns() -> None:
    row = [*(f"{typed(text, TCVN3)}" for text in LABELS[:29]), "Café"]
    assert detect_and_convert(row * 4000)[0] == TCVN3


# --- what must not be touched ---

LOOK_ALIKES = {
    "unit names": UNITS,
    "labels": LABELS,
    "movements": MOVEMENTS,
    "causes": CAUSES,
    "ethnic groups": GROUPS,
    "people": PEOPLE,
    "hamlets": HAMLETS,
    "capitals": [text.upper() for text in [*UNITS, *LABELS]],
    "Vietnamese with Latin-1 letters only": [
        "Lê Bé",
        "Hà Tô",
        "Hòa",
        "Trí",
        "Cát",
        "Lý Thành Tân",
        "Bà Kè",
        "Xã",
        "Tô Hoài",
    ],
    "old spelling": ["Hoà", "Hoá", "Khoá", "Toà", "Xoá", "Loà Xoà", "Hoà Bình", "Thuỷ Toán", "Xoài Hoàn Ngoài Loài"],
    "one name": ["Bé"],
    "ascii": ["Ca Mau", "Huyen U Minh", "U Minh", "Tran Van Thoi", "Kinh", "Khmer", "Hoa"],
    "codes": ["N1", "N2", "CN", "KHONG_DOI", "MOI_N", "TAI_CN", "964", "32141", "x", "X"],
    "numbers": ["1.552", "3,04", "0,5", "2020-01", "01/2020", "-1", "12%"],
    "khmer names in Latin letters": [
        "Thach Sok",
        "Danh Sà Rươl",
        "Kim Sà Rine",
        "Sơn Thị Sà Phol",
        "Lâm Êl",
        "Thạch Phi Rum",
    ],
    "french": ["Café", "Élève", "Noël", "Forêt", "Garçon", "Hé", "Né", "Où", "Là", "Pâté", "Crème brûlée", "Hôtel"],
    "portuguese": ["São", "Não", "Mãe", "Pão", "Coração", "Informação", "João", "Avó", "Bênção", "Município"],
    "spanish": ["Señor", "Año", "Niño", "Mañana", "Bogotá", "Perú", "México", "Número", "Dirección", "Ñandú"],
    "german": ["Müller", "Größe", "Übung", "Köln", "Straße", "Bäcker", "Schön", "Mädchen", "Füße", "Österreich"],
    "english": ["naïve", "résumé", "façade", "the household’s head", "20 °C", "½", "5 m²", "© 2020", "±3 %", "£5"],
    "signs": ["§ 5", "2 × 3", "µm", "«", "»", "·", "¹", "a·b", "10÷2", "®", "x ≤ 5", "→", "✓", "“Hộ”", "–", "…"],
    "utf-8 read as windows-1252": [text.encode().decode("cp1252", errors="ignore") for text in [*UNITS[:40], *LABELS]],
    "utf-8 read as latin-1": [text.encode().decode("latin-1") for text in [*UNITS[:40], *LABELS]],
    "other scripts": ["ខ្មែរ", "中文", "Москва", "ไทย", "😀 Hộ"],
    "mixed languages": ["Café Hộ nghèo", "São Paulo", "Xã Lợi An (Müller)", "Noël", "Hộ", "Ghi chú"],
    "nothing": [],
    "blank": ["", " ", "\u00a0", "\n"],
}


@pytest.mark.parametrize("kind", LOOK_ALIKES)
def test_look_alikes_are_not_touched(kind: str) -> None:
    cells = LOOK_ALIKES[kind]
    found, convert = detect_and_convert(cells)
    assert found is None
    assert [convert(cell) for cell in cells] == [unicodedata.normalize("NFC", cell) for cell in cells]


@pytest.mark.parametrize("kind", LOOK_ALIKES)
def test_no_look_alike_is_touched_alone(kind: str) -> None:
    assert [cell for cell in LOOK_ALIKES[kind] if detect_and_convert([cell])[0]] == []


@given(cells=st.lists(st.sampled_from([cell for cells in LOOK_ALIKES.values() for cell in cells]), max_size=30))
def test_no_mixture_of_look_alikes_is_touched(cells: list[str]) -> None:
    assert detect_and_convert(cells)[0] is None


@given(cells=st.lists(st.text(max_size=40), max_size=40))
def test_no_random_text_is_touched(cells: list[str]) -> None:
    found, convert = detect_and_convert(cells)
    assert found is None
    assert [convert(cell) for cell in cells] == [unicodedata.normalize("NFC", cell) for cell in cells]


@given(cells=st.lists(st.text(alphabet=[chr(code) for code in range(0x41, 0x100)], max_size=12), max_size=60))
def test_no_random_latin_1_is_touched(cells: list[str]) -> None:
    assert detect_and_convert(cells)[0] is None


@given(data=st.data(), name=st.sampled_from(NAMES), kind=st.sampled_from(sorted(KINDS)))
def test_no_part_of_a_sheet_is_taken_for_another_encoding(data: st.DataObject, name: str, kind: str) -> None:
    part = data.draw(st.lists(st.sampled_from(KINDS[kind]), max_size=12))
    assert detect_and_convert(typed(text, name) for text in part)[0] in (None, name)


# --- how far right and wrong lie apart ---


def test_three_hits_among_foreign_words_are_chance() -> None:
    hits = ["TrÇn", "V¨n", "Thêi"]
    assert detect_and_convert(hits)[0] == TCVN3
    assert detect_and_convert([*hits, "Crème brûlée"])[0] is None
    assert detect_and_convert([*hits, *LOOK_ALIKES["french"], *LOOK_ALIKES["german"]])[0] is None


def test_a_few_hits_do_not_outweigh_a_sheet_in_unicode() -> None:
    # No word of another script is a Vietnamese one, so the sheet does not look clean at first.
    foreign = [first + second for first in "абвгдежз" for second in "клмнопрстуфхцчшщэюя"]
    hits = [typed(text, VISCII) for text in ("Trần Văn Thời", "Đầm Dơi", "Hộ nghèo")]
    assert detect_and_convert([*hits, *foreign])[0] == VISCII
    assert detect_and_convert([*hits, *foreign, *UNITS, *LABELS])[0] is None


def test_words_of_two_encodings_are_no_evidence_for_either() -> None:
    cells = ["thÎ", "Tæng", "nhµ", "t¨ng", "H¶i", "n¨ng"]
    for name in (TCVN3, VPS):
        assert all(standing(decode_surface(cell, name)) == KNOWN for cell in cells)
    assert detect_and_convert(cells)[0] is None


def test_one_word_in_three_spellings_is_one_word() -> None:
    assert detect_and_convert(["Hé", "hé", "HÐ", "huyÖn", "HuyÖn", "HUYÖN"])[0] is None
    assert detect_and_convert(["huyÖn", "HuyÖn", "nghÌo", "x· héi"])[0] == TCVN3


def _points(found: set[str], name: str | None) -> int:
    return sum(standing(decode_surface(word, name) if name else word) for word in found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_thresholds_have_room_on_both_sides(name: str, kind: str) -> None:
    found = words("\n".join(typed(text, name) for text in KINDS[kind]))
    right = _points(found, name)
    rival = max(_points(found, other) for other in NAMES if other != name)
    # The hamlets are few and rare words: their lead is 1.5, that of the other kinds 1.7 and more.
    assert right >= (1.05 if kind == "hamlets" else 1.2) * legacy_text.MIN_LEAD * rival
    assert right >= 1.2 * legacy_text.MIN_LEAD * _points(found, None)
    genuine = words("\n".join(unicodedata.normalize("NFC", text) for text in KINDS[kind]))
    assert all(_points(genuine, other) < 1.05 * _points(genuine, None) for other in NAMES)


@pytest.mark.parametrize(
    ("word", "rank"),
    [
        ("nghèo", KNOWN),
        ("Thời", KNOWN),
        ("ỐC", SOUND),
        ("quệch", SOUND),
        ("giêng", SOUND),
        ("ngoèo", SOUND),
        ("ĐBKK", SOUND),
        ("tàc", FOREIGN),  # a stop takes the sharp or the heavy tone
        ("khắch", FOREIGN),
        ("ghộ", FOREIGN),
        ("café", FOREIGN),
        ("señor", FOREIGN),
        ("hộộ", FOREIGN),
    ],
)
def test_standing_of_a_word(word: str, rank: int) -> None:
    assert standing(word) == rank


# --- decomposed text ---


def test_decomposed_text_is_named_and_made_one() -> None:
    apart = unicodedata.normalize("NFD", "Trần Văn Thời")
    assert len(apart) == 18
    assert is_decomposed(["N1", apart])
    found, convert = detect_and_convert([unicodedata.normalize("NFD", text) for text in [*UNITS, *LABELS]])
    assert found is None
    assert convert(apart) == "Trần Văn Thời"


def test_composed_text_is_not_called_decomposed() -> None:
    assert not is_decomposed([*UNITS, *LABELS, "Đ", "", "N1", "Café", "\u0301"])


def test_text_of_windows_1258_in_unicode_counts_as_decomposed() -> None:
    assert is_decomposed(["Hô\u0323 nghe\u0300o"])
    assert detect_and_convert(["Hô\u0323 nghe\u0300o", "huyê\u0323n Trâ\u0300n Văn Thơ\u0300i"])[0] is None


# --- files of comma-separated text ---

CSV = "Mã xã;Xã/phường/thị trấn;Họ và tên chủ hộ\r\n" + "".join(
    f"32141;{unit};{person}\r\n" for unit, person in zip(UNITS, PEOPLE, strict=False)
)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf_8_is_utf_8(mark: str) -> None:
    assert decode_bytes((mark + CSV).encode()) == (CSV, None)


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_with_and_without_a_mark(code: str) -> None:
    assert decode_bytes(CSV.encode(code)) == (CSV, UTF_16)


def test_utf_16_with_a_big_endian_mark() -> None:
    assert decode_bytes(("\ufeff" + CSV).encode("utf-16-be")) == (CSV, UTF_16)


def test_utf_16_cut_off_is_read_to_the_last_letter() -> None:
    text, name = decode_bytes(CSV.encode("utf-16")[:-1])
    assert (text[:-1], name) == (CSV[:-1], UTF_16)


@pytest.mark.parametrize("name", NAMES)
def test_bytes_of_every_legacy_encoding(name: str) -> None:
    text, found = decode_bytes(typed(CSV, name).encode("latin-1"))
    assert found == name
    assert same(text, CSV)


@pytest.mark.parametrize("content", [b"", b"a,b\r\n1,2\r\n", b"\x00", b"N1;KHONG_DOI\n"])
def test_ascii_is_utf_8(content: bytes) -> None:
    assert decode_bytes(content) == (content.decode(), None)


def test_bytes_that_make_no_words_are_read_as_windows_1258() -> None:
    assert decode_bytes("Café;“Noël” – 5 €".encode("cp1252")) == ("Café;“Noël” – 5 €", WINDOWS_1258)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_broken_byte_does_not_make_utf_8_something_else(mark: bytes) -> None:
    content = CSV.encode()
    text, name = decode_bytes(mark + content[:500] + b"\xff" + content[500:])
    assert name is None
    assert text.count("\ufffd") in (1, 2, 3)
    assert text.endswith(CSV[-200:])


def test_utf_8_cut_off_in_a_letter_stays_utf_8() -> None:
    content = (CSV + "Hộ").encode()
    assert decode_bytes(content[:-1]) == (CSV + "H\ufffd", None)


@given(content=st.binary(max_size=300))
def test_any_bytes_give_text(content: bytes) -> None:
    text, name = decode_bytes(content)
    assert isinstance(text, str)
    assert name in (None, UTF_16, *NAMES)


@given(text=st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff"), max_size=200))
def test_any_utf_8_text_comes_back(text: str) -> None:
    assert decode_bytes(text.encode()) == (text, None)


# --- speed ---


def test_a_clean_sheet_costs_next_to_nothing() -> None:
    cells = [f"{person} {number}" for number in range(310) for person in PEOPLE][:100_000]
    detect_and_convert(UNITS)
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        assert detect_and_convert(cells)[0] is None
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.05
