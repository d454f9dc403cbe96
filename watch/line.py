"""One line of the doctor's report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from errors import ProgramFault
from settings import Settings
from tasks.fault_words import as_ours
from telemetry.faults import described

OK, WARNING, BROKEN = "ok", "warning", "broken"
MARKS = {OK: "✓", WARNING: "!", BROKEN: "✗"}


@dataclass(frozen=True)
class Line:
    """What one check found: its stable name, `mark` (ok, warning, broken), a Vietnamese sentence, and the way on."""

    check: str
    mark: str
    says: str
    way: str = ""


# Gives the lines of one matter; none where it does not apply.
Check = Callable[[Settings], Iterator[Line]]


def guarded(name: str, check: Check, settings: Settings) -> list[Line]:
    """The lines of a check. One that can't be made is a broken one, and hides no other."""
    found: list[Line] = []
    try:
        for line in check(settings):
            found.append(line)
    except Exception as fault:
        ours = as_ours(fault)
        # The doctor changes nothing, the log neither: what is to be reported stands here.
        more = f" ({described(fault)})" if isinstance(ours, ProgramFault) else ""
        says = f"Không kiểm tra được: {ours.vi}{more}."
        found.append(
            Line(name, BROKEN, says, "xem các dòng ✗ khác trước; nếu chỉ còn dòng này, báo cho người phát triển")
        )
    return found


def gigabytes(count: float) -> str:
    """2,5 GB."""
    return f"{count / 1e9:.1f} GB".replace(".", ",")


def age(seconds: float) -> str:
    """A length of time in its largest unit, in Vietnamese: 3 giờ."""
    for unit, length in (("ngày", 86400), ("giờ", 3600), ("phút", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} giây"
