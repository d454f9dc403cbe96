"""A validator's day in a real browser: sign in, find, read, jump, waive, return, download, decide on many, disagree."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from deciding import Desk, held, rejected
from desk_server import Serving, add_user, chromium, serving
from playwright.sync_api import Browser, Page, expect
from small_district import a_month

from forms.month import DistrictMonth
from tasks.children import Readers

BINH, AN, XEM = "Trần Thị Bình", "Lê Văn An", "Người xem"
SCRIPT = "<script>document.title='hỏng'</script>"
PERSON = "Nguyễn Thị Riêng Tư"


def of(district_code: str, month: DistrictMonth) -> DistrictMonth:
    """The same faults in another district."""
    other = a_month(district_code=district_code)
    for key in ("b1_points", "area"):
        other.household[0][key] = month.household[0][key]
    return other


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Files of five districts, named for what becomes of them: three are rejected, two held."""
    with Readers(1) as readers:
        made = Desk(tmp_path_factory.mktemp("browser") / "data", readers)
        bad = a_month()
        bad.household[0] |= {"b1_points": 121, "head_name": PERSON, "hamlet": SCRIPT, "head_id_number": "12345678"}
        made.take(
            bad=bad,
            waivable=of("966", rejected()),
            disputed=of("967", rejected()),
            held1=of("968", held()),
            held2=of("969", held()),
        )
        states = {name: made.one(name).state for name in ("bad", "waivable", "disputed", "held1", "held2")}
        assert states == dict.fromkeys(("bad", "waivable", "disputed"), "rejected") | dict.fromkeys(
            ("held1", "held2"), "held"
        )
        for name, role in ((BINH, "validator"), (AN, "validator"), (XEM, "viewer")):
            add_user(made.settings.data, name, role)
        yield made


@pytest.fixture(scope="module")
def server(desk: Desk) -> Iterator[Serving]:
    with serving(desk.settings.data) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, server: Serving) -> Iterator[Opened]:
    """A page in a window of its own, signed in under a name; nothing may go wrong in it unsaid."""
    contexts, complaints = [], []

    def one(name: str, **options: Any) -> Page:
        context = browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 900}, **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        server.sign_in(page, name)
        return page

    yield one
    for context in contexts:
        context.close()
    # What a page answers with on purpose (a conflict) the browser reports, too.
    assert [said for said in complaints if "409" not in said] == []


def open_file(page: Page, name: str) -> None:
    page.get_by_role("link", name=f"{name}.xlsx").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}.xlsx")


def raw(desk: Desk, name: str) -> bytes:
    return (desk.settings.raw / desk.one(name).submission_id).read_bytes()


def open_decision(page: Page, name: str) -> Any:
    """The form of a decision, unfolded."""
    page.locator("details.decision > summary", has_text=name).last.click()
    return page.locator("details.decision[open]").last


def test_from_the_queue_to_the_cell(opened: Opened, desk: Desk) -> None:
    page = opened(BINH)
    open_file(page, "bad")
    expect(page.locator(".verdict")).to_contain_text("Không đạt")
    finding = desk.findings("bad").filter(rule="H12").row(0, named=True)
    page.get_by_role("link", name="H12", exact=True).first.click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("H12")
    expect(page.locator("article.finding")).to_contain_text(finding["message_vi"])
    page.locator("article.finding").get_by_role("link", name=f"{finding['sheet']}!{finding['cell']}").click()
    cell = page.locator(f"td#{finding['cell']}")
    expect(cell).to_be_focused()
    expect(cell).to_be_in_viewport()
    sent = openpyxl.load_workbook(io.BytesIO(raw(desk, "bad")))[finding["sheet"]]
    expect(cell).to_contain_text(str(sent[finding["cell"]].value))
    expect(cell).to_contain_text("H12")


