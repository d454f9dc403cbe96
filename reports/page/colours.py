"""What the page's colours mean. A colour follows welfare, never the sign of a number: fewer poor households are
good, and so are more near-poor ones who come from the poor. Beside each colour stands a word or a number.
"""

from typing import Final

from reports.page.words import Words

# Dark enough for text beside it, apart for those who don't tell red from green.
GOOD, BAD = "#1b7f5c", "#c2571a"
OPEN, QUIET, PALE, LEVEL = "#2f6db3", "#8a94a0", "#c3cad2", "#47586a"
# A verdict of mart.target_vs_actual.
COLOURS = {"achieved": GOOD, "missed": BAD, "in_progress": OPEN, "no_target": QUIET, "no_data": PALE}
SLOT_COLOURS = {
    "accepted": GOOD,
    "accepted_late": "#8fc7ae",
    "waiting": OPEN,
    "held": "#e0b040",
    "received": "#dfe7f1",
    "rejected": BAD,
    "returned": BAD,
    "withdrawn": QUIET,
    "superseded": QUIET,
    "excused": PALE,
    "unreadable": "#7d2f12",
    "expected": "#ffffff",
}
# Two series that are compared, or one at two times, say nothing of good and bad.
SERIES = {"poor_rate": "#6a4c93", "near_poor_rate": "#2f6db3"}
TIMES = {"baseline": PALE, "now": OPEN}
# The more poor households, the deeper the orange.
RATE_SCHEME: Final = "oranges"

# What each flow of mart.movement means for the households that take it. Those of "other" moved, died, parted or joined.
WELFARE_OF_FLOW = {
    "poor": {
        "decrease_1": "better",
        "decrease_2": "better",
        "decrease_3": "other",
        "increase_1": "worse",
        "increase_2": "worse",
        "increase_3": "worse",
        "increase_4": "other",
    },
    "near_poor": {
        "decrease_1": "better",
        "decrease_2": "worse",
        "decrease_3": "other",
        "increase_1": "better",
        "increase_2": "worse",
        "increase_3": "worse",
        "increase_4": "other",
    },
}
WELFARE = {
    "better": Words("khá hơn", "better off"),
    "worse": Words("khó hơn", "worse off"),
    "other": Words("lý do khác", "other reasons"),
}
STEP_COLOURS = {"level": LEVEL, "better": GOOD, "worse": BAD, "other": QUIET, "gap": PALE}
