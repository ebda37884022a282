"""Decimals are understood with a point and with a comma; what may be either is refused."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from billing.sellers.admin.numbers import DecimalField, pointed


@pytest.mark.parametrize(
    ("entered", "meant"),
    [
        ("12.50", "12.50"), ("12,50", "12.50"), (" 0,125 ", "0.125"), (",5", ".5"),
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1,234,567", "1234567"),
        ("1.234.567", "1234567"), ("-3,5", "-3.5"), ("1234,567", "1234.567"), ("1.234", "1.234"),
        ("a,b", "a,b"), ("1,2,3", "1,2,3"), ("", ""),
    ],
)  # fmt: skip
def test_a_number_is_meant_one_way(entered: str, meant: str) -> None:
    with override("en"):
        assert pointed(entered) == meant


def test_a_comma_before_three_digits_may_be_either_in_english() -> None:
    with override("en"), pytest.raises(ValidationError, match=r"may be 1234 or 1\.234"):
        pointed("1,234")


def test_in_german_a_comma_is_a_decimal_s() -> None:
    with override("de"):
        assert pointed("1,234") == "1.234"
        assert pointed("1.234,56") == "1234.56"
        assert pointed("12.50") == "12.50"


def test_a_point_before_three_digits_may_be_either_in_german() -> None:
    with override("de"), pytest.raises(ValidationError, match="1234 oder 1,234"):
        pointed("1.234")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("value", [Decimal("1.234"), Decimal(1234), Decimal("0.000050")])
def test_what_is_shown_is_read_as_what_it_is(language: str, value: Decimal) -> None:
    field = DecimalField(max_digits=20, decimal_places=12)

    with override(language):
        assert field.clean(str(field.prepare_value(value))) == value
