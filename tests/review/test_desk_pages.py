"""The reading pages on a real data root: files that were really sent, judged and decided on."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
from deciding import DECEMBER, Desk
from desk_browser import Browser, signed_in
from small_district import a_household, a_month, some_rows

from errors import DamagedFile
from ledger.states import Submission
from review.app import create_app
from review.exports import attachment, to_csv
from review.personal import looks
from review.sheets import SheetStore
from settings import Settings
from tasks.children import Readers
from tasks.faults import Unreadable
from tasks.findings import MASK

NAME, NUMBER = "Nguyễn Thị Riêng Tư", "012345678"
SCRIPT, FORMULA = "<script>alert('x')</script>", '=HYPERLINK("http://x","y")'


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Desk:
    """Of Năm Căn: a bad first attempt for December (bad), a held second one (held), nothing that can be read (broken).

    U Minh's January follows an accepted December with one household more, one less, one poorer and one larger.
    """
    made = Desk(tmp_path_factory.mktemp("pages") / "data", readers)
    bad = a_month()
    bad.household[0] |= {"head_name": NAME, "head_id_number": NUMBER, "head_sex": SCRIPT, "b1_points": 121}
    bad.household[1] |= {"head_id_number": NUMBER, "ethnicity": FORMULA}
    made.take(bad=bad)
    held = a_month()
    held.household[0] |= {"head_name": NAME, "head_id_number": NUMBER}
    held.household[1] |= {"head_id_number": NUMBER}
    made.take(held=held)
    (made.settings.inbox / "broken.xlsx").write_bytes(b"no workbook")
    made.take(december=a_month(district_code="966"))
    rows = [row for row in some_rows("966") if row["household_code"] != "0003"]
    rows[0] |= {"persons": 5}
    rows[-1] |= {"class": "N1", "class_previous": "CN", "movement": "CN_N", "b1_points": 100, "causes": "1"}
    rows.append(rows[1] | {"household_code": "0999", "class_previous": "MOI", "movement": "MOI_N"})
    made.take(january=a_month("2020-01", rows, previous=a_month(district_code="966"), district_code="966"))
    states = made.states()
    assert (states["bad"], states["held"], states["broken"], states["december"]) == (
        "rejected",
        "held",
        "unreadable",
        "accepted",
    )
    return made


@pytest.fixture(scope="module")
def validator(desk: Desk) -> Iterator[Browser]:
    app = create_app(desk.settings)
    yield signed_in(app)
    app.state.data.close()


@pytest.fixture(scope="module")
def viewer(validator: Browser) -> Browser:
    return signed_in(validator.app, role="viewer")  # type: ignore[arg-type]


def at(one: Submission, more: str = "") -> str:
    return f"/submissions/{one.submission_id}{more}"


def findings_of(browser: Browser, one: Submission, rule: str) -> list[str]:
    """The addresses of the pages of a rule's findings."""
    page = browser.get(at(one, f"?rule={rule}")).text
    listing = page[page.index('id="listing"') :]
    return list(dict.fromkeys(re.findall(r'href="(/submissions/\w+/findings/\w+)"', listing)))


def text_of(html: str) -> str:
    """What a reader sees, white space as one."""
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", html).split()))


def test_home_shows_the_months_and_what_waits(desk: Desk, validator: Browser) -> None:
    page = validator.get("/?period=2019-12").text
    assert "<h1>Tháng 12/2019" in page
    queue = page[page.index('id="queue"') : page.index('id="months"')]
    order = [queue.index(f"/submissions/{desk.one(name).submission_id}") for name in ("bad", "held", "broken")]
    assert order == sorted(order)
    assert f'value="{desk.one("held").submission_id}@{desk.one("held").version}"' in queue
    cell = page[page.index('href="' + at(desk.one("held")) + '">Tạm giữ') :][:400]
    assert "Muộn" in cell
    assert "×2" in cell
    # What nobody sent in the two months that were touched; the years after them are one line.
    assert text_of(page).count("Chưa nhận") == 16
    assert re.search(r"\d+ kỳ chưa huyện nào gửi báo cáo, đã quá hạn", text_of(page))


