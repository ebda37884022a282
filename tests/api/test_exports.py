"""Lists as files: CSV and NDJSON, streamed from one snapshot of the books."""

import csv
import gc
import io
import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from psutil import Process
from pytest_django import Settings

from billing.api.answers.slots import ExportTookTooLong
from billing.api.request_ids import RequestIdFilter
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

    def __init__(self, seller: Seller, *scopes: str) -> None:
        key = factories.api_key(seller, *scopes)
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
        "text",
        [
            "=1+1",
            "+49 30 1",
            "@SUM(A1)",
            "-x",
            "\t=1",
            "'=1",
            "\uff1d1+1",
            "\uff0b1",
            "\uff0d1x",
            "\uff20A",
        ],
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
            ("A;\uff1d1+1", "A;'\uff1d1+1"),
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

    def test_a_csv_has_no_place_for_objects(self, exporter: Exporter) -> None:
        refused = exporter.get("/invoices?expand=customer", CSV)

        assert refused.status_code == 400
        assert [each["field"] for each in refused.json()["errors"]] == ["expand"]
        assert exporter.ndjson("/invoices?expand=customer")[0]["customer"]["name"]

    def test_what_the_key_may_not_see_is_refused_before_it_begins(self, house: House) -> None:
        client = Exporter(house.seller, "invoices:read")

        assert client.get("/invoices?expand=customer", NDJSON).status_code == 403

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

    @pytest.mark.parametrize("form", [CSV, NDJSON])
    def test_its_end_and_the_log_bear_the_id_of_the_request(
        self, committed: None, caplog: pytest.LogCaptureFixture, settings: Settings, form: str
    ) -> None:
        caplog.handler.addFilter(RequestIdFilter())
        caplog.handler.setFormatter(logging.Formatter("%(message)s%(request)s"))
        settings.API_EXPORT_SECONDS = 2
        seller = factories.seller()
        many_customers(seller, 3_000)
        answer = Exporter(seller).get("/customers", form)
        lines = iter(answer)
        next(lines)
        time.sleep(2.1)

        last = b"".join(until_broken(lines))

        name = answer.headers["X-Request-ID"]
        assert f"export_took_too_long [{name}]" in caplog.text
        assert form == CSV or json.loads(last.splitlines()[-1])["request_id"] == name


class TestRoom:
    """Each export holds a thread of the web process: there must be some left."""

    def test_a_key_has_one_at_a_time(self, committed: None) -> None:
        exporter = Exporter(factories.seller())
        first = exporter.get("/customers", NDJSON)

        refused = exporter.get("/customers", CSV)
        first.close()

        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_exports")
        assert refused.headers["Retry-After"] == "10"
        assert exporter.csv("/customers") == []

    def test_all_together_have_as_many_as_are_set(
        self, committed: None, settings: Settings
    ) -> None:
        settings.API_EXPORTS_AT_ONCE = 2
        exporters = [Exporter(factories.seller()) for _ in range(3)]
        first, second = (each.get("/customers", NDJSON) for each in exporters[:2])

        refused = exporters[2].get("/customers", NDJSON)
        first.close()

        assert refused.status_code == 429
        assert exporters[2].ndjson("/customers") == []
        second.close()

    def test_one_that_was_read_makes_room(self, committed: None) -> None:
        exporter = Exporter(factories.seller())

        for _ in range(3):
            assert exporter.ndjson("/customers") == []

    def test_one_that_is_let_go_of_makes_room(self, committed: None) -> None:
        exporter = Exporter(factories.seller())

        for _ in range(3):
            assert exporter.get("/customers", NDJSON).status_code == 200
            gc.collect()

    def test_the_database_ends_it_too(self, committed: None, settings: Settings) -> None:
        settings.API_EXPORT_SECONDS = 123
        seller = factories.seller()
        many_customers(seller, 1_200)
        answer = Exporter(seller).get("/customers", NDJSON)
        next(iter(answer))

        assert limits() == ("123s", "123s")
        answer.close()
        assert limits() != ("123s", "123s")


def until_broken(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what comes, whether the end is told or the connection is cut."""
    with suppress(ExportTookTooLong):
        yield from lines


def limits() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        names = ("statement_timeout", "idle_in_transaction_session_timeout")
        cursor.execute("SELECT current_setting(%s), current_setting(%s)", names)
        return tuple(cursor.fetchone())


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
