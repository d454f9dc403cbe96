"""Ten hostile files beside good ones: the good are accepted, each hostile one is named, nothing is lost."""

import datetime as dt
import io
import os
import random
import struct
import zipfile
from pathlib import Path

import psutil
import pytest

from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from sample.year import generate_year
from settings import Settings
from tasks.judgements import read_findings

AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)
BASELINE = "2019-12"
GOOD = ("964", "971", "972")
SHEET = "xl/worksheets/sheet2.xml"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
SECONDS = 20


def zipped(*members: tuple[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def with_part(workbook: bytes, part: str, content: str | bytes) -> bytes:
    """The same workbook with one part replaced, or added."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        others = [(name, archive.read(name)) for name in archive.namelist() if name != part]
    return zipped((part, content), *others)


def a_bomb(workbook: bytes) -> bytes:
    """Unpacks to a hundred times what its own size allows."""
    return with_part(workbook, SHEET, b"<worksheet><sheetData>" + b"<row/>" * 30_000_000)


def lying_sizes(workbook: bytes) -> bytes:
    content = bytearray(with_part(workbook, SHEET, b"<worksheet><sheetData>" + b"<row/>" * 10_000_000))
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 4096)
    return bytes(content)


def laughs() -> str:
    entities = [
        '<!ENTITY a "ha">',
        *(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
    return f"<?xml version='1.0'?><!DOCTYPE worksheet [{''.join(entities)}]><worksheet>&i;</worksheet>"


def far_apart() -> str:
    return '<worksheet><sheetData><row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row></sheetData>'


def repeated_cells() -> bytes:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    rows = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    return zipped(("mimetype", ODS), ("content.xml", f'<office:x><table:table table:name="Hộ">{rows}</table:table>'))


def very_deep() -> bytes:
    """Random names, so that it packs no better than an honest sheet."""
    numbers = random.Random(1)
    return b"<worksheet>" + b"".join(b"<a%x>" % numbers.getrandbits(64) for _ in range(1_000_000))


def hostile_files(workbook: bytes) -> dict[str, tuple[bytes, str]]:
    """Content by file name, and a word of the reason that the sender must find."""
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    return {
        "bom.xlsx": (a_bomb(workbook), "quá lớn"),
        "khai gian.xlsx": (lying_sizes(workbook), "không đúng"),
        "macro.xlsx": (with_part(workbook, "xl/vbaProject.bin", b"macro"), "macro"),
        "mat khau.xlsx": (ole + "EncryptedPackage".encode("utf-16-le"), "mật khẩu"),
        "dut doan.xlsx": (workbook[: len(workbook) * 2 // 3], "hỏng"),
        "ngau nhien.xlsx": (random.Random(2).randbytes(200_000), "không phải là bảng tính"),
        "trang web.xls": ("<html><table><tr><td>Hộ</td></tr></table></html>".encode(), "HTML"),
        "di nguoc.zip": (zipped(("../../cover.csv", "a;b")), "không an toàn"),
        "cuoi.xlsx": (with_part(workbook, SHEET, laughs()), "DTD"),
        "lap o.ods": (repeated_cells(), "quá nhiều ô"),
        "xa nhau.xlsx": (with_part(workbook, SHEET, far_apart()), "quá nhiều ô"),
        "rat sau.xlsx": (with_part(workbook, SHEET, very_deep()), "lồng nhau"),
        "th\udce1ng \u202excod.xlsx": (b"\x00" * 100, "không phải là bảng tính"),
    }


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, IngestReport, dict[str, tuple[bytes, str]]]:
    settings = Settings(
        data=tmp_path_factory.mktemp("hostile"), settle_seconds=0, ledger_url="", reader_seconds=SECONDS, readers=2
    )
    settings.inbox.mkdir(parents=True)
    year = generate_year(last=BASELINE)
    for district in GOOD:
        write_workbook(settings.inbox / f"tot {district}.xlsx", year[BASELINE, district])
    hostile = hostile_files((settings.inbox / f"tot {GOOD[0]}.xlsx").read_bytes())
    for name, (content, _) in hostile.items():
        (settings.inbox / name).write_bytes(content)
    os.mkfifo(settings.inbox / "ong.xlsx")
    (settings.inbox / "lien ket.xlsx").symlink_to("/etc/passwd")
    (settings.inbox / "thu muc.xlsx").mkdir()
    with open(settings.inbox / "khong lo.xlsx", "wb") as file:
        file.truncate((settings.max_file_megabytes + 1) << 20)
    hostile["khong lo.xlsx"] = (b"", "trên 100 MB")
    report = ingest(settings, DirectRunner(), clock=lambda: AT)
    return settings, report, hostile


def reasons(settings: Settings, report: IngestReport) -> dict[str, tuple[str, str]]:
    """Of the unreadable files, by the names that are shown: the reasons in Vietnamese and English."""
    found = {}
    for one in report.state.submissions.values():
        if one.state == "unreadable":
            findings = read_findings(settings.judgements, report.state, one, settings.timezone)
            assert findings["rule"].to_list() == ["F01"]
            found[one.file_name] = (findings.item(0, "message_vi"), findings.item(0, "message_en"))
    return found


Ingested = tuple[Settings, IngestReport, dict[str, tuple[bytes, str]]]


def test_the_good_are_accepted(ingested: Ingested) -> None:
    _, report, _ = ingested
    assert report.faults == []
    accepted = {one.district_code for one in report.state.submissions.values() if one.state == "accepted"}
    assert accepted == set(GOOD)


def test_every_hostile_file_is_named_with_its_reason(ingested: Ingested) -> None:
    settings, report, hostile = ingested
    found = reasons(settings, report)
    shown = {name.replace("\udce1", "�").replace("\u202e", "�"): word for name, (_, word) in hostile.items()}
    assert set(found) == set(shown)
    for name, word in shown.items():
        vietnamese, english = found[name]
        assert word in vietnamese
        assert vietnamese.startswith("Không mở được tệp: ")
        assert english != vietnamese


def test_nothing_is_lost(ingested: Ingested) -> None:
    settings, report, hostile = ingested
    done = settings.inbox / ".done"
    sent = len(hostile) + len(GOOD)
    assert len(list(done.iterdir())) == sent
    assert len(list(settings.raw.iterdir())) == sent
    assert len(report.state.submissions) == sent
    for name, (content, _) in hostile.items():
        if content:
            assert (done / name).read_bytes() == content


def test_what_is_no_file_is_left_with_a_note(ingested: Ingested) -> None:
    settings, report, _ = ingested
    refused = {taken.file_name for taken in report.taken if taken.refused}
    assert refused == {"ong.xlsx", "lien ket.xlsx", "thu muc.xlsx"}
    assert {Path(path).name for path in settings.inbox.glob("*.ghi-chu.txt")} == {
        f"{name}.ghi-chu.txt" for name in refused
    }


def test_no_child_is_left(ingested: Ingested) -> None:
    assert [child for child in psutil.Process().children() if "tasks.child" in child.cmdline()] == []
