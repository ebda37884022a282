"""What is taken back bit by bit comes, once nothing is left, to exactly what was charged."""

from collections import defaultdict
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.corrections import (
    Group,
    TakenBack,
    correction_totals,
    share_of_units,
    spread,
)
from billing.pricing.taxes import DocumentTotals, Tax, TaxedLine, totals

RATES = [Tax("S", Decimal(19)), Tax("S", Decimal(7)), Tax("AE", Decimal(0))]


def lines_of(*taxes: Tax, least: int = -100_000) -> st.SearchStrategy[list[TaxedLine]]:
    line = st.builds(
        TaxedLine,
        amount_minor=st.integers(least, 100_000).filter(bool),
        tax=st.sampled_from(taxes),
        tax_included=st.booleans(),
    )
    return st.lists(line, min_size=1, max_size=8)


LINES = lines_of(*RATES)


class Document:
    """An invoice of which corrections take back more and more."""

    def __init__(self, lines: list[TaxedLine]) -> None:
        self.lines, self.totals = lines, totals(lines, "EUR")
        self.priced = [0] * len(lines)
        self.before: defaultdict[Group, int] = defaultdict(int)

    def take(self, amounts: dict[int, int]) -> DocumentTotals:
        """Take back so much of each line, by its index."""
        told = [
            TakenBack(
                tax=self.lines[i].tax,
                tax_included=self.lines[i].tax_included,
                amount_minor=amount,
            )
            for i, amount in amounts.items()
        ]
        made = correction_totals(told, "EUR", before=self.before)
        for i, amount in amounts.items():
            self.priced[i] += amount
            tax = self.lines[i].tax
            self.before[tax.category, tax.percent, self.lines[i].tax_included] += amount
        return made

    def some(self, data: st.DataObject) -> dict[int, int]:
        """Parts of what is left of some lines."""
        drawn = {
            i: data.draw(st.integers(min(0, left), max(0, left))) for i, left in self.left.items()
        }
        return {i: amount for i, amount in drawn.items() if amount}

    @property
    def left(self) -> dict[int, int]:
        whole = enumerate(zip(self.lines, self.priced, strict=True))
        found = {i: line.amount_minor - priced for i, (line, priced) in whole}
        return {i: left for i, left in found.items() if left}


class TestCorrectionTotals:
    @given(LINES)
    def test_all_at_once_is_the_negated_document(self, lines: list[TaxedLine]) -> None:
        document = Document(lines)

        made = document.take(document.left)

        whole = document.totals
        assert (made.net_minor, made.tax_minor, made.gross_minor) == (
            -whole.net_minor, -whole.tax_minor, -whole.gross_minor,
        )  # fmt: skip
        assert list(made.line_nets) == [-net for net in whole.line_nets]
        assert [(-tax.base_minor, -tax.tax_minor) for tax in made.taxes] == [
            (tax.base_minor, tax.tax_minor) for tax in whole.taxes
        ]

    @given(LINES, st.data())
    def test_bit_by_bit_comes_to_the_same(
        self, lines: list[TaxedLine], data: st.DataObject
    ) -> None:
        document, made = Document(lines), []
        for _ in range(data.draw(st.integers(0, 4))):
            if some := document.some(data):
                made.append(document.take(some))
        if document.left:
            made.append(document.take(document.left))

        whole, sums = document.totals, defaultdict[tuple[str, Decimal], list[int]](lambda: [0, 0])
        for tax in (tax for one in made for tax in one.taxes):
            sums[tax.category, tax.percent][0] -= tax.base_minor
            sums[tax.category, tax.percent][1] -= tax.tax_minor
        assert sums == {
            (tax.category, tax.percent): [tax.base_minor, tax.tax_minor] for tax in whole.taxes
        }
        assert sum(one.gross_minor for one in made) == -whole.gross_minor

    @given(LINES, st.data())
    def test_no_net_goes_beyond_its_price(
        self, lines: list[TaxedLine], data: st.DataObject
    ) -> None:
        document = Document(lines)
        for _ in range(4):
            some = document.some(data)
            made = document.take(some)
            for amount, net in zip(some.values(), made.line_nets, strict=True):
                assert min(0, amount) <= -net <= max(0, amount)

    @given(lines_of(*RATES, least=1), st.data())
    def test_no_tax_goes_beyond_that_of_the_document(
        self, lines: list[TaxedLine], data: st.DataObject
    ) -> None:
        document, taken = Document(lines), defaultdict[tuple[str, Decimal], int](int)
        for _ in range(4):
            for tax in document.take(document.some(data)).taxes:
                assert tax.tax_minor <= 0
                taken[tax.category, tax.percent] -= tax.tax_minor

        for tax in document.totals.taxes:
            assert taken[tax.category, tax.percent] <= tax.tax_minor

    @given(lines_of(*RATES), st.data())
    def test_vat_is_the_rate_of_the_base(self, lines: list[TaxedLine], data: st.DataObject) -> None:
        document = Document(lines)
        for _ in range(3):
            for tax in document.take(document.some(data)).taxes:
                # Two cents where prices with and without tax meet: each is rounded by itself.
                assert abs(tax.tax_minor - tax.base_minor * tax.percent / 100) < 2.5

    def test_many_lines_with_gross_prices_bear_the_tax_of_their_sum(self) -> None:
        tax = RATES[0]
        document = Document([TaxedLine(999, tax, tax_included=True) for _ in range(400)])

        # 200 x 9.99 = 1,998.00 gross: / 1.19 = 1,678.99 net, though the first 200 bear 8.40 each
        made = [document.take(dict.fromkeys(range(200), 999)), document.take(document.left)]

        assert [(-one.net_minor, -one.tax_minor) for one in made] == [
            (167_899, 31_901),
            (167_899, 31_901),
        ]

    def test_it_says_why_there_is_no_vat(self) -> None:
        tax = Tax("E", Decimal(0), exemption_code="VATEX-EU-132", exemption_text="Schooling")
        document = Document([TaxedLine(500, tax, tax_included=False)])

        (made,) = document.take({0: 300}).taxes

        assert made.printed == {
            "category": "E",
            "percent": "0",
            "base_minor": -300,
            "tax_minor": 0,
            "exemption_code": "VATEX-EU-132",
            "exemption_text": "Schooling",
        }

    def test_vat_is_reckoned_on_what_is_taken_back(self) -> None:
        tax = RATES[0]
        document = Document([TaxedLine(10, tax, tax_included=False) for _ in range(3)])

        made = [document.take({i: 10}).tax_minor for i in range(3)]

        # 0.10 x 19 % = 0.019 -> 0.02; 0.20: 0.038 -> 0.04; 0.30: 0.057 -> 0.06, as charged
        assert made == [-2, -2, -2]


class TestSpread:
    @given(st.lists(st.integers(0, 10_000), min_size=1).filter(any), st.data())
    def test_the_parts_are_the_whole_and_no_more_than_is_left(
        self, lefts: list[int], data: st.DataObject
    ) -> None:
        total = data.draw(st.integers(0, sum(lefts)))

        parts = spread(lefts, total)

        assert sum(parts) == total
        assert all(0 <= part <= left for part, left in zip(parts, lefts, strict=True))


class TestUnits:
    @given(st.integers(1, 10_000), st.lists(st.integers(1, 9), min_size=1, max_size=9))
    def test_all_units_come_to_all(self, charged: int, units: list[int]) -> None:
        before, taken = Decimal(0), 0
        for each in units:
            taken += share_of_units(
                charged,
                quantity=Decimal(sum(units)),
                units_before=before,
                units=Decimal(each),
            )
            before += each

        assert taken == charged
