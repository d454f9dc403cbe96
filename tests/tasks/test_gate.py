"""Which files may be opened at all: told by their content, whatever they are called (rule F01)."""

import io
import zipfile
from pathlib import Path

import pytest
from small_district import a_month

from forms.workbook import write_workbook
from tasks import gate
from tasks.faults import Unreadable
from tasks.gate import recognise

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def an_archive(**entries: str) -> bytes:
    """A zip with these entries; `_` in a name stands for `/` and `__` for a dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", ".").replace("_", "/"), content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("gate") / "thang.xlsx"
    write_workbook(path, a_month())
    return path.read_bytes()


def refused(content: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        recognise(content)
    fault = caught.value
    assert fault.reason_vi
    assert fault.reason_en
    return fault


def test_a_workbook_is_xlsx(workbook: bytes) -> None:
    assert recognise(workbook) == "xlsx"


def test_an_open_document_is_ods() -> None:
    assert recognise(an_archive(mimetype=ODS, content__xml="<x/>")) == "ods"


def test_an_old_workbook_is_xls() -> None:
    assert recognise(OLE + bytes(600)) == "xls"


def test_an_empty_file_is_refused() -> None:
    assert "rỗng" in refused(b"").reason_vi


@pytest.mark.parametrize(
    "content",
    [
        b" ",
        "Kính gửi: Sở LĐTBXH".encode(),
        b"<html><table><tr><td>1</td></tr></table></html>",
        b"%PDF-1.7",
        b"\x00" * 1000,
        b"P",
        OLE[:4],
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    assert "không phải là bảng tính" in refused(content).reason_vi


def test_a_word_document_is_refused() -> None:
    assert "không chứa bảng tính" in refused(an_archive(word_document__xml="<w/>")).reason_vi


def test_a_zip_of_something_else_is_refused() -> None:
    refused(an_archive(anh__jpg="x"))


def test_macros_are_refused(workbook: bytes) -> None:
    buffer = io.BytesIO(workbook)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    assert "macro" in refused(buffer.getvalue()).reason_vi


def test_a_binary_workbook_is_refused() -> None:
    assert ".xlsb" in refused(an_archive(xl_workbook__bin="x")).reason_vi


def test_an_encrypted_workbook_is_refused() -> None:
    """Excel puts what is encrypted into an OLE container beside a stream of this name."""
    assert "mật khẩu" in refused(OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)).reason_vi


def test_an_encrypted_archive_is_refused(workbook: bytes) -> None:
    damaged = bytearray(workbook)
    start = 0
    while (start := damaged.find(b"PK\x01\x02", start)) >= 0:
        damaged[start + 8] |= 1
        start += 4
    assert "mật khẩu" in refused(bytes(damaged)).reason_vi


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_transfer_that_broke_off_is_refused(workbook: bytes, share: float) -> None:
    assert "hỏng" in refused(workbook[: int(share * len(workbook))]).reason_vi


def test_too_many_bytes_are_refused(workbook: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MAX_BYTES", len(workbook) - 1)
    assert "quá lớn" in refused(workbook).reason_vi


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MAX_UNPACKED_BYTES", 10_000)
    assert "quá lớn" in refused(an_archive(xl_workbook__xml="0" * 20_000)).reason_vi


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MAX_ENTRIES", 3)
    refused(an_archive(**{f"xl_{number}": "x" for number in range(4)}))


def test_the_name_does_not_matter(workbook: bytes, tmp_path: Path) -> None:
    """Contract: an extension that disagrees with a good content is F11, not F01."""
    path = tmp_path / "thang.doc"
    path.write_bytes(workbook)
    assert recognise(path.read_bytes()) == "xlsx"
