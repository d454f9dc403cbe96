"""Pictures of the desk for docs/desk.md: `python docs/screenshots.py DATA_ROOT`, on the data root of `giamngheo demo`.

Takes in two sample files that are wrong, so that something waits, and leaves them there: give it a copy. All data is
synthetic.
"""

import sys
from pathlib import Path

from flows.ingest import ingest
from flows.runner import DirectRunner
from ledger.states import REJECTED
from sample.faults import write_faults
from settings import REPOSITORY, Settings

IMAGES = REPOSITORY / "docs" / "images"
NAME = "Trần Thị Bình"
WINDOW = {"width": 1280, "height": 860}


def main() -> None:
    # The tests know how to start the desk and a browser.
    sys.path[:0] = [str(REPOSITORY / "tests" / "e2e")]
    from desk_server import add_user, chromium, serving

    settings = Settings(data=Path(sys.argv[1]), settle_seconds=0)
    write_faults(settings.inbox, ["H12", "H05"], 2020)
    state = ingest(settings, DirectRunner()).state
    (rejected, *_) = [one.submission_id for one in state.submissions.values() if one.state == REJECTED]
    add_user(settings.data, NAME, "validator")
    IMAGES.mkdir(exist_ok=True)
    pages = {"desk-home": "/", "desk-submission": f"/submissions/{rejected}"}
    with serving(settings.data) as desk, chromium() as browser:
        page = browser.new_page(viewport=WINDOW)
        desk.sign_in(page, NAME)
        for name, path in pages.items():
            page.goto(desk.address + path)
            page.screenshot(path=IMAGES / f"{name}.png")
        # From the list of findings to the cell, as a validator goes; in the evening.
        page.emulate_media(color_scheme="dark")
        page.locator("table.findings a[href*='cell=']").first.click()
        page.locator("td.fault:focus").wait_for()
        page.screenshot(path=IMAGES / "desk-sheet-dark.png")


if __name__ == "__main__":
    main()