def test_a_viewer_sees_the_queue_but_no_way_to_decide(desk: Desk, viewer: Browser) -> None:
    home, page = viewer.get("/").text, viewer.get(at(desk.one("held"))).text
    assert desk.one("held").submission_id in home
    for html in (home, page):
        assert 'type="checkbox"' not in html
        assert 'name="reason"' not in html
    assert viewer.get("/audit").status_code == 403
    assert viewer.get(at(desk.one("held"), "/original")).status_code == 403
    assert viewer.get(at(desk.one("held"), "/annotated")).status_code == 403


def test_a_submission_says_its_verdict_its_causes_and_how_to_mend_them(desk: Desk, validator: Browser) -> None:
    page = text_of(validator.get(at(desk.one("bad"))).text)
    assert "Không đạt Tệp có lỗi nghiêm trọng." in page
    causes = page[page.index("Nguyên nhân") : page.index("Từng lỗi")]
    assert "H12 nghiêm trọng Phân loại hộ trái với điểm B1, B2 và khu vực" in causes
    assert "Ghi lại tên dân tộc theo danh mục, ví dụ Kinh, Khmer, Hoa." in causes
    assert "Hộ!J5" in causes
    assert "H15 cảnh báo" in causes


def test_the_list_is_filtered_searched_and_sorted_by_the_server(desk: Desk, validator: Browser) -> None:
    bad = desk.one("bad")
    total = desk.findings("bad").height
    assert f"1–{total} trong {total} lỗi khớp" in text_of(validator.get(at(bad)).text)
    only = text_of(validator.get(at(bad, "?rule=H12&severity=critical&sheet=H%E1%BB%99&q=32194")).text)
    assert "1–1 trong 1 lỗi khớp" in only
    none = text_of(validator.get(at(bad, "?q=zzz")).text)
    assert "Không có lỗi nào khớp với bộ lọc." in none
    down = validator.get(at(bad, "?sort=sheet&order=down")).text
    assert 'aria-sort="descending"' in down
    assert re.search(r"\?[^\"]*sort=value", down)
    assert validator.get(at(bad, "?page=x")).status_code == 422
    assert validator.get(at(bad, "?page=999999&size=3")).status_code == 200


def test_a_finding_is_shown_with_the_row_around_it(desk: Desk, validator: Browser) -> None:
    [address] = findings_of(validator, desk.one("bad"), "H17")
    html = validator.get(address).text
    page = text_of(html)
    assert "Giá trị trong tệp " + FORMULA in page
    around = page[page.index("Cả dòng của ô có lỗi") :]
    assert "J5 Dân tộc " + FORMULA + " ▲ Ô có lỗi" in around
    assert "K5 Số nhân khẩu 4" in around
    assert "Chủ hộ mẫu" in around
    assert validator.get(address[:-4] + "0000").status_code == 404


def test_the_sheet_marks_cells_at_fault_and_goes_to_one(desk: Desk, validator: Browser) -> None:
    bad = desk.one("bad")
    html = validator.get(at(bad, f"/sheet?sheet={quote('Hộ')}&cell=J5")).text
    cell = re.search(r'<td id="J5"[^>]*>.*?</td>', html, re.DOTALL)
    assert cell is not None
    assert 'class="fault v-critical"' in cell[0]
    assert 'tabindex="0" autofocus' in cell[0]
    assert "▲H17" in text_of(cell[0])
    assert FORMULA in text_of(cell[0])
    plain = re.search(r'<td id="K5"[^>]*>.*?</td>', html, re.DOTALL)
    assert plain is not None
    assert plain[0] == '<td id="K5">4</td>'
    assert "Trang Hộ: dòng 1 đến 15 trong 15" in text_of(html)
    # Nothing stands there, and nothing is wrong with asking.
    for odd in (
        "cell=ZZ99999",
        "cell=XFD1048576",
        "row=999999&column=999999",
        "row=-5",
        "cell=%3Cb%3E",
        "sheet=%3Cb%3E",
    ):
        assert validator.get(at(bad, f"/sheet?{odd}")).status_code == 200


