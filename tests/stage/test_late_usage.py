"""Usage that becomes known while what it belongs to is billed late."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.events.commands import retry
from billing.events.models import Failure
from billing.sellers.models import Seller
from billing.usage.commands import record_usage
from invoices.issuing.models import Invoice
from tests import factories
from tests.proving.conftest import verify
from tests.stage.conftest import AT, drain

Advance = Callable[[date], list[Invoice]]
CALLS = {"code": "calls", "kind": "usage", "unit_price": Decimal("1.00"), "timing": "arrears"}


def ending_on_1_february(seller: Seller, grouping: str) -> None:
    price = {**CALLS, "model": "per_unit", "meter": factories.meter(seller, code="calls")}
    plan = factories.plan(seller, price=price)
    contract = factories.contract(factories.customer(seller, grouping=grouping))
    subscription = factories.subscription(contract, plan, external_id="S1")
    ends = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL, on=date(2026, 2, 1))
    change_subscription(subscription_id=subscription.id, request=ends, at=AT)
    drain()


def seven_calls_of_january(seller: Seller) -> None:
    at = datetime(2026, 1, 20, 12, tzinfo=UTC)
    record_usage(seller=seller, records=[factories.usage(at=at, value=Decimal(7))], at=AT)


class TestLateUsage:
    @pytest.mark.parametrize("grouping", ["per_event", "per_day"])
    def test_it_is_charged_after_an_outage_over_the_end(
        self, seller: Seller, advance: Advance, grouping: str
    ) -> None:
        ending_on_1_february(seller, grouping)
        seller.test_clock.today = date(2026, 2, 10)  # Nothing ran since 1 January.
        seller.test_clock.save()
        seven_calls_of_january(seller)

        advance(date(2026, 4, 1))

        (invoice,) = Invoice.objects.all()
        assert (invoice.issue_date, invoice.net_minor) == (date(2026, 2, 10), 7_00)  # 7 x 1.00
        assert verify(seller).problems == []

    def test_it_is_charged_when_the_end_had_failed(self, seller: Seller, advance: Advance) -> None:
        ending_on_1_february(seller, "per_event")
        factories.order(seller.customers.get())
        Seller.objects.update(vat_id="")
        advance(date(2026, 2, 5))
        seven_calls_of_january(seller)
        Seller.objects.update(vat_id="DE136695976")

        retry(failure_ids=list(Failure.objects.values_list("id", flat=True)), by="Ada", at=AT)
        drain()
        drain()  # The day on which it became known comes after the end's own.

        assert sorted(Invoice.objects.values_list("net_minor", flat=True)) == [7_00, 99_00]
