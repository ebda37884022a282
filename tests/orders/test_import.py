"""Orders are imported in bulk: wholly, once, and with a reason for each row that isn't."""

import csv
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.models import Order, OrderLine
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import drain

HEADER = "customer,order,date,amount"
GOOD = "K-1,O-9,2025-01-02,1.00"
Import = Callable[..., dict[str, Any]]


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def import_(seller: Seller, tmp_path: Path) -> Import:
    """Imports rows below a header; returns the summary."""

    def run(
        *rows: str, header: str = HEADER, raw: bytes | None = None, **options: Any
    ) -> dict[str, Any]:
        path, out = tmp_path / "orders.csv", StringIO()
        path.write_bytes(raw if raw is not None else "\n".join([header, *rows, ""]).encode())
        with suppress(SystemExit):  # Exit code 1: see the tests of it.
            call_command("import_orders", path, json=True, stdout=out, **options)
        summary: dict[str, Any] = json.loads(out.getvalue())
        return summary

    return run


def reasons(summary: dict[str, Any]) -> dict[int, list[str]]:
    return {refusal["line"]: refusal["reasons"] for refusal in summary["refusals"]}


class TestImport:
    def test_a_row_becomes_a_customer_an_order_and_an_event(
        self, import_: Import, seller: Seller
    ) -> None:
        summary = import_("K-1,O-1,2025-12-30,119.00")

        order, line = Order.objects.get(), OrderLine.objects.get()
        assert (order.external_id, order.ordered_on) == ("O-1", date(2025, 12, 30))
        assert (order.customer.external_id, order.customer.country) == ("K-1", "DE")
        assert (line.unit_price, line.tax_included, line.text) == (119, True, "Order O-1")
        event = Event.objects.get()
        assert (event.type, event.stream_id, event.state) == ("order.placed", order.id, "waiting")
        assert event.as_of_date == order.recorded_on == date(2026, 1, 1)
        assert summary["gross"] == {"EUR": "119.00"}

    def test_gross_amounts_are_kept_to_the_cent(self, import_: Import) -> None:
        amounts = ["0.01", "0.02", "50.39", "97.60", "119.00", "9999999.99"]

        import_(*(f"K-1,O-{n},2025-01-02,{amount}" for n, amount in enumerate(amounts)))
        issued = drain()

        assert [invoice.gross_minor for invoice in issued] == [
            int(Decimal(amount) * 100) for amount in amounts
        ]

    def test_a_second_import_adds_nothing(self, import_: Import) -> None:
        rows = [f"K-{n % 3},O-{n},2025-01-02,{n + 1}.50" for n in range(10)]
        import_(*rows)
        drain()

        again = import_(*rows)

        assert (again["orders_new"], again["already_there"], again["refused"]) == (0, 10, 0)
        assert (Order.objects.count(), Customer.objects.count()) == (10, 3)
        assert Event.objects.filter(type="order.placed").count() == 10
        assert drain() == []

    def test_the_same_id_with_other_content_is_refused(self, import_: Import) -> None:
        import_("K-1,O-1,2025-01-02,10.00", "K-1,O-2,2025-01-02,10.00")

        again = import_("K-1,O-1,2025-01-02,11.00", "K-2,O-2,2025-01-03,10.00")

        assert reasons(again) == {
            2: ["order O-1 is there already, with another unit price (10, not 11)"],
            3: [
                "order O-2 is there already, with another customer (K-1, not K-2), date"
                " (2025-01-02, not 2025-01-03)"
            ],
        }

    def test_an_id_twice_in_a_file_counts_once(self, import_: Import) -> None:
        summary = import_(
            "K-1,O-1,2025-01-02,10.00", "K-1,O-1,2025-01-02,10.00", "K-1,O-1,2025-01-02,12.00"
        )

        assert (summary["orders_new"], summary["already_there"], summary["refused"]) == (1, 1, 1)
        assert list(reasons(summary)) == [4]

    def test_an_order_of_another_entrance_is_compared_too(
        self, import_: Import, seller: Seller
    ) -> None:
        lines = factories.line(), factories.line()
        factories.order(factories.customer(seller, external_id="K-1"), *lines, external_id="O-1")

        summary = import_("K-1,O-1,2025-01-02,10.00")

        assert reasons(summary) == {2: ["order O-1 is there already, with several lines"]}

    def test_a_quantity_shares_the_amount(self, import_: Import) -> None:
        header = f"{HEADER},quantity,text,tax,currency,customer_name"
        factories.exchange_rate("USD", day=date(2025, 1, 2))
        import_("K-1,O-1,2025-01-02,100.00,3,Screws,reduced,USD,Weber KG", header=header)

        line = OrderLine.objects.get()
        (invoice,) = drain()

        assert (line.quantity, line.unit_price) == (3, Decimal("33.333333333333"))
        assert (line.text, line.tax_class) == ("Screws", "reduced")
        assert (invoice.gross_minor, invoice.currency) == (10000, "USD")
        assert Customer.objects.get().name == "Weber KG"

    def test_net_amounts(self, import_: Import) -> None:
        by_option = import_("K-1,O-1,2025-01-02,100.00", net=True)
        by_name = import_("K-1,O-2,2025-01-02,100.00", header="customer,order,date,net_amount")

        assert by_option["net"] == by_name["net"] == {"EUR": "100.00"}
        assert {invoice.gross_minor for invoice in drain()} == {11900}

    def test_sellers_do_not_meet(self, import_: Import) -> None:
        other = factories.seller(name="Beta AG")
        factories.order(factories.customer(other, external_id="K-1"), external_id="O-1")

        with pytest.raises(CommandError, match=r"Name one by --seller.*Beta AG"):
            import_("K-1,O-1,2025-01-02,10.00")
        import_("K-1,O-1,2025-01-02,10.00", seller="Beta AG")

        assert set(Order.objects.values_list("seller_id", flat=True)) == {other.id}