def test_a_long_sheet_is_read_in_windows(desk: Desk, readers: Readers, tmp_path: Path) -> None:
    made = Desk(tmp_path / "data", readers)
    rows = [a_household(household_code=f"{number:04d}", head_name=f"Chủ hộ {number}") for number in range(1, 201)]
    made.take(long=a_month(rows=rows))
    app = create_app(made.settings)
    browser = signed_in(app)
    long = made.one("long")
    sheet = f"/sheet?sheet={quote('Hộ')}"
    first = browser.get(at(long, sheet)).text
    assert "dòng 1 đến 60 trong 203" in text_of(first)
    after = unescape(re.findall(r'<a rel="next" href="([^"]*)"', first)[0])
    assert "dòng 61 đến 120 trong 203" in text_of(browser.get(after).text)
    there = text_of(browser.get(at(long, f"{sheet}&cell=F203")).text)
    assert "dòng 191 đến 203 trong 203" in there
    assert "Chủ hộ 200" in there
    app.state.data.close()


def test_what_the_sender_wrote_is_text_everywhere(desk: Desk, validator: Browser) -> None:
    bad = desk.one("bad")
    [scripted] = findings_of(validator, bad, "H08")
    places = (
        "",
        "?q=%3Cscript%3E",
        "/sheet",
        "/changes",
        "/history",
        f"/sheet?sheet={quote(SCRIPT)}&cell={quote(SCRIPT)}",
    )
    shown = 0
    for address in (scripted, *(at(bad, place) for place in places), f"/audit?q={quote(SCRIPT)}", "/?period=<script>"):
        html = validator.get(address).text
        assert "<script>alert" not in html
        assert not re.search(r"<script(?! src=\"/static/)", html)
        shown += SCRIPT in text_of(html)
    assert shown >= 4


def test_downloads_hold_no_formula(desk: Desk, validator: Browser) -> None:
    bad = desk.one("bad")
    table = validator.get(at(bad, "/findings.csv"))
    assert table.headers["content-disposition"] == attachment("loi bad.csv")
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + desk.findings("bad").height
    assert "'" + FORMULA in [row[5] for row in rows]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t"))]
    book = openpyxl.load_workbook(io.BytesIO(validator.get(at(bad, "/findings.xlsx?rule=H17")).content))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert FORMULA in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert book.active.max_row == 2
    assert not [cell for cell in cells if NUMBER in str(cell.value)]


def test_the_original_and_the_marked_workbook_can_be_taken_along(desk: Desk, validator: Browser) -> None:
    bad = desk.one("bad")
    original = validator.get(at(bad, "/original"))
    assert original.content == (desk.settings.raw / bad.submission_id).read_bytes()
    marked = validator.get(at(bad, "/annotated"))
    book = openpyxl.load_workbook(io.BytesIO(marked.content))
    assert book.sheetnames[:2] == ["Lỗi", "Bìa"]
    assert f"[{bad.submission_id[:8]}]" in marked.headers["content-disposition"]
    refused = validator.get(at(desk.one("broken"), "/annotated"))
    assert refused.status_code == 422
    assert "Không mở được tệp" in refused.text


def test_a_file_that_cant_be_opened_is_said_to_be_so(desk: Desk, validator: Browser) -> None:
    broken = desk.one("broken")
    assert "Không mở được tệp, nên không có gì được kiểm tra." in text_of(validator.get(at(broken)).text)
    for _ in range(2):
        page = text_of(validator.get(at(broken, "/sheet")).text)
        assert "Không mở được tệp: nội dung không phải là bảng tính" in page
    [address] = findings_of(validator, broken, "F01")
    assert "Không mở được tệp: nội dung không phải" in text_of(validator.get(address).text)
    assert validator.get(at(broken, "/changes")).status_code == 200


def test_changes_against_the_attempt_before(desk: Desk, validator: Browser) -> None:
    page = text_of(validator.get(at(desk.one("held"), "/changes")).text)
    assert "bad.xlsx" in page
    mended = desk.findings("bad").height - 2
    assert f"Đã sửa: {mended} " in page
    assert "Mới: 0" in page
    assert "Còn nguyên: 2 " in page
    assert "Không có danh sách kỳ trước nào được chấp nhận để so sánh." in page
    assert "Đây là lần gửi đầu tiên của kỳ này." in text_of(validator.get(at(desk.one("bad"), "/changes")).text)


