"""Names and ID numbers of people who do not exist, and that show it."""

import numpy as np

from sample.calibration import Ints

# Every name ends so: no reader can take it for a person's.
MARK = "(mẫu)"
_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Phan", "Trương", "Bùi", "Đặng", "Đỗ", "Ngô", "Hồ", "Dương")
_SURNAMES_KHMER = ("Thạch", "Danh", "Sơn", "Kim", "Lâm", "Lý", "Hữu", "Tăng")
_SURNAMES_HOA = ("Quách", "Trịnh", "Mã", "Lưu", "Giang", "Tạ")
_MIDDLE = {"Nam": ("Văn", "Hữu", "Minh", "Thanh", "Quốc", "Hoàng"), "Nữ": ("Thị", "Thị Mỹ", "Ngọc", "Thị Kim", "Thu")}
_GIVEN = {
    "Nam": ("An", "Bình", "Cường", "Dũng", "Đức", "Hải", "Hùng", "Khánh", "Lâm", "Nhân", "Phúc", "Sang", "Tâm", "Út"),
    "Nữ": ("Anh", "Bé", "Cúc", "Diễm", "Hạnh", "Hoa", "Lan", "Liên", "Mai", "Nga", "Phượng", "Thắm", "Tuyết", "Yến"),
}


def head_name(rng: np.random.Generator, sex: str, ethnicity: str) -> str:
    """A made-up, marked name such as "Nguyễn Văn An (mẫu)"."""
    surnames = {"Khmer": _SURNAMES_KHMER, "Hoa": _SURNAMES_HOA}.get(ethnicity, _SURNAMES)
    parts = (surnames, _MIDDLE[sex], _GIVEN[sex])
    return " ".join(part[rng.integers(len(part))] for part in parts) + " " + MARK


def id_numbers(rng: np.random.Generator, count: int, empty_share: float, first_serial: int) -> list[str | None]:
    """`count` different ID numbers of 9 or 12 digits; a share of them is not given.

    They begin with 000, which is no province's code: no person has such a number. Serials are drawn from
    the 400,000 that start at `first_serial`, so that two calls can be kept apart.
    """
    serials: Ints = rng.choice(400_000, size=count, replace=False) + first_serial
    numbers: list[str | None] = []
    for serial, long, empty in zip(serials, rng.random(count) < 0.45, rng.random(count) < empty_share, strict=True):
        numbers.append(None if empty else f"000{serial:09d}" if long else f"000{serial:06d}")
    return numbers
