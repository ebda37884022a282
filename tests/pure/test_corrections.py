"""What is taken back bit by bit comes, once nothing is left, to exactly what was charged."""

from collections import defaultdict
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.corrections import (
    Rate,
    TakenBack,
    correction_totals,
    share_of_units,
    spread,
)
from billing.pricing.taxes import DocumentTotals, Tax, TaxedLine, totals

RATES = [Tax("S", Decimal(19)), Tax("S", Decimal(7)), Tax("AE", Decimal(0))]
LINES = st.lists(
    st.builds(
        TaxedLine,
        amount_minor=st.integers(-100_000, 100_000).filter(bool),
        tax=st.sampled_from(RATES),
        tax_included=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


class Document:
    """An invoice of which corrections take back more and more."""

    def __init__(self, lines: list[TaxedLine]) -> None:
        self.lines, self.totals = lines, totals(lines, "EUR")
        self.priced = [0] * len(lines)
        self.nets = [0] * len(lines)
        self.net_before: defaultdict[Rate, int] = defaultdict(int)

    def take(self, amounts: dict[int, int]) -> DocumentTotals:
        """Take back so much of each line, by its index."""
        told = [
            TakenBack(
                tax=self.lines[i].tax,
                tax_included=self.lines[i].tax_included,
                charged_minor=self.lines[i].amount_minor,
                charged_net_minor=self.totals.line_nets[i],
                before_minor=self.priced[i],
                before_net_minor=self.nets[i],
                amount_minor=amount,
            )
            for i, amount in amounts.items()
        ]
        made = correction_totals(told, "EUR", net_before=self.net_before)
        for (i, amount), net in zip(amounts.items(), made.line_nets, strict=True):
            self.priced[i] += amount
            self.nets[i] -= net
            if not self.lines[i].tax_included:
                tax = self.lines[i].tax
                self.net_before[tax.category, tax.percent] -= net
        return made

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
            some = {
                i: amount
                for i, left in document.left.items()
                if (amount := data.draw(st.integers(min(0, left), max(0, left))))
            }
            if some:
                made.append(document.take(some))
        if document.left:
            made.append(document.take(document.left))

        whole = document.totals
        assert sum(one.net_minor for one in made) == -whole.net_minor
        assert sum(one.tax_minor for one in made) == -whole.tax_minor
        assert document.nets == list(whole.line_nets)

    @given(LINES, st.data())
    def test_no_net_goes_beyond_its_line(self, lines: list[TaxedLine], data: st.DataObject) -> None:
        document = Document(lines)
        for _ in range(4):
            some = {
                i: amount
                for i, left in document.left.items()
                if (amount := data.draw(st.integers(min(0, left), max(0, left))))
            }
            if some:
                document.take(some)
            for net, whole in zip(document.nets, document.totals.line_nets, strict=True):
                assert min(0, whole) <= net <= max(0, whole)

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
