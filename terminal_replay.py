"""What `giamngheo replay` prints, in Vietnamese."""

from typing import TYPE_CHECKING

from labels.table import SEVERITIES, STATES
from tasks.replay import REJUDGE, VALIDATOR, Change, Replay, totals_by_rule
from tasks.words import number_vi
from terminal import district_name, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Mapping

WAYS_VI = {
    "rejudge": "giamngheo rejudge",
    "validator": "người thẩm định xem: withdraw + reopen",
    "nothing": "không cần",
}


def print_replay(found: Replay) -> None:
    """Which rules newly fail or pass, each submission that would change, and the way on."""
    before = ", ".join(f"{pack} ({number_vi(count)} tệp)" for pack, count in found.rule_packs.most_common())
    say(f"Bộ quy tắc nay: {found.rule_pack} (mã nguồn {found.code_version}); đã xét trước đây bằng: {before or '–'}")
    say(f"Đã xét thử {number_vi(found.judged)} tệp từ bản gốc; không ghi gì.", bold=True)
    for left in found.left_out:
        say(f"Không xét {left['file_name']} ({left['submission_id'][:12]}): {left['why']}")
    for fault in found.faults:
        say(f"LỖI HỆ THỐNG (chưa xét được): {fault}", bold=True)
    if not found.changes:
        say("Không có gì thay đổi." if not found.faults else "Các tệp xét được không có gì thay đổi.")
        return
    _print_rules(found.changes)
    _print_submissions(found.changes)
    _say_ways_on(found.changes)


def _print_rules(changes: list[Change]) -> None:
    rows = []
    for row in totals_by_rule(changes):
        severity, before = SEVERITIES[row["severity"]].vi, SEVERITIES[row["severity_then"]].vi
        rows.append(
            (
                row["rule"],
                severity if severity == before else f"{severity} (trước: {before})",
                *(
                    f"{number_vi(row[f'newly_{what}_files'])} / {number_vi(row[f'newly_{what}_findings'])}"
                    for what in ("failing", "passing")
                ),
            )
        )
    if rows:
        print_rows(("Quy tắc", "Mức độ", "Mới vi phạm (tệp / lỗi)", "Hết vi phạm (tệp / lỗi)"), rows)


def _print_submissions(changes: list[Change]) -> None:
    rows = []
    for one in changes:
        verdict = STATES[one.verdict_now].vi
        if one.verdict_now != one.verdict_then:
            verdict = f"{STATES[one.verdict_then].vi} → {verdict}"
        if one.slot_now is not None:
            verdict += f" (bìa nay đọc là {district_name(one.slot_now[0])}, kỳ {one.slot_now[1]})"
        rows.append(
            (
                one.period or "?",
                district_name(one.district_code),
                one.file_name,
                STATES[one.state].vi,
                verdict,
                _counts(one.newly_failing),
                _counts(one.newly_passing),
                WAYS_VI[one.way],
                one.submission_id[:12],
            )
        )
    headings = ("Kỳ", "Huyện", "Tệp", "Đang là", "Kết luận", "Mới vi phạm", "Hết vi phạm", "Làm tiếp", "Mã")
    print_rows(headings, rows)


def _counts(counts: "Mapping[str, int]") -> str:
    return ", ".join(f"{rule} ×{number_vi(count)}" for rule, count in counts.items())


def _say_ways_on(changes: list[Change]) -> None:
    verdicts = sum(one.verdict_now != one.verdict_then for one in changes)
    say(f"{number_vi(len(changes))} tệp có thay đổi, {number_vi(verdicts)} tệp đổi kết luận.", bold=True)
    again = sum(one.way == REJUDGE for one in changes)
    if again:
        say(f"{number_vi(again)} tệp chưa chấp nhận: xét lại bằng giamngheo rejudge")
    look = [one for one in changes if one.way == VALIDATOR]
    if look:
        say(
            f"{number_vi(len(look))} tệp đã chấp nhận nay không còn đạt. Không tệp nào tự đổi trạng thái; người thẩm "
            "định xem từng tệp, và nếu cần xét lại: giamngheo withdraw MÃ …, rồi giamngheo reopen MÃ …"
        )
