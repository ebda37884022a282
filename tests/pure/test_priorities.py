"""How urgent failures are: explained, bounded, and never less for more of anything."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.events.priorities import CLASS_POINTS, priority_of

CODES = st.sampled_from([*sorted(CLASS_POINTS), "never_heard_of"])
MONEY = st.none() | st.integers(-(2**63), 2**63)
AGES = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000))
NUMBERS = st.integers(1, 10**7)
Case = tuple[str, int | None, timedelta, int]
CASES = st.tuples(CODES, MONEY, AGES, NUMBERS)


def priority(case: Case) -> int:
    code, money, age, number = case
    return priority_of(code, money, age=age, number=number)


class TestPriorities:
    @pytest.mark.parametrize(
        ("case", "expected"),
        [
            (("price_missing", 100, timedelta(0), 1), 20 + 9),
            (("price_missing", 10_000_000, timedelta(0), 1), 20 + 24),
            (("price_missing", None, timedelta(0), 1), 20 + 12),
            (("price_missing", 100, timedelta(hours=7), 1), 20 + 9 + 8),
            (("price_missing", 100, timedelta(days=1), 500), 20 + 9 + 12 + 12),
            (("webhook_given_up", 0, timedelta(0), 1), 10 + 3),
            (("defect", 10**12, timedelta(days=30), 10_000), 100),
            (("never_heard_of", 10**12, timedelta(days=30), 10_000), 100),
        ],
    )
    def test_it_is_the_sum_of_four_things(self, case: Case, expected: int) -> None:
        assert priority(case) == expected

    @given(CASES)
    def test_it_lies_between_0_and_100(self, case: Case) -> None:
        assert 0 <= priority(case) <= 100

    @given(CASES, st.integers(0, 2**62))
    def test_more_money_is_never_less_urgent(self, case: Case, more: int) -> None:
        code, money, age, number = case
        larger = abs(money) + more if money is not None else 1000 + more

        assert priority((code, larger, age, number)) >= priority(case)

    @given(CASES, AGES)
    def test_waiting_longer_is_never_less_urgent(self, case: Case, more: timedelta) -> None:
        code, money, age, number = case

        assert priority((code, money, age + more, number)) >= priority(case)

    @given(CASES, NUMBERS)
    def test_more_that_share_a_cause_are_never_less_urgent(self, case: Case, more: int) -> None:
        code, money, age, number = case

        assert priority((code, money, age, number + more)) >= priority(case)

    @given(CASES, CODES)
    def test_a_graver_class_is_never_less_urgent(self, case: Case, other: str) -> None:
        code, *rest = case
        graver = max(code, other, key=lambda each: CLASS_POINTS.get(each, 30))

        assert priority((graver, *rest)) >= priority((code, *rest))  # type: ignore[arg-type]
