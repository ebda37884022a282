"""`/contracts/{id}/indexations`: all that a contract pays periodically, by percent."""

from datetime import date

import pytest

from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App, bill_all
from tests.proving.conftest import advance

INDEX = "/contracts/ext:C1/indexations"


@pytest.fixture
def contract(seller: Seller) -> None:
    made = factories.contract(factories.customer(seller), external_id="C1")
    for code in ("S1", "S2"):
        factories.subscription(made, factories.plan(seller), external_id=code)
    bill_all(seller)


@pytest.mark.usefixtures("contract")
class TestIndexations:
    def test_each_subscription_pays_more_from_the_day_on(self, app: App, seller: Seller) -> None:
        answer = app.post(INDEX, {"on": "2026-02-01", "percent": "3.5"})
        advance(seller, date(2026, 2, 1))

        assert answer.status == 201
        assert [change["kind"] for change in answer.body] == ["index_prices", "index_prices"]
        # 2 x 30.00 x 1.035 = 62.10
        assert seller.invoices.latest("sequence").net_minor == 62_10

    def test_in_mid_period_the_rest_is_charged_anew(self, app: App, seller: Seller) -> None:
        advance(seller, date(2026, 1, 5))
        app.post(INDEX, {"on": "2026-01-16", "percent": "10"})
        advance(seller, date(2026, 1, 16))

        # Each: 30.00 - 30 x 15/31 (14.52) = 15.48 back, 33 x 16/31 = 17.03; 2 x 1.55
        assert seller.invoices.latest("sequence").net_minor == 3_10

    def test_a_day_on_which_nothing_runs_is_refused(self, app: App) -> None:
        answer = app.post(INDEX, {"on": "2025-12-01", "percent": "10"})

        assert (answer.status, answer.body["code"]) == (409, "timeline_contradicts")
        assert "No subscription of the contract runs on 2025-12-01" in answer.body["detail"]
