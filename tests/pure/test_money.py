"""Rounding to minor units, and splitting a sum without losing any of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import (
    UnknownCurrency,
    from_minor,
    minor_digits,
    round_half_up,
    round_parts,
    share_of,
    to_minor,
)

TOTALS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=20).filter(any)


class TestMinorUnits:
    @pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
    def test_a_currency_has_the_digits_of_iso_4217(self, currency, digits):
        assert minor_digits(currency) == digits

    @pytest.mark.parametrize("code", ["EURO", "eur", "", "XAU", "XXX"])
    def test_what_nobody_can_be_charged_in_is_refused(self, code):
        with pytest.raises(UnknownCurrency):
            minor_digits(code)

    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("199.995", "EUR", 20000),
            ("-199.995", "EUR", -20000),
            ("199.9949999999999999999999999999999", "EUR", 19999),
            ("0.5", "JPY", 1),
            ("1.0005", "KWD", 1001),
        ],
    )
    def test_halves_are_rounded_away_from_zero(self, amount, currency, minor):
        assert to_minor(Decimal(amount), currency) == minor

    def test_an_amount_has_all_places_of_its_currency(self):
        assert [str(from_minor(200, code)) for code in ("EUR", "JPY", "KWD")] == [
            "2.00",
            "200",
            "0.200",
        ]

    @given(TOTALS)
    def test_minor_units_survive_the_way_there_and_back(self, minor):
        assert to_minor(from_minor(minor, "EUR"), "EUR") == minor

    @given(st.decimals(-(10**15), 10**15, places=5))
    def test_rounding_is_symmetric(self, amount):
        assert round_half_up(-amount) == -round_half_up(amount)


class TestRoundParts:
    @pytest.mark.parametrize(
        ("total", "weights", "parts"),
        [
            (100, [1, 1, 1], [34, 33, 33]),
            (-100, [1, 1, 1], [-34, -33, -33]),
            (5, [0, 3, 7], [0, 2, 3]),  # 1.5 and 3.5: the earlier of two equal losses
            (0, [1, 2], [0, 0]),
        ],
    )
    def test_the_largest_remainder_gets_what_is_left(self, total, weights, parts):
        assert round_parts(shares(total, weights), total) == parts

    @given(TOTALS, WEIGHTS)
    def test_the_parts_sum_to_the_total(self, total, weights):
        assert sum(round_parts(shares(total, weights), total)) == total

    @given(TOTALS, WEIGHTS)
    def test_the_parts_of_the_negated_total_are_the_negated_parts(self, total, weights):
        negated = round_parts(shares(-total, weights), -total)

        assert negated == [-part for part in round_parts(shares(total, weights), total)]

    @given(TOTALS, WEIGHTS)
    def test_no_part_is_a_whole_unit_off_its_exact_share(self, total, weights):
        exact = shares(total, weights)

        for part, share in zip(round_parts(exact, total), exact, strict=True):
            assert abs(part - share) < 1 + Decimal("1e-9")


def shares(total, weights):
    return [share_of(Decimal(total), weight, sum(weights)) for weight in weights]


class TestHalfCents:
    @pytest.mark.parametrize(
        ("price", "used", "whole", "percent", "minor"),
        [
            ("187.47", 104, 182, "87.5", 9374),  # 93.735
            ("138.25", 28, 30, "75", 9678),  # 96.775
            ("30", 68, 184, "66.7", 740),  # 7.395
        ],
    )
    def test_a_share_of_days_that_does_not_end_keeps_its_half_cent(
        self, price: str, used: int, whole: int, percent: str, minor: int
    ) -> None:
        share = share_of(Decimal(price), used, whole)

        assert to_minor(share_of(share, Decimal(percent), 100), "EUR") == minor
