"""Lists as files: CSV and NDJSON, streamed from one snapshot of the books."""

import csv
import io
import json
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from psutil import Process

from billing.customers.models import Customer
from billing.sellers.models import Seller
from tests import factories
from tests.api.lists import LISTS, House

pytestmark = pytest.mark.usefixtures("committed")
CSV, NDJSON = "text/csv", "application/x-ndjson"
EXPORTED = [
    route for route, method in LISTS.items()
    if getattr(method, "listing", None) and method.listing.exports
]  # fmt: skip


class Exporter:
    """An app that takes whole lists."""

    def __init__(self, seller: Seller) -> None:
        key = factories.api_key(seller)
        self._client = Client(headers={"Authorization": f"Bearer {key}"})

    def get(self, path: str, accept: str) -> Any:
        return self._client.get(f"/api/v1{path}", headers={"Accept": accept})

    def csv(self, path: str) -> list[dict[str, str]]:
        text = self.get(path, CSV).getvalue().decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def ndjson(self, path: str) -> list[dict[str, Any]]:
        lines = self.get(path, NDJSON).getvalue().decode().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def house(committed: None) -> House:
    house = House(factories.seller())
    house.trade()
    return house


@pytest.fixture
def exporter(house: House) -> Exporter:
    return Exporter(house.seller)


def many_customers(seller: Seller, count: int) -> None:
    like = factories.customer(seller, name="Many")
    columns = [field.column for field in Customer._meta.concrete_fields]
    values = ", ".join("anlass_uuid7()" if each == "id" else f"row.{each}" for each in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO billing_customer ({', '.join(columns)}) SELECT {values}"
            " FROM generate_series(1, %s), billing_customer row WHERE row.id = %s",
            [count, like.pk],
        )


class TestFiles:
    @pytest.mark.parametrize("route", EXPORTED)
    def test_hold_what_the_pages_hold(self, exporter: Exporter, route: str) -> None:
        path = "/" + route.replace("<reference:id>", "ext:A1")
        path += "?subscription=ext:S1" if route == "usage" else ""
        page = json.loads(exporter.get(path, "application/json").content)["results"]

        assert exporter.ndjson(path) == page
        rows = exporter.csv(path)
        assert len(rows) == len(page)
        for row, shown in zip(rows, page, strict=True):
            assert shown.keys() - row.keys() == set()
            money = [name for name, value in shown.items() if isinstance(value, dict)]
            assert {row[name] for name in money if "amount" in shown[name]} == {
                shown[name]["amount"] for name in money if "amount" in shown[name]
            }

    def test_amounts_are_numbers_beside_their_currency(self, exporter: Exporter) -> None:
        row = exporter.csv("/credit-notes?fields=number,gross,issue_date,contract")[0]

        assert row == {
            "number": "G2026-000001", "contract": "", "issue_date": "2026-01-01",
            "gross": row["gross"], "currency": "EUR",
        }  # fmt: skip
        assert row["gross"].startswith("-")

    def test_filters_hold(self, exporter: Exporter) -> None:
        found = exporter.ndjson("/invoices?kind=credit_note")

        assert {row["kind"] for row in found} == {"credit_note"}
        assert exporter.ndjson("/charges?issued_from=2026-01-02") == []
        refused = exporter.get("/invoices?kind=bill", CSV)
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["errors"][0]["field"] == "kind"

    @pytest.mark.parametrize(
        "text", ["=1+1", "+49 30 1", "@SUM(A1)", "-x", "\t=1", "'=1", "＝1+1", "＋1", "－1x", "＠A"]
    )
    def test_no_text_is_a_formula(self, house: House, exporter: Exporter, text: str) -> None:
        Customer.objects.filter(pk=house.later.pk).update(phone=text)

        rows = exporter.csv("/customers?external_id=later")

        assert rows[0]["phone"][0] == "'"
        assert rows[0]["phone"].removeprefix("'") in {text, text.removeprefix("'")}

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("A;=1+1;B", "A;'=1+1;B"),
            ("A; \t+1", "A;' \t+1"),
            ('A;"=1+1"', 'A;\'"=1+1"'),
            ("A\r\n\r\n=1+1", "A\r\n\r\n'=1+1"),
            ("A;＝1+1", "A;'＝1+1"),
            ("A;B = C", "A;B = C"),
        ],
    )
    def test_nor_what_follows_a_semicolon(
        self, house: House, exporter: Exporter, text: str, written: str
    ) -> None:
        """A German spreadsheet splits there, whatever stands in quotes."""
        Customer.objects.filter(pk=house.later.pk).update(city=text)

        assert exporter.csv("/customers?external_id=later")[0]["city"] == written

    def test_every_cell_is_in_quotes(self, exporter: Exporter) -> None:
        answer = exporter.get("/customers?external_id=later&fields=external_id,email,kind", CSV)

        assert answer.getvalue() == (b'"external_id","kind","email"\r\n"later","business",""\r\n')

    def test_lines_and_quotes_within_a_text_stay(self, house: House, exporter: Exporter) -> None:
        Customer.objects.filter(pk=house.later.pk).update(city='a\r\nb,"c";ä')

        assert exporter.csv("/customers?external_id=later")[0]["city"] == 'a\r\nb,"c";ä'

    def test_others_are_not_offered(self, exporter: Exporter) -> None:
        assert exporter.get("/products", CSV).status_code == 406


