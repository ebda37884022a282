"""A scenario's result as JSON and as text."""

from datetime import date
from decimal import Decimal

from billing.pricing.taxes import TaxTotal
from billing.simulation.output import show_documents, tell
from billing.simulation.reading import read_yaml
from billing.simulation.scenario import Document, DocumentLine
from billing.simulation.tables import tell_tables
from tests.pure.telling import TEXT, with_row


def document(**changes):
    line = DocumentLine(
        price="base",
        text="Base",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 2, 1),
        quantity=Decimal("1.500"),
        unit_price=Decimal("20"),
        net_minor=3000,
        tax_category="S",
        tax_percent=Decimal("19.00"),
        explanation={
            "exact_amount": Decimal("30.0"),
            "steps": [{"units": "1"}],
            "owed_minor": 3000,
        },
    )
    tax = TaxTotal(category="S", percent=Decimal("19.0"), base_minor=3000, tax_minor=570)
    values = {
        "on": date(2026, 1, 1),
        "kind": "invoice",
        "currency": "EUR",
        "net_minor": 3000,
        "tax_minor": 570,
        "gross_minor": 3570,
        "taxes": (tax,),
        "lines": (line,),
    }
    return Document(**{**values, **changes})


def line_of(**changes):
    (line,) = document().lines
    names = DocumentLine.__slots__
    return DocumentLine(**{**{name: getattr(line, name) for name in names}, **changes})


class TestDocuments:
    def test_money_has_all_places_and_quantities_and_rates_only_those_that_say_something(self):
        (shown,) = show_documents([document()])

        assert (shown["net"], shown["tax"], shown["gross"]) == ("30.00", "5.70", "35.70")
        assert shown["taxes"] == [{"category": "S", "rate": "19", "base": "30.00", "tax": "5.70"}]
        (line,) = shown["lines"]
        assert (line["quantity"], line["unit_price"], line["net"]) == ("1.5", "20.00", "30.00")
        assert (line["start"], line["end"]) == ("2026-01-01", "2026-02-01")
        explained = {"exact_amount": "30", "steps": [{"units": "1"}], "owed_minor": 3000}
        assert line["explanation"] == explained

    def test_the_places_are_those_of_the_currency(self):
        yen, dinar = show_documents([document(currency="JPY"), document(currency="KWD")])

        assert (yen["net"], dinar["net"]) == ("3000", "3.000")
        assert (yen["lines"][0]["unit_price"], dinar["lines"][0]["unit_price"]) == ("20", "20.000")

    def test_a_unit_price_keeps_the_places_that_it_has(self):
        line = line_of(unit_price=Decimal("0.00150"))

        (shown,) = show_documents([document(lines=(line,))])

        assert shown["lines"][0]["unit_price"] == "0.0015"

    def test_the_line_of_an_order_has_no_days(self):
        (shown,) = show_documents([document(lines=(line_of(price=None, ends_on=None),))])

        line = shown["lines"][0]
        assert (line["price"], line["start"], line["end"]) == (None, None, None)

    def test_a_credit_note_is_negative(self):
        note = document(kind="credit_note", net_minor=-5, tax_minor=-1, gross_minor=-6)

        (shown,) = show_documents([note])

        assert (shown["net"], shown["tax"], shown["gross"]) == ("-0.05", "-0.01", "-0.06")


class TestResult:
    def test_a_scenario_comes_with_its_invoices(self):
        result = tell(read_yaml(TEXT, file="a.yaml"))

        assert result["title"] == "A month in advance"
        assert [invoice["net"] for invoice in result["invoices"]] == ["30.00"]

    def test_a_row_that_contradicts_the_others_is_named(self):
        result = tell(read_yaml(with_row("{on: 2026-01-09, do: resume}"), file="a.yaml"))

        assert set(result) == {"title", "error"}
        assert result["error"].startswith("a.yaml:17: The subscription is not paused")


class TestTables:
    def test_each_document_is_a_table(self):
        text = tell_tables({"title": "T", "invoices": show_documents([document()])})

        assert text.splitlines() == [
            "T",
            "",
            "  2026-01-01  invoice  net 30.00  tax 5.70  gross 35.70 EUR",
            "    price or text  from        to (excl.)  quantity  unit price    net  tax",
            "    base           2026-01-01  2026-02-01       1.5       20.00  30.00  S 19 %",
            "    S 19 % of 30.00: 5.70",
        ]

    def test_a_refusal_and_nothing_at_all_are_said(self):
        assert tell_tables({"title": "T", "error": "why"}) == "T\n  refused: why"
        assert tell_tables({"title": "T", "invoices": []}) == "T\n  no invoices"
