"""What was expected against what came."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.simulation.comparing import differences
from billing.simulation.matching import match


def line(price, net, **more):
    return {"price": price, "start": None, "net": net, **more}


def invoice(date, net, *lines):
    taxes = [{"category": "S", "rate": "19", "base": net, "tax": "0.00"}]
    return {"date": date, "kind": "invoice", "net": net, "taxes": taxes, "lines": list(lines)}


RESULT = {
    "title": "T",
    "invoices": [
        invoice("2026-01-01", "30.00", line("a", "10.00"), line("b", "20.00")),
        invoice("2026-02-01", "5.00", line("a", "5.00")),
    ],
}


def expecting(*invoices):
    return differences({"invoices": list(invoices)}, RESULT)


FIRST, SECOND = {"date": "2026-01-01"}, {"date": "2026-02-01"}


class TestInvoices:
    def test_only_what_is_given_is_compared(self):
        assert expecting(FIRST, {}) == []

    @pytest.mark.parametrize("net", ["30", "30.00", "30.0", Decimal(30)])
    def test_money_is_compared_by_value(self, net):
        assert expecting({**FIRST, "net": net}, SECOND) == []

    def test_a_difference_says_where_and_what(self):
        assert expecting({**FIRST, "net": Decimal("30.01"), "kind": "credit_note"}, SECOND) == [
            "invoices[0] 2026-01-01 net: expected 30.01, but it is 30.00",
            "invoices[0] 2026-01-01 kind: expected credit_note, but it is invoice",
        ]

    def test_their_number_must_agree(self):
        assert expecting(FIRST) == [
            "invoices: expected 1, but there are 2",
            "  expected: 2026-01-01",
            "  actual:   2026-01-01 invoice 30.00",
            "  actual:   2026-02-01 invoice 5.00",
        ]

    def test_they_are_compared_in_order_of_date(self):
        assert expecting(SECOND, FIRST) == []
        assert expecting({"net": 5}, {"net": 30}) != []

    def test_those_of_one_day_may_stand_in_any_order(self):
        result = {"invoices": [invoice("2026-01-01", "1.00"), invoice("2026-01-01", "2.00")]}

        assert differences({"invoices": [{"net": 2}, {"net": 1}]}, result) == []
        assert differences({"invoices": [{"net": 2}, {"net": 2}]}, result) == [
            "invoices[1] 2026-01-01 net: expected 2, but it is 1.00"
        ]


class TestSets:
    def test_lines_may_stand_in_any_order(self):
        lines = [line("b", Decimal(20)), {"price": "a"}]

        assert expecting({"lines": lines}, SECOND) == []

    def test_their_number_must_agree(self):
        assert expecting({"lines": [{"price": "a"}]}, SECOND) == [
            "invoices[0] 2026-01-01 lines: expected 1, but there are 2",
            "  expected: price a",
            "  actual:   price a, start nothing, net 10.00",
            "  actual:   price b, start nothing, net 20.00",
        ]

    def test_each_expected_line_needs_a_line_of_its_own(self):
        assert expecting({"lines": [{"price": "a"}, {"price": "a"}]}, SECOND) == [
            "invoices[0] 2026-01-01 lines[1] price: expected a, but it is b"
        ]

    def test_a_vague_line_leaves_the_only_fitting_one_to_a_precise_one(self):
        result = {"invoices": [invoice("2026-01-01", "0", line("a", "1"), line("a", "2"))]}
        lines = [{"price": "a"}, {"price": "a", "net": Decimal(1)}]

        assert differences({"invoices": [{"lines": lines}]}, result) == []

    def test_what_fits_nowhere_is_held_against_the_nearest(self):
        lines = [line("b", Decimal(21)), line("a", Decimal(10))]

        assert expecting({"lines": lines}, SECOND) == [
            "invoices[0] 2026-01-01 lines[0] net: expected 21, but it is 20.00"
        ]

    def test_nothing_is_not_a_value(self):
        assert expecting({"lines": [{"start": None}, {"start": "2026-01-01"}]}, SECOND) == [
            "invoices[0] 2026-01-01 lines[1] start: expected 2026-01-01, but it is nothing"
        ]

    def test_of_an_explanation_only_what_is_given_is_compared(self):
        explained = line("a", "1", explanation={"days": 31, "steps": [{"units": "2", "x": 1}]})
        result = {"invoices": [invoice("2026-01-01", "0", explained)]}

        def check(explanation):
            lines = [{"explanation": explanation}]
            return differences({"invoices": [{"lines": lines}]}, result)

        assert check({"days": "31", "steps": [{"units": "2.0"}]}) == []
        assert check({"days": "30"}) == [
            "invoices[0] 2026-01-01 lines[0] explanation days: expected 30, but it is 31"
        ]
        assert check({"hours": "1"}) != []


class TestErrors:
    def test_a_part_of_the_message_is_enough(self):
        result = {"title": "T", "error": "a.yaml:3: The plan X isn't on sale."}

        assert differences({"error": "plan x isn't"}, result) == []
        assert differences({"error": "pause"}, result) == [
            "error: expected 'pause' in it, but it is: a.yaml:3: The plan X isn't on sale."
        ]

    def test_an_error_is_no_invoice_and_an_invoice_no_error(self):
        assert differences({"error": "x"}, RESULT) == [
            "error: expected one with 'x', but 2 invoices were made"
        ]
        assert differences({"invoices": []}, {"title": "T", "error": "why"}) == [
            "error: no error was expected, but it is: why"
        ]


class TestMatching:
    @given(st.permutations(range(6)), st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5))))
    def test_a_perfect_matching_is_found_where_there_is_one(self, hidden, more):
        fits = [
            [hidden[row] == column or (row, column) in more for column in range(6)]
            for row in range(6)
        ]

        found = match(fits)

        assert sorted(found) == list(range(6))
        assert all(fits[row][column] for row, column in enumerate(found))

    def test_who_fits_nowhere_has_no_partner(self):
        assert match([[True, False], [True, False]]) == [0, None]
        assert match([]) == []
