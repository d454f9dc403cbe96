"""The rule catalogue: every rule has its words in both languages, and every check its rule."""

from collections.abc import Iterator
from string import Formatter

import pytest
from great_expectations.expectations.expectation import Expectation

from expectations import commune, cover, household, movement, policy, presence
from expectations.catalogue import Rule, rules

PERIOD = "2019-12"
SUITES = {
    "cover": cover.suite(),
    "presence": presence.suite(),
    **{name: room.suite(PERIOD) for name, room in (("household", household), ("commune", commune))},
    **{name: room.suite(PERIOD) for name, room in (("movement", movement), ("policy", policy))},
}
# Said where the file is opened and where deliveries are compared; no frame holds it.
ELSEWHERE = {"F01", "F07", "X04"}
# What a finding's message may always use.
GIVEN_FACTS = {"value", "label", "sheet", "expected"}


def expectations() -> Iterator[tuple[str, Expectation]]:
    for name, suite in SUITES.items():
        for expectation in suite:
            yield name, expectation


def meta(expectation: Expectation) -> dict[str, object]:
    return dict(expectation.meta or {})


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_each_rule_says_the_same_in_both_languages(rule: Rule) -> None:
    assert rule.message_vi
    assert rule.message_en
    assert placeholders(rule.message_vi) == placeholders(rule.message_en)
    assert rule.rule


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_severity_and_outcome_fit(rule: Rule) -> None:
    outcomes = {"critical": {"reject", "unreadable"}, "warning": {"hold", "flag"}, "info": {"flag", "none"}}
    assert rule.on_fail in outcomes[rule.severity]


def test_codes_are_unique_and_those_of_the_contract() -> None:
    expected = [*(f"F{n:02d}" for n in range(1, 15)), "F16"] + [f"H{n:02d}" for n in range(1, 21)]
    expected += [f"C{n:02d}" for n in range(1, 8)] + [f"M{n:02d}" for n in range(1, 6)]
    expected += [f"P{n:02d}" for n in range(1, 8)] + [f"X{n:02d}" for n in range(1, 8)]
    assert list(rules()) == expected


def test_every_check_has_a_rule_of_the_catalogue() -> None:
    for name, expectation in expectations():
        assert meta(expectation)["rule"] in rules(), (name, expectation)


def test_every_check_carries_its_rules_severity() -> None:
    for _, expectation in expectations():
        rule = rules()[str(meta(expectation)["rule"])]
        severity = expectation.severity
        assert getattr(severity, "value", severity) == rule.severity


def test_every_message_is_given_all_that_it_names() -> None:
    for _, expectation in expectations():
        rule = rules()[str(meta(expectation)["rule"])]
        facts = meta(expectation)["facts"]
        assert isinstance(facts, dict)
        assert placeholders(rule.message_vi) <= GIVEN_FACTS | set(facts), rule.code


def test_every_rule_is_checked_somewhere() -> None:
    checked = {str(meta(expectation)["rule"]) for _, expectation in expectations()}
    assert set(rules()) - checked - ELSEWHERE == set()


def test_a_message_is_filled_in_and_an_unknown_fact_stays_empty() -> None:
    vi, en = rules()["H03"].message({"value": "0001", "other_row": "5"})
    assert vi == "Mã hộ 0001 bị trùng ở dòng 5"
    assert en == "Household code 0001 stands again in row 5"
    assert rules()["H03"].message({})[0] == "Mã hộ  bị trùng ở dòng "
