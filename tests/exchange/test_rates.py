"""Rates of exchange: which one holds, how they are entered, what the database refuses."""

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from billing.exchange.commands import NewRate, RateRefused, record_own_rate
from billing.exchange.models import ExchangeRate, OwnExchangeRate
from billing.exchange.queries import ExchangeRateMissing, find_conversion, require_conversion
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App

FRIDAY, MONDAY = date(2026, 1, 2), date(2026, 1, 5)


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


def rate_on(seller: Seller, day: date, currency: str = "USD") -> Decimal | None:
    found = find_conversion(seller, currency=currency, on=day)
    return found.rate if found else None


class TestDaily:
    def test_the_latest_that_was_published_by_then_holds(self, seller: Seller) -> None:
        factories.exchange_rate(rate="1.08", day=FRIDAY)
        factories.exchange_rate(rate="1.09", day=MONDAY)

        days = [date(2026, 1, day) for day in (1, 2, 4, 5, 15, 16)]
        found = [rate_on(seller, day) for day in days]

        # Before the first nothing; over the weekend Friday's; ten days later it is too old.
        assert [each and str(each.normalize()) for each in found] == [
            None, "1.08", "1.08", "1.09", "1.09", None,
        ]  # fmt: skip

    def test_the_seller_s_own_of_the_same_day_comes_first(self, seller: Seller) -> None:
        factories.exchange_rate(rate="1.08", day=FRIDAY)
        factories.own_rate(seller, rate="1.10", day=FRIDAY)
        factories.own_rate(seller, rate="1.11", day=FRIDAY, source="Mended")
        other = factories.seller()

        assert rate_on(seller, FRIDAY) == Decimal("1.11")
        assert rate_on(other, FRIDAY) == Decimal("1.08")

    def test_other_currencies_go_over_the_euro(self, db: None) -> None:
        seller = factories.seller(country="PL", vat_id="PL5260001246", currency="PLN")
        factories.exchange_rate("PLN", "4.2570")
        factories.exchange_rate("USD", "1.0823")

        dollars = require_conversion(seller, currency="USD", on=FRIDAY)
        euros = require_conversion(seller, currency="EUR", on=FRIDAY)

        assert (dollars.into, dollars.source) == ("PLN", "ECB")
        assert dollars.rate == Decimal("0.254240075170307728")  # 1.0823 / 4.2570
        assert euros.rate == Decimal("0.234907211651397698")  # 1 / 4.2570

    def test_what_is_unknown_is_said(self, seller: Seller) -> None:
        with pytest.raises(ExchangeRateMissing, match=r"no rate of CHF is known for 2026-01-02\."):
            require_conversion(seller, currency="CHF", on=FRIDAY)


class TestMonthly:
    def test_it_is_that_of_the_month_or_the_latest_before(self, db: None) -> None:
        seller = factories.seller(exchange_rate_policy="monthly")
        factories.exchange_rate(rate="1.08", day=FRIDAY)  # Of a day: not wanted.
        month = {"period": "month", "source": "BMF"}
        factories.exchange_rate(rate="1.07", day=date(2025, 12, 1), **month)
        factories.exchange_rate(rate="1.06", day=date(2026, 2, 1), **month)

        found = [rate_on(seller, date(2026, n, 28)) for n in (1, 2, 3, 4)]

        assert found == [Decimal("1.07"), Decimal("1.06"), Decimal("1.06"), None]