def test_changes_against_the_last_accepted_register(desk: Desk, validator: Browser) -> None:
    page = text_of(validator.get(at(desk.one("january"), "/changes")).text)
    assert "Danh sách kỳ 12/2019" in page
    for line in ("Hộ vào danh sách: 1", "Hộ ra khỏi danh sách: 1", "Đổi phân loại: 1", "Đổi số khẩu: 1"):
        assert line in page
    assert "/0999 – N1 – 4" in page
    assert "CN N1" in page


def test_the_history_tells_every_event_of_the_slot(desk: Desk, validator: Browser) -> None:
    held = desk.one("held")
    for address in (at(held, "/history"), f"/slots/971/{DECEMBER}"):
        page = text_of(validator.get(address).text)
        assert "Kiểm tra: Tạm giữ, chờ thẩm định (H15 ×2)" in page
        assert page.count("Nhận tệp") == 2
    assert validator.get("/slots/971/2019-11").status_code == 404
    assert validator.get("/slots/000/2019-12").status_code == 404


def test_the_audit_log_says_that_it_is_whole(desk: Desk, validator: Browser) -> None:
    count = len(desk.events())
    page = text_of(validator.get("/audit").text)
    assert f"Chuỗi {count} sự kiện nguyên vẹn" in page
    assert "Chưa có gì được ghi." in text_of(validator.get("/audit?kind=returned").text)
    assert "january.xlsx" in text_of(validator.get("/audit?q=january").text)


def test_the_pages_speak_english_on_demand(desk: Desk, validator: Browser) -> None:
    english = signed_in(validator.app, name="An English Reader")  # type: ignore[arg-type]
    english.cookies.set("giamngheo_language", "en")
    bad = desk.one("bad")
    for address, words in {
        "/": "What waits for you",
        at(bad): "The file has critical findings.",
        at(bad, "/sheet"): "The sheet as sent",
        at(bad, "/changes"): "Against the previous attempt",
        at(bad, "/history"): "Judged: Rejected",
        "/waivers": "Waivers",
        "/audit": "events is intact",
    }.items():
        html = english.get(address).text
        assert '<html lang="en">' in html
        assert words in text_of(html)
    assert "Write the name as in the list, for instance Kinh, Khmer, Hoa." in text_of(english.get(at(bad)).text)


def test_personal_values_show_to_validators_and_each_look_is_noted(
    desk: Desk, validator: Browser, viewer: Browser
) -> None:
    bad = desk.one("bad")
    noted = len(looks(validator.app.state.desk))  # type: ignore[attr-defined]
    address = findings_of(validator, bad, "H15")[0]
    pages = (address, at(bad), at(bad, "?rule=H15"), at(bad, f"/sheet?sheet={quote('Hộ')}"))
    for page in pages:
        assert NUMBER in validator.get(page).text
        html = viewer.get(page).text
        assert NUMBER not in html
        assert NAME not in html
        assert MASK in html
    mine = looks(validator.app.state.desk)[noted:]  # type: ignore[attr-defined]
    assert {one.by for one in mine} == {"Người validator"}
    assert len(mine) >= len(pages)
    # The cover: who prepared it is personal, what it is about is not.
    cover = text_of(viewer.get(at(bad, f"/sheet?sheet={quote('Bìa')}")).text)
    assert "Người lập mẫu" not in cover
    assert "971" in cover


def test_a_decision_shows_with_a_way_back(desk: Desk, readers: Readers, tmp_path: Path) -> None:
    from deciding import copied

    own = copied(desk, tmp_path / "data")
    app = create_app(own.settings)
    browser = signed_in(app, name="Trần Thị B")
    held = own.one("held")
    browser.read(at(held))
    ids = own.findings("held").get_column("finding_id").to_list()
    fields = {"finding_id": ids, "reason": "Hai hộ một giấy", "until": "2999-12-31", "seen": str(held.version)}
    answer = browser.fill(at(held, "/waive"), **fields)
    assert answer.status_code == 303
    page = text_of(browser.get(answer.headers["location"]).text)
    assert "Đã ghi: Bỏ qua 2 lỗi H15 đến 31/12/2999" in page
    assert "Hoàn tác" in page
    assert "Chấp nhận Số liệu của tệp đang dùng cho kỳ này." in page
    waivers = text_of(browser.get("/waivers?status=active").text)
    assert waivers.count("Hai hộ một giấy") == 2
    assert "Chưa có lỗi nào được bỏ qua." in text_of(browser.get("/waivers?status=expired").text)
    app.state.data.close()