def test_what_a_cell_holds_is_text_everywhere(opened: Opened) -> None:
    page = opened(BINH)
    open_file(page, "bad")
    page.get_by_role("link", name="Trang tính như đã gửi").click()
    page.get_by_role("link", name="Hộ", exact=True).click()
    expect(page.locator("table.cells")).to_contain_text(SCRIPT)
    assert "hỏng" not in page.title()


def test_a_viewer_sees_no_names_and_no_decisions(opened: Opened) -> None:
    page = opened(XEM)
    open_file(page, "bad")
    assert page.locator("details.decision").count() == 0
    page.get_by_role("link", name="Trang tính như đã gửi").click()
    page.get_by_role("link", name="Hộ", exact=True).click()
    expect(page.locator("table.cells")).to_contain_text("•••")
    assert PERSON not in page.content() and "12345678" not in page.content()


def test_the_listing_is_searched_without_leaving_the_page(opened: Opened) -> None:
    page = opened(BINH)
    open_file(page, "bad")
    page.evaluate("window.stayed = true")
    listing = page.locator("#listing tbody tr")
    before = listing.count()
    page.get_by_label("Tìm", exact=True).fill("H12")
    expect(listing).not_to_have_count(before)
    for row in listing.all():
        expect(row).to_contain_text("H12")
    assert page.evaluate("window.stayed") is True
    assert "q=H12" in page.url


def test_a_waiver_lets_the_file_be_accepted(opened: Opened, desk: Desk) -> None:
    page = opened(BINH)
    open_file(page, "waivable")
    page.get_by_role("checkbox", name="H12").first.check()
    form = open_decision(page, "Bỏ qua các lỗi đã chọn")
    form.get_by_label("Đến hết ngày").fill("2099-12-31")
    form.get_by_role("button").click()
    # A reason is required: the browser says so, and nothing is sent.
    assert page.evaluate("document.querySelector('#waive-reason').validity.valueMissing")
    assert desk.one("waivable").state == "rejected"
    form.get_by_label("Lý do").fill("đã xác minh tại ấp")
    form.get_by_role("button").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã ghi")
    assert desk.one("waivable").state == "accepted"
    (waived,) = [event for event in desk.events() if event.kind == "waived"]
    assert (waived.by, waived.reason) == (BINH, "đã xác minh tại ấp")
    page.get_by_role("link", name="Bỏ qua lỗi", exact=True).click()
    expect(page.locator("main")).to_contain_text("đã xác minh tại ấp")