class TestStreams:
    def test_a_hundred_thousand_rows_take_the_memory_of_a_few(self, committed: None) -> None:
        seller = factories.seller()
        many_customers(seller, 100_000)
        lines = iter(Exporter(seller).get("/customers", NDJSON))
        count = next(lines).count(b"\n")
        process = Process()
        peak = before = process.memory_info().rss

        for stretch in lines:
            count += stretch.count(b"\n")
            peak = max(peak, process.memory_info().rss)

        assert count == 100_001
        assert peak - before < 20 * 2**20  # All rows at once would take some 200 MiB.

    def test_the_first_rows_come_at_once(self, committed: None) -> None:
        seller = factories.seller()
        many_customers(seller, 3_000)
        answer = Exporter(seller).get("/customers", CSV)

        header, rows = islice(iter(answer), 2)

        assert header.startswith(b'"id","external_id","name"')
        assert rows.count(b"\r\n") == 500
        answer.close()

    def test_a_caller_who_hangs_up_ends_the_query(self, committed: None) -> None:
        seller = factories.seller()
        many_customers(seller, 3_000)
        answer = Exporter(seller).get("/customers", NDJSON)
        next(iter(answer))
        assert cursors() == 1

        answer.close()

        assert cursors() == 0
        assert not connection.in_atomic_block

    def test_what_comes_meanwhile_is_not_in_it(self, committed: None) -> None:
        seller = factories.seller()
        many_customers(seller, 1_200)
        lines = iter(Exporter(seller).get("/customers", NDJSON))
        first = next(lines)
        run_elsewhere("UPDATE billing_customer SET name = 'Changed'")

        rest = b"".join(lines)

        assert (first + rest).count(b"\n") == 1_201
        assert b"Changed" not in rest

    def test_an_error_in_the_middle_is_the_last_line(self, committed: None) -> None:
        seller = factories.seller()
        many_customers(seller, 3_000)
        lines = iter(Exporter(seller).get("/customers", NDJSON))
        next(lines)
        run_elsewhere(f"SELECT pg_terminate_backend({connection.connection.info.backend_pid})")

        (last,) = list(lines)

        told = json.loads(last)
        assert (told["status"], told["code"]) == (503, "try_again")
        connection.close()


def cursors() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name <> ''")
        return int(cursor.fetchone()[0])


def run_elsewhere(sql: str) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(sql)
    finally:
        other.close()