class TestRefusedRows:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("K-1,O-1,2025-02-30,1.00", "date '2025-02-30' is no date"),
            ("K-1,O-1,02.01.2025,1.00", "date '02.01.2025' is no date"),
            ("K-1,O-1,20250102,1.00", "date '20250102' is no date"),
            ("K-1,O-1,2026-01-02,1.00", "is after 2026-01-01, the seller's today"),
            ("K-1,O-1,1899-12-31,1.00", "is before 1900-01-01"),
            ('K-1,O-1,2025-01-02,"1,00"', "amount '1,00' has a comma"),
            ("K-1,O-1,2025-01-02,NaN", "amount 'NaN' is no number"),
            ("K-1,O-1,2025-01-02,Infinity", "is no number"),
            ("K-1,O-1,2025-01-02,1e5", "is no number"),
            ("K-1,O-1,2025-01-02,٣", "is no number"),
            ("K-1,O-1,2025-01-02,", "amount '' is no number"),
            ("K-1,O-1,2025-01-02,1.005", "has more than the 2 decimals of EUR"),
            ("K-1,O-1,2025-01-02,-1.00", "amount -1.00 is negative"),
            ("K-1,O-1,2025-01-02,0.00", "amount 0.00 is zero"),
            ("K-1,O-1,2025-01-02,99999999999999999.00", "more than can be charged"),
            (f"K-1,O-1,2025-01-02,{'9' * 400}", "is no number"),
            (",O-1,2025-01-02,1.00", "customer is empty"),
            ("K-1, ,2025-01-02,1.00", "order is empty"),
            (f"K-1,{'O' * 101},2025-01-02,1.00", "order has 101 characters"),
            ("K-1,O\0-1,2025-01-02,1.00", "order contains a control character (U+0000)"),
            ("K-1,O\u202e-1,2025-01-02,1.00", "control character (U+202E): leave it out"),
            ("K-1,O-1,2025-01-02", "has 3 columns, the header 4"),
            ("K-1,O-1,2025-01-02,1.00,x", "has 5 columns, the header 4"),
            ('K-1,"O-1,2025-01-02,1.00', "is not well-formed"),
            ('K-1,"O"-1,2025-01-02,1.00', "is not well-formed"),
        ],
    )
    def test_the_row_is_refused_and_the_others_are_imported(
        self, import_: Import, row: str, reason: str
    ) -> None:
        summary = import_("K-1,O-7,2025-01-02,1.00", row)

        assert (summary["orders_new"], summary["refused"]) == (1, 1)
        ((line, (told,)),) = reasons(summary).items()
        assert (line, reason in told) == (3, True), told

    @pytest.mark.parametrize(
        ("column", "value", "reason"),
        [
            ("currency", "EURO", "'EURO' is not an ISO 4217 code"),
            ("currency", "XAU", "no minor unit"),
            ("tax", "luxury", "tax 'luxury' is none of standard, reduced"),
            ("country", "770", "pass --country DE to take all customers as domestic"),
            ("quantity", "0", "quantity 0 is zero"),
            ("quantity", "0.0000000000001", "more than 12 decimals"),
            ("quantity", "999999999999999999", "can't be split"),
            ("text", "x" * 301, "text has 301 characters"),
            ("customer_name", "x" * 201, "customer_name has 201 characters"),
        ],
    )
    def test_so_are_the_optional_columns(
        self, import_: Import, column: str, value: str, reason: str
    ) -> None:
        summary = import_(f"K-1,O-1,2025-01-02,1.00,{value}", header=f"{HEADER},{column}")

        ((line, (told,)),) = reasons(summary).items()
        assert (line, reason in told) == (2, True), told

    def test_all_reasons_of_a_row_are_told(self, import_: Import) -> None:
        summary = import_(",,x,y")

        assert reasons(summary)[2] == [
            "order is empty",
            "customer is empty",
            "date 'x' is no date such as 2026-01-31",
            "amount 'y' is no number such as 1234.50",
        ]

    def test_bytes_that_are_not_utf_8(self, import_: Import) -> None:
        raw = f"{HEADER}\nM\xfcller,O-1,2025-01-02,1.00\nK-1,O-2,2025-01-02,1.00\n"

        summary = import_(raw=raw.encode("latin-1"))

        assert reasons(summary)[2][0] == "customer is not UTF-8"
        assert summary["orders_new"] == 1

    def test_a_country_that_is_not_the_customers(self, import_: Import, seller: Seller) -> None:
        factories.customer(seller, external_id="K-1", country="DE")

        summary = import_("K-1,O-1,2025-01-02,1.00,FR", header=f"{HEADER},country")

        assert "customer K-1 is known in DE, not in FR" in reasons(summary)[2][0]
        assert not Order.objects.exists()

    def test_the_country_given_overrides_the_columns(self, import_: Import) -> None:
        import_("K-1,O-1,2025-01-02,1.00,770", header=f"{HEADER},country", country="de")

        assert Customer.objects.get().country == "DE"

    def test_refused_rows_are_reported_in_a_file(self, import_: Import, tmp_path: Path) -> None:
        report = tmp_path / "refused.csv"

        import_("K-1,O-1,2025-01-02,1.00", "K-1,O-2,x,1.00", report=report)

        assert list(csv.reader(report.open())) == [
            ["line", "reasons", "customer", "order", "date", "amount"],
            ["3", "date 'x' is no date such as 2026-01-31", "K-1", "O-2", "x", "1.00"],
        ]

    def test_a_strict_import_is_all_or_nothing(self, import_: Import) -> None:
        rows = [f"K-1,O-{n},2025-01-02,1.00" for n in range(5)]

        import_(*rows, "K-1,O-9,x,1.00", strict=True, chunk=2)

        assert {model.objects.count() for model in (Order, Customer, Event)} == {0}
        assert import_(*rows, strict=True, chunk=2)["orders_new"] == 5


