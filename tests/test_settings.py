"""A setting that can't be right is said in one sentence, by its name, before anything is done."""

import pytest

from errors import WRONG_USAGE, WrongSettings
from settings import get_settings
from terminal import explain


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DUE_DAYS", "mười", "GIAMNGHEO_DUE_DAYS phải là số nguyên"),
        ("DUE_DAYS", "-1", "GIAMNGHEO_DUE_DAYS phải ≥ 0"),
        ("READER_SECONDS", "0", "GIAMNGHEO_READER_SECONDS phải > 0"),
        ("READER_SECONDS", "lâu", "GIAMNGHEO_READER_SECONDS phải là số"),
        ("LOG_STDERR", "có", "GIAMNGHEO_LOG_STDERR phải là true hoặc false"),
        ("REMIND_AFTER", "mai", "GIAMNGHEO_REMIND_AFTER phải là các số ngày, ví dụ 3 hoặc 1,3,7"),
        ("FIRST_PERIOD", "2020-03", "GIAMNGHEO_FIRST_PERIOD phải là kỳ gốc của Kế hoạch số 19/KH-UBND, 2019-12: chỉ"),
        ("FIRST_PERIOD", "2019-11", "GIAMNGHEO_FIRST_PERIOD phải là kỳ gốc của Kế hoạch số 19/KH-UBND, 2019-12: chỉ"),
        ("LAST_PERIOD", "2020-13", "GIAMNGHEO_LAST_PERIOD phải là một tháng dạng YYYY-MM"),
        ("LAST_PERIOD", "2018-01", "GIAMNGHEO_LAST_PERIOD phải từ GIAMNGHEO_FIRST_PERIOD trở đi"),
        ("TIMEZONE", "Asia/Hanoi", "GIAMNGHEO_TIMEZONE phải là tên một múi giờ, ví dụ Asia/Ho_Chi_Minh"),
        ("LEDGER_URL", "postgres://writer:mat-khau@host/db", "GIAMNGHEO_LEDGER_URL phải bắt đầu bằng sqlite:/// hoặc"),
        ("DUE_DATES", "17/2", "GIAMNGHEO_DUE_DATES phải là JSON"),
        ("DUE_DATES", '{"2020-01": "x"}', "GIAMNGHEO_DUE_DATES.2020-01 không đúng dạng"),
        ("DUE_DATES", '{"2020-13": "2020-02-17"}', "GIAMNGHEO_DUE_DATES phải có tháng dạng YYYY-MM"),
        ("DUE_DATES", '{"2020-01": "2020-01-31"}', "GIAMNGHEO_DUE_DATES phải có hạn sau khi tháng kết thúc"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"GIAMNGHEO_{name}", value)
    get_settings.cache_clear()
    with pytest.raises(WrongSettings) as raised:
        get_settings()
    said, code = explain(raised.value)
    assert said.startswith(f"Thiết đặt không dùng được: {sentence}") and said.endswith("mục Settings.")
    assert code == WRONG_USAGE and "mat-khau" not in said
