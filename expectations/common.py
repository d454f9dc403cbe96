"""How an expectation says which rule it stands for and which column of the frame holds what."""

from collections.abc import Iterable
from typing import Any

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.catalogue import rules

COUNT = r"^\d+$"
COUNT_TEXT = "số nguyên từ 0 trở lên"


def meta(
    rule: str, field: str, value: str, expected: str | None = None, *, expected_text: str = "", **facts: str
) -> dict[str, Any]:
    """The link from a failed expectation to a finding.

    `field` is the form field at fault, or "" where the frame names it in its own column `field`.
    `value`, `expected` and every fact are columns of the frame; facts fill the placeholders of the message.
    `expected_text` says in Vietnamese what is expected where no column does. Where the rule is about more than the
    cell that it shows, the facts `said_value` and `said_expected` stand in the message for value and expected.
    """
    severity = rules()[rule].severity
    return {
        "severity": severity,
        "meta": {
            "rule": rule,
            "field": field,
            "value": value,
            "expected": expected,
            "expected_text": expected_text,
            "facts": facts,
        },
    }


def equal(rule: str, field: str, name: str, *, value: str | None = None, **facts: str) -> Expectation:
    """The derived pair `NAME_given`, `NAME_expected` is equal."""
    return gxe.ExpectColumnPairValuesToBeEqual(
        column_A=f"{name}_given",
        column_B=f"{name}_expected",
        **meta(rule, field, value or f"{name}_given", f"{name}_expected", **facts),
    )


def at_most(rule: str, field: str, name: str, **facts: str) -> Expectation:
    """The derived `NAME_given` does not exceed `NAME_expected`."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=f"{name}_expected",
        column_B=f"{name}_given",
        or_equal=True,
        **meta(rule, field, f"{name}_given", f"{name}_expected", **facts),
    )


def at_least(rule: str, field: str, name: str, **facts: str) -> Expectation:
    """The derived `NAME_given` is not below `NAME_expected`."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=f"{name}_given",
        column_B=f"{name}_expected",
        or_equal=True,
        **meta(rule, field, f"{name}_given", f"{name}_expected", **facts),
    )


def known_unit(communes: Iterable[str]) -> list[Expectation]:
    """H01 and F06, on whatever sheet a commune code stands."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="commune_code",
            value_set=sorted(communes),
            **meta("H01", "commune_code", "commune_code", expected_text="mã xã trong danh mục"),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="commune_district",
            column_B="sender_district",
            **meta("F06", "commune_code", "commune_code", "sender_district", district="sender_district"),
        ),
    ]


def whole_counts(rule: str, keys: Iterable[str]) -> list[Expectation]:
    """Every count is written as a whole number ≥ 0."""
    return [
        gxe.ExpectColumnValuesToMatchRegex(
            column=f"{key}__count", regex=COUNT, **meta(rule, key, f"{key}__count", expected_text=COUNT_TEXT)
        )
        for key in keys
    ]