def test_a_returned_file_comes_back_marked(opened: Opened, desk: Desk, tmp_path: Path) -> None:
    page = opened(BINH)
    open_file(page, "bad")
    form = open_decision(page, "Trả lại huyện")
    form.get_by_label("Lý do").fill("Điểm B1 của hộ 0001 sai")
    form.get_by_role("button").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã ghi")
    assert desk.one("bad").state == "returned"
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Tệp đã đánh dấu lỗi").click()
    downloading.value.save_as(tmp_path / "marked.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert book.sheetnames[0] == "Lỗi"
    said = " ".join(str(cell.value) for row in book["Lỗi"].iter_rows() for cell in row if cell.value)
    assert "Điểm B1 của hộ 0001 sai" in said and "H12" in said
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Tệp gốc").click()
    downloading.value.save_as(tmp_path / "original.xlsx")
    assert (tmp_path / "original.xlsx").read_bytes() == (desk.settings.raw / desk.one("bad").submission_id).read_bytes()


def test_two_validators_at_once(opened: Opened, desk: Desk) -> None:
    first, second = opened(BINH), opened(AN)
    open_file(first, "disputed")
    open_file(second, "disputed")
    form = open_decision(first, "Trả lại huyện")
    form.get_by_label("Lý do").fill("thiếu chữ ký")
    form.get_by_role("button").click()
    expect(first.get_by_role("status").first).to_contain_text("Đã ghi")
    form = open_decision(second, "Trả lại huyện")
    form.get_by_label("Lý do").fill("sai điểm B1")
    form.get_by_role("button").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Tệp đã thay đổi")
    table = second.get_by_role("table")
    expect(table).to_contain_text(BINH)
    expect(table).to_contain_text("thiếu chữ ký")
    # What was typed is not lost.
    expect(second.locator("textarea[readonly]")).to_have_value("sai điểm B1")
    returned = [event for event in desk.events() if event.kind == "returned"]
    assert [event.reason for event in returned if event.submission_id == desk.one("disputed").submission_id] == [
        "thiếu chữ ký"
    ]


def test_many_at_once_with_one_reason_and_back_again(opened: Opened, desk: Desk) -> None:
    page = opened(BINH)
    for name in ("held1", "held2"):
        page.get_by_role("checkbox", name=f"{name}.xlsx").check()
    form = open_decision(page, "Quyết định cho các tệp đã chọn")
    form.get_by_label("Lý do").fill("đúng là khu vực thành thị")
    form.get_by_role("button", name="Chấp nhận").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã ghi")
    assert (desk.one("held1").state, desk.one("held2").state) == ("accepted", "accepted")
    decided = [event for event in desk.events() if event.reason == "đúng là khu vực thành thị"]
    assert len({event.payload["together"] for event in decided}) == 1
    undo = page.locator("details.undo").first
    undo.locator("summary").click()
    undo.get_by_role("textbox").fill("chọn nhầm")
    undo.get_by_role("button").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã ghi")
    assert sorted(desk.one(name).state for name in ("held1", "held2")) != ["accepted", "accepted"]


def test_the_language_stays(opened: Opened) -> None:
    page = opened(BINH)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
    page.get_by_role("link", name="Waivers").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")


def test_by_keyboard_alone(opened: Opened, server: Serving, desk: Desk) -> None:
    page = opened(BINH)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    finding = desk.findings("bad").filter(rule="H12").row(0, named=True)
    submission = f"{server.address}/submissions/{desk.one('bad').submission_id}"
    page.goto(f"{submission}/sheet?sheet={finding['sheet']}&cell={finding['cell']}")
    expect(page.locator(f"td#{finding['cell']}")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"td#{finding['cell']}")).not_to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"td#{finding['cell']}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article.finding")).to_contain_text("H12")
    page.keyboard.press("g")
    expect(page.get_by_role("heading", name="Việc đang chờ bạn")).to_be_visible()


def test_without_a_script(opened: Opened, server: Serving, desk: Desk) -> None:
    page = opened(BINH, java_script_enabled=False)
    page.goto(f"{server.address}/submissions/{desk.one('bad').submission_id}")
    page.get_by_label("Tìm", exact=True).fill("H12")
    page.get_by_role("button", name="Lọc").click()
    for row in page.locator("#listing tbody tr").all():
        expect(row).to_contain_text("H12")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_no_page_shuts_anybody_out(opened: Opened, server: Serving, desk: Desk, scheme: str, width: int) -> None:
    """axe-core finds no violation, and no page is wider than its window."""
    page = opened(BINH, color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    submission = f"/submissions/{desk.one('bad').submission_id}"
    finding = desk.findings("bad").filter(rule="H12").row(0, named=True)
    paths = ["/", submission, f"{submission}/findings/{finding['finding_id']}", f"{submission}/sheet?sheet=Hộ"]
    paths += [f"{submission}/changes", f"{submission}/history", "/slots/971/2019-12", "/waivers", "/audit", "/account"]
    for path in paths:
        page.goto(server.address + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_door_shuts_nobody_out(browser: Browser, server: Serving) -> None:
    page = browser.new_page()
    page.goto(f"{server.address}/submissions/{'0' * 64}")
    expect(page).to_have_url(f"{server.address}/sign-in?next=/submissions/{'0' * 64}")
    page.get_by_label("Tên").fill("Không có ai")
    page.get_by_label("Mật khẩu").fill("đoán mò thôi mà")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()