def test_cells_are_kept_private_bounded_and_read_once(desk: Desk, readers: Readers, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, ledger_url="")
    settings.raw.mkdir()
    for name in ("bad", "held"):
        one = desk.one(name).submission_id
        (settings.raw / one).write_bytes((desk.settings.raw / one).read_bytes())
    store = SheetStore(settings, readers, megabytes=0)
    bad, held = (desk.one(name).submission_id for name in ("bad", "held"))
    opened = store.open(bad, "bad.xlsx")
    (settings.raw / bad).unlink()
    assert store.open(bad, "bad.xlsx").register().equals(opened.register())
    kept = list((settings.data / "desk" / "sheets").rglob("*"))
    assert {f"{path.stat().st_mode & 0o777:o}" for path in kept} == {"700", "600"}
    store.open(held, "held.xlsx")
    assert store.at_hand(bad) is None
    (settings.raw / "x").write_bytes(b"no workbook")
    for _ in range(2):
        with pytest.raises(Unreadable):
            store.open("x", "x.xlsx")


def test_a_damaged_copy_is_named_thrown_away_and_made_again(desk: Desk, readers: Readers, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, ledger_url="")
    settings.raw.mkdir()
    held = desk.one("held").submission_id
    (settings.raw / held).write_bytes((desk.settings.raw / held).read_bytes())
    store = SheetStore(settings, readers)
    for damage in (lambda path: path.write_bytes(path.read_bytes()[:-9]), lambda path: path.unlink()):
        opened = store.open(held, "held.xlsx")
        sheet = opened.sheets[0]
        for path, look in ((opened.register_path, opened.register), (sheet.path, lambda: sheet.window(1, 1, 1, 1))):  # noqa: B023
            store.open(held, "held.xlsx")
            damage(path)
            with pytest.raises(DamagedFile) as raised:
                look()
            assert "sẽ được tạo lại" in raised.value.sentence()
            assert store.at_hand(held) is None
        assert store.open(held, "held.xlsx").register().height


@pytest.mark.parametrize(
    ("name", "header"),
    [
        (
            "Đầm Dơi T1.xlsx",
            "attachment; filename=\"Dam Doi T1.xlsx\"; filename*=UTF-8''%C4%90%E1%BA%A7m%20D%C6%A1i%20T1.xlsx",
        ),
        (
            'a"; x="b\r\nSet-Cookie: c.xlsx',
            "attachment; filename=\"a_ x=_b_Set-Cookie_ c.xlsx\"; filename*=UTF-8''a_%20x%3D_b_Set-Cookie_%20c.xlsx",
        ),
        ("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
        ("‮gpj.exe", "attachment; filename=\"_gpj.exe\"; filename*=UTF-8''_gpj.exe"),
        ("…", "attachment; filename=\"...\"; filename*=UTF-8''%E2%80%A6"),
        ("", "attachment; filename=\"tep\"; filename*=UTF-8''tep"),
    ],
)
def test_a_downloads_name_is_safe_in_its_header(name: str, header: str) -> None:
    assert attachment(name) == header
    assert header.isascii()


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "  =1", "-x"])
def test_a_csv_cell_cant_become_a_formula(text: str) -> None:
    assert to_csv(["x"], [[text]]).decode("utf-8-sig").splitlines()[-1].strip('"').startswith("'")


def test_numbers_stay_numbers_in_a_csv() -> None:
    assert to_csv(["x"], [["-5"], ["3,5"], ["12"]]).decode("utf-8-sig").splitlines() == ["x", "-5", '"3,5"', "12"]
