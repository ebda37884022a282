"""The arithmetic: rounded once, and parts that come to the whole."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoices.documents.checks import check
from invoices.documents.exemptions import exemptions
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.lines import AllowanceCharge, Line, Price, Vat
from invoices.documents.sums import Exemption, fitting_price, line_net, rounded, vat_groups
from tests.documents.house import (
    EXEMPT,
    OUTSIDE_SCOPE,
    REDUCED,
    STANDARD,
    ZERO_RATED,
    document,
    line,
)

QUANTITIES = st.decimals(-10_000, 10_000, places=3).filter(bool)
PRICES = st.decimals(0, 10_000, places=6)
AMOUNTS = st.decimals(-100_000, 100_000, places=2)
VATS = st.sampled_from([STANDARD, REDUCED, ZERO_RATED, EXEMPT])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    discount = AllowanceCharge(
        amount=draw(st.decimals(0, 100, places=2)), is_charge=draw(st.booleans()), reason="x"
    )
    per = draw(st.sampled_from([None, "100", "3"]))
    quantity, price = str(draw(QUANTITIES)), str(draw(PRICES))
    return line("A", quantity, price, draw(VATS), per=per, allowances_charges=(discount,))


class TestLineNet:
    @pytest.mark.parametrize(
        ("quantity", "price", "net"),
        [
            ("1", Price(Decimal("0.005")), "0.01"),  # Half up,
            ("-1", Price(Decimal("0.005")), "-0.01"),  # away from zero.
            ("3", Price(Decimal("10"), Decimal(7)), "4.29"),  # 30 / 7 = 4.2857
            ("0", Price(Decimal("10")), "0.00"),
        ],
    )
    def test_it_is_rounded_once(self, quantity: str, price: Price, net: str) -> None:
        assert str(line_net(Decimal(quantity), price)) == net

    def test_zero_has_no_sign(self) -> None:
        assert str(rounded(Decimal("-0.001"))) == "0.00"


class TestFittingPrice:
    def test_a_unit_price_that_fits_is_kept(self) -> None:
        fitted = fitting_price(quantity=Decimal(3), net=Decimal(30), unit_price=Decimal(10))

        assert fitted == (Decimal(3), Price(Decimal(10)))

    def test_a_credit_of_it_takes_back_the_quantity(self) -> None:
        fitted = fitting_price(quantity=Decimal(3), net=Decimal(-30), unit_price=Decimal(10))

        assert fitted == (Decimal(-3), Price(Decimal(10)))

    def test_half_a_month_is_priced_as_a_whole(self) -> None:
        """5 seats x 30.00 x 15/31 days = 72.58."""
        fitted = fitting_price(quantity=Decimal(5), net=Decimal("72.58"), unit_price=Decimal(30))

        assert fitted == (Decimal(5), Price(Decimal("72.58"), Decimal(5)))

    @given(
        quantity=st.decimals(-1000, 1000, places=3),
        net=AMOUNTS,
        unit_price=st.none() | st.decimals(-1000, 1000, places=4),
    )
    def test_it_always_comes_to_the_amount(
        self, quantity: Decimal, net: Decimal, unit_price: Decimal | None
    ) -> None:
        count, price = fitting_price(quantity=quantity, net=net, unit_price=unit_price)

        assert line_net(count, price) == net
        assert price.amount >= 0
        assert count != 0


class TestVat:
    def test_outside_the_scope_there_is_no_rate(self) -> None:
        assert Vat.of("O", Decimal(0)) == OUTSIDE_SCOPE
        assert Vat.of("Z", Decimal(0)) == ZERO_RATED


class TestExemptions:
    def test_a_reverse_charge_has_the_words_of_the_law(self) -> None:
        assert exemptions("de_DE")[Category.REVERSE_CHARGE] == Exemption(
            "Steuerschuldnerschaft des Leistungsempfängers", "VATEX-EU-AE"
        )
        assert exemptions("en")[Category.REVERSE_CHARGE].reason == "Reverse charge"


class TestGroups:
    def test_vat_is_on_the_sum_not_on_lines(self) -> None:
        """3 x 0.03: 19 % of 0.09 is 0.02; of each 0.03 it would be 0.01, thrice."""
        groups = vat_groups([line("A", "1", "0.03")] * 3)

        assert [group.tax for group in groups] == [Decimal("0.02")]

    def test_rates_that_are_written_differently_are_one_group(self) -> None:
        groups = vat_groups(
            [line("A", "1", "1"), line("B", "1", "1", Vat(STANDARD.category, Decimal("19.000")))]
        )

        assert len(groups) == 1

    @settings(deadline=None)  # The first reads the code lists.
    @given(st.lists(lines(), min_size=1, max_size=8))
    def test_whatever_the_lines_the_document_keeps_the_rules(self, each: list[Line]) -> None:
        made = document(each)

        assert [check(made, profile) for profile in Profile] == [[]] * len(Profile)
