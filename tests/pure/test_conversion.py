"""VAT in the seller's currency: rounded once, in parts that sum to the whole."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.conversion import (
    Conversion,
    convert_correction,
    convert_parts,
    converted,
    crossed,
)

DAY = date(2026, 1, 2)
AMOUNTS = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5)
RATES = st.decimals(Decimal("0.0001"), Decimal(20_000), places=4)


def rate(value: str | Decimal, currency: str = "USD", into: str = "EUR") -> Conversion:
    return Conversion(currency=currency, into=into, rate=Decimal(value), day=DAY, source="ECB")


class TestConverted:
    @pytest.mark.parametrize(
        ("amount", "by", "expected"),
        [
            (19_00, rate("1.0823"), 17_56),  # 19.00 / 1.0823 = 17.5552…
            (-19_00, rate("1.0823"), -17_56),
            (95, rate("162.77", "JPY"), 58),  # 95 yen / 162.77 = 0.5836…
            (1, rate("2"), 1),  # 0.005: half up, away from zero
            (-1, rate("2"), -1),
            (2_346, rate("0.3321", "KWD"), 7_06),  # 2.346 dinars / 0.3321 = 7.0641…
            (10_00, rate("0.006", "EUR", "JPY"), 1667),  # 10 euros / 0.006 = 1666.67 yen
            (0, rate("1.0823"), 0),
        ],
    )
    def test_it_is_rounded_once_half_up(self, amount: int, by: Conversion, expected: int) -> None:
        assert converted(amount, by) == expected

    def test_parts_sum_to_the_whole(self) -> None:
        # 0.10 / 3 = 0.0333… each, 0.0667 together: 7 cents, the odd one goes to the first.
        assert convert_parts([10, 10], rate("3")) == [4, 3]

    def test_what_is_nothing_stays_nothing(self) -> None:
        assert convert_parts([0, 19_00, 0], rate("1.0823")) == [0, 17_56, 0]
        assert convert_parts([0], rate("1.0823")) == [0]

    @given(AMOUNTS, RATES)
    def test_parts_always_sum_to_the_whole(self, parts: list[int], value: Decimal) -> None:
        by = rate(value)

        found = convert_parts(parts, by)

        assert sum(found) == converted(sum(parts), by)
        assert all(abs(one - part / by.rate) < 1 for one, part in zip(found, parts, strict=True))


class TestCorrections:
    @given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), RATES)
    def test_together_they_take_back_exactly_what_was_stated(
        self, taken: list[int], value: Decimal
    ) -> None:
        by, left = rate(value), sum(taken)
        stated = converted(left, by)

        for tax in taken:
            (part,) = convert_correction([-tax], by, left_minor=left, left_converted_minor=stated)
            assert part <= 0  # It never states a tax of the other sign.
            left, stated = left - tax, stated + part

        assert stated == 0

    def test_a_cancellation_is_the_exact_negation(self) -> None:
        by = rate("1.0823")

        found = convert_correction(
            [-19_00, -7_03], by, left_minor=26_03, left_converted_minor=converted(26_03, by)
        )

        assert found == [-each for each in convert_parts([19_00, 7_03], by)]


class TestCrossed:
    def test_it_goes_over_the_euro(self) -> None:
        # 1.0823 dollars and 4.2570 zlotys for one euro: 0.25423… dollars for one zloty.
        found = crossed(rate("1.0823"), rate("4.2570", "PLN"))

        assert (found.currency, found.into, found.source) == ("USD", "PLN", "ECB")
        assert found.rate == Decimal("0.254240075170307728")
        assert converted(19_00, found) == 74_73  # 19.00 x 4.2570 / 1.0823 = 74.7325…