class TestRecording:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"currency": "EUR"}, "currency"),
            ({"currency": "XXX"}, "currency"),
            ({"rate": Decimal(0)}, "rate"),
            ({"rate": Decimal("0.0000000000001")}, "rate"),
            ({"source": " "}, "source"),
        ],
    )
    def test_nonsense_is_refused(
        self, seller: Seller, given: dict[str, object], field: str
    ) -> None:
        values = {"currency": "USD", "rate": Decimal("1.1"), "day": FRIDAY, "source": "Bank"}

        with pytest.raises(RateRefused) as refused:
            record_own_rate(
                seller=seller, new=NewRate(**{**values, **given}), by="Ada", at=factories.AT
            )

        assert refused.value.field == field

    def test_by_api(self, seller: Seller) -> None:
        app = App(factories.api_key(seller))
        body = {"currency": "USD", "rate": "1.0823", "day": "2026-01-17", "source": "Hausbank AG"}

        made = app.post("/exchange-rates", {**body, "period": "month"})
        refused = app.post("/exchange-rates", {**body, "currency": "EUR"})

        assert (made.status, made.body["day"], made.body["base"]) == (201, "2026-01-01", "EUR")
        assert app.get(f"/exchange-rates/{made.body['id']}").body["rate"] == "1.0823"
        assert (refused.status, refused.body["code"]) == (400, "rate_refused")

    def test_the_database_refuses_nonsense(self, seller: Seller) -> None:
        row = factories.exchange_rate()
        for change, constraint in (
            ({"rate": 0}, "exchangerate_of_two_currencies"),
            ({"period": "month", "source": "BMF"}, "exchangerate_of_a_day_or_month"),
            ({"source": "BMF"}, "exchange_rate_by_its_publisher"),
            ({}, "exchange_rate_published_once"),
        ):
            values = {"currency": "USD", "base": "EUR", "rate": row.rate, "period": "day"}
            values |= {"day": row.day if not change else FRIDAY, "source": "ECB", **change}
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                ExchangeRate.objects.create(**values, created_at=factories.AT)


class TestImport:
    def _import(self, folder: Path, text: str, **options: object) -> str:
        (folder / "rates.csv").write_text(text)
        told = StringIO()
        call_command(
            "import_exchange_rates", folder / "rates.csv", stdout=told, stderr=told, **options
        )
        return told.getvalue()

    ECB = "Date,USD,JPY,BGN,\n2026-01-05,1.0901,163.10,N/A,\n2026-01-02,1.0823,162.77,1.9558,\n"

    def test_the_ecb_s_history_once(self, db: None, tmp_path: Path) -> None:
        assert self._import(tmp_path, self.ECB) == "4 rates new, 0 already there\n"
        changed = self.ECB.replace("1.0901", "1.0902")
        assert self._import(tmp_path, changed) == (
            "Differs, and stays as it is: 2026-01-05: 1 EUR = 1.0902 USD is here as 1.0901\n"
            "0 rates new, 4 already there\n"
        )
        assert ExchangeRate.objects.get(currency="JPY", day=MONDAY).rate == Decimal("163.1")

    def test_since_a_day(self, db: None, tmp_path: Path) -> None:
        assert self._import(tmp_path, self.ECB, since=MONDAY).startswith("2 rates new")

    def test_averages_of_months(self, db: None, tmp_path: Path) -> None:
        self._import(tmp_path, "month,currency,rate\n2026-01,USD,1.0867\n")

        row = ExchangeRate.objects.get()
        assert (row.source, row.period, row.day) == ("BMF", "month", date(2026, 1, 1))

    def test_a_seller_s_own(self, seller: Seller, tmp_path: Path) -> None:
        text = "day,currency,rate\n2026-01-02,USD,1.0867\n"
        given = {"seller": seller.name, "source": "Hausbank AG"}

        self._import(tmp_path, text, **given)
        again = self._import(tmp_path, text, **given)

        assert again == "0 rates new, 1 already there\n"
        row = OwnExchangeRate.objects.get()
        assert (row.seller, row.source, row.base) == (seller, "Hausbank AG", "EUR")

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("a,b\n1,2\n", "The first line must name the columns"),
            ("day,currency,rate\n2026-01-02,USD,-1\n", "Line 2: '-1' is no rate"),
            ("day,currency,rate\n02.01.2026,USD,1\n", "Line 2: Invalid isoformat"),
            ("day,currency,rate\n2026-01-02,EUR,1\n", "between two currencies"),
            ("Date,USD\n2026-01-02,1.0e5\n", "Line 2: '1.0e5' is no rate"),
        ],
    )
    def test_what_makes_no_sense_is_refused_wholly(
        self, db: None, tmp_path: Path, text: str, why: str
    ) -> None:
        with pytest.raises(CommandError, match=why):
            self._import(tmp_path, text)

        assert not ExchangeRate.objects.exists()


def test_lookups_cost_two_queries(seller: Seller, django_assert_num_queries: object) -> None:
    factories.exchange_rate()
    assert connection
    with django_assert_num_queries(2):  # type: ignore[operator]
        find_conversion(seller, currency="USD", on=FRIDAY)
