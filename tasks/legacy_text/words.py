"""What counts as Vietnamese: the words of the forms, the plan and common names, and how a syllable is built."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from forms.dictionary import movements, sheets
from plan.reference import name_key, table, units

KNOWN = 2
SOUND = 1
FOREIGN = 0

# Parts of personal names, and the words of offices that stand in titles, notes and addresses.
_NAME_PARTS = """
Nguyễn Trần Lê Phạm Huỳnh Hoàng Võ Vũ Phan Trương Bùi Đặng Đỗ Ngô Hồ Dương Đinh Lý Đoàn Trịnh Mã Lưu Tạ Quách Tăng
Thạch Sơn Hữu Châu Cao Tô Lâm Đào Mai Hà Văn Thị Ngọc Mỹ Quốc Bình Cường Dũng Đức Hải Hùng Khánh Nhân Phúc Tâm Út Bé
Cúc Diễm Hạnh Liên Nga Phượng Thắm Tuyết Yến Hòa Tuấn Thảo Thủy Thúy Phương Kiều Loan Nhung Hồng Đào Bích Lệ Hiền
Hiếu Nghĩa Trí Tín Lộc Thọ Phước Quý Tài Thành Thắng Tiến Toàn Trọng Vinh Việt Xuân Đông Bảy Chín Mười Sáu Năm Bốn
Tám Hậu Hương Hường Huệ Kiệt Kỳ Lành Luân Lượng Mạnh Mẫn Minh Mừng Nhã Nhựt Nữ Nam Phát Quyên Quỳnh Sĩ Thái Thiện
"""
_OFFICE_WORDS = """
Cộng hòa xã hội chủ nghĩa Việt Nam Độc lập Tự do Hạnh phúc Ủy ban nhân dân tỉnh huyện thị trấn thành phố phường ấp khóm
báo cáo danh sách hộ nghèo cận nghèo kết quả rà soát tháng quý năm người lập biểu ngày ký tên đóng dấu thủ trưởng đơn vị
phòng Lao động Thương binh và Xã hội tổng cộng toàn huyện số liệu đề nghị ghi chú chuyển đi đến chết tách nhập mới
không có đã được của cho các những theo từ trong về là một hai ba nhà ở đất nước điện đường trường trạm y tế bảo hiểm
cán bộ cố gắng học sinh trẻ em giới tính dân tộc nghề nghiệp địa chỉ thôn bản tổ khu vực nông thôn đô thị
"""

# A word: letters, and the control codes that VISCII and VPS use as letters. Typographic marks part words.
_WORD = re.compile(r"[^\x00\x01\x07-\x0f\x16-\x18\x1a\x1b\x1f-@\[-`{-\x7f\xa0–—‘’“”•…]+")

_ONSET = (
    "(?:ngh(?=[eêi])|gh(?=[eêi])|k(?=[eêiyo])|ng(?![eêi])|g(?![eêy])|c(?![eêiy])|qu?|gi|[nckpt]h|tr|[bdđhlmnrstvx]|)"
)
# The rhymes of the language without their tones.
_RHYMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôp uôt up uơ ut uy uya uych uyên uyêt uynh
uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y ych yêm yên yêng yêt yêu ynh yt
"""
_SYLLABLE = re.compile(_ONSET + "(?:" + "|".join(sorted(_RHYMES.split(), key=len, reverse=True)) + ")")
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
# A syllable that ends in one of these has the sharp or the heavy tone.
_STOPS = ("c", "ch", "p", "t")
_SHORT_TONES = ("\u0301", "\u0323")
# UBND, ĐBKK: letters of an abbreviation.
_ABBREVIATION = re.compile("[BCDĐGHKLMNPQRSTVX]*Đ[BCDĐGHKLMNPQRSTVX]*")


def words(text: str) -> set[str]:
    """The different words of a text that hold more than ASCII letters, and more than one letter."""
    return {word for word in _WORD.findall(text) if len(word) > 1 and not word.isascii()}


def _texts() -> Iterator[str]:
    for unit in units():
        yield unit.name
    for sheet in sheets().values():
        yield sheet.name_vi
        for field in sheet.fields:
            yield field.label_vi
            yield from field.choices
    for movement in movements():
        yield movement.label_vi
    for row in table("ethnic_groups"):
        yield f"{row['name']} {row['aliases']}"
    for row in table("poverty_causes"):
        yield row["vi"]
    for row in table("policies_monitored"):
        yield row["label_vi"]
    yield _NAME_PARTS
    yield _OFFICE_WORDS


@cache
def vocabulary() -> frozenset[str]:
    """The words of units, labels, choices and common names, as name keys: Hoà and Hòa are one word."""
    return frozenset(name_key(word) for text in _texts() for word in words(unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=50_000)
def standing(word: str) -> int:
    """KNOWN for a word of the vocabulary, SOUND for one built as a Vietnamese syllable, else FOREIGN."""
    word = unicodedata.normalize("NFC", word)
    if name_key(word) in vocabulary():
        return KNOWN
    if _ABBREVIATION.fullmatch(word) or _is_syllable(word.casefold()):
        return SOUND
    return FOREIGN


def _is_syllable(word: str) -> bool:
    decomposed = unicodedata.normalize("NFD", word)
    tones = _TONES.findall(decomposed)
    letters = unicodedata.normalize("NFC", _TONES.sub("", decomposed))
    if len(tones) > 1 or not _SYLLABLE.fullmatch(letters):
        return False
    return not letters.endswith(_STOPS) or "".join(tones) in _SHORT_TONES
