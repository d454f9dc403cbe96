"""A small table that a person wrote: CSV by hand or out of a spreadsheet, with a header."""

import csv
from collections.abc import Sequence
from pathlib import Path

from errors import Refused


class WrongTable(Refused):
    """The table can't be used as it is; says which line is off and how, in Vietnamese."""

    usual_do_vi = "sửa tệp này rồi {again}"
    usual_do_en = "correct this file, then {again}"


def read_table(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file that has these columns, each with its line: values trimmed, empty lines left out.

    UTF-8, with a comma or, as spreadsheets write it here, a semicolon. Raises WrongTable and OSError.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WrongTable(f"{path} không phải là tệp CSV bằng UTF-8") from None
    lines = text.splitlines()
    delimiter = ";" if lines and ";" in lines[0] else ","
    reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        missing = [name for name in columns if name not in header]
        if missing:
            raise WrongTable(f"{path}, dòng 1: thiếu cột {', '.join(missing)}")
        reader.fieldnames = header
        rows = [(reader.line_num, {name: (row[name] or "").strip() for name in columns}) for row in reader]
    except csv.Error:
        raise WrongTable(f"{path}, dòng {reader.line_num + 1}: không đúng dạng CSV") from None
    return [(line, row) for line, row in rows if any(row.values())]