class TestFiles:
    def test_german_files_and_byte_order_marks(self, import_: Import) -> None:
        raw = "\ufeffCustomer ID;Invoice-ID;Invoice Date;Amount\r\nK-1;O-1;2025-01-02;1234,50\r\n"

        refused = import_(raw=raw.encode())
        summary = import_(raw=raw.encode(), decimal_comma=True)

        assert "--decimal-comma" in reasons(refused)[2][0]
        assert summary["gross"] == {"EUR": "1234.50"}

    def test_points_are_thousands_where_commas_are_decimal(self, import_: Import) -> None:
        header = HEADER.replace(",", ";")
        rows = ["K-1;O-1;2025-01-02;1.000", "K-1;O-2;2025-01-02;2.500,75", "K-1;O-3;2025-01-02;2.5"]

        summary = import_(*rows, header=header, decimal_comma=True)

        assert summary["gross"] == {"EUR": "3500.75"}
        assert list(reasons(summary)) == [4]

    @pytest.mark.parametrize(
        ("rows", "code"), [(["K-1,O-1,x,1"], 1), (["K-1,O-1,x,1", GOOD], None)]
    )
    def test_the_exit_code_tells_when_nothing_was_taken(
        self, seller: Seller, tmp_path: Path, rows: list[str], code: int | None
    ) -> None:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join([HEADER, *rows]))

        with suppress(SystemExit) if code is None else pytest.raises(SystemExit, match="1"):
            call_command("import_orders", path)

        assert Order.objects.count() == len(rows) - 1

    def test_line_breaks_within_quotes_keep_the_count_of_lines(self, import_: Import) -> None:
        summary = import_(
            'K-1,O-1,2025-01-02,1.00,"Two\nlines"', "K-1,O-2,x,1.00,", header=f"{HEADER},text"
        )

        assert list(reasons(summary)) == [4]
        assert OrderLine.objects.get().text == "Two\nlines"

    def test_columns_may_be_named(self, import_: Import) -> None:
        summary = import_(
            "K-1,O-1,2025-01-02,1.00,9.00",
            header="kunde,order,date,amount,invoice",
            column=["customer=kunde", "order=order"],
        )

        assert summary["ignored_columns"] == ["invoice"]
        assert Order.objects.get().external_id == "O-1"

    @pytest.mark.parametrize(
        ("header", "options", "reason"),
        [
            ("customer,order,date", {}, "No column holds the amount"),
            ("customer,order,invoice,date,amount", {}, "Both order and invoice could be the order"),
            ("customer,order,date,amount,amount", {}, "Both amount and amount"),
            ("customer,order,date,amount,net_amount", {}, "could be the amount"),
            (HEADER, {"column": ["order=nr"]}, "The file has no column nr"),
            (HEADER, {"column": ["ordre=order"]}, "There is no ordre"),
            (HEADER, {"column": ["order"]}, "write it as order=invoice"),
            ("", {}, "has no header"),
            ("cust\0omer", {}, "is not UTF-8"),
            (HEADER, {"text": "x" * 201}, "--text must be 1 to 200"),
            (HEADER, {"chunk": 0}, "--chunk must be 1 to 10000"),
        ],
    )
    def test_what_cannot_be_read_is_refused(
        self, import_: Import, header: str, options: dict[str, Any], reason: str
    ) -> None:
        with pytest.raises(CommandError, match=reason):
            import_("K-1,O-1,2025-01-02,1.00", header=header, **options)

    def test_a_file_that_is_not_there(self, seller: Seller, tmp_path: Path) -> None:
        for path in (tmp_path / "none.csv", tmp_path):
            with pytest.raises(CommandError, match="can't be read"):
                call_command("import_orders", path)

    def test_the_summary_is_plain(self, seller: Seller, tmp_path: Path) -> None:
        path, out, err = tmp_path / "orders.csv", StringIO(), StringIO()
        path.write_text(f"{HEADER},due\nK-1,O-1,2025-01-02,1234.50,x\nK-1,O-2,x,1.00,x\n")

        call_command("import_orders", path, stdout=out, stderr=err)

        assert out.getvalue().splitlines() == [
            "Ignored columns: due",
            "Rows 2: 1 orders new, 0 already there, 1 refused; 1 customers new."
            " New orders: gross 1,234.50 EUR",
        ]
        assert err.getvalue() == "line 3: date 'x' is no date such as 2026-01-31\n"


class TestCost:
    def test_the_number_of_queries_does_not_grow_with_the_rows(self, import_: Import) -> None:
        def queries(prefix: str, rows: int) -> int:
            with CaptureQueriesContext(connection) as captured:
                import_(*(f"K-{prefix}{n},{prefix}{n},2025-01-02,1.00" for n in range(rows)))
            return len(captured)

        first = queries("A", 1)

        assert queries("B", 300) == first <= 25

    def test_each_chunk_is_imported_wholly(
        self, import_: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = [f"K-1,O-{n},2025-01-02,1.00" for n in range(6)]

        summary = import_(*rows, chunk=2)

        assert summary["orders_new"] == 6
        recorded = Order.objects.values_list("recorded_at", flat=True)
        assert len(set(recorded)) == 3  # An instant per chunk.
        assert Invoice.objects.count() == 0
        assert len(drain()) == 6
