"""What benchmarks build in bulk is what the commands would have written: `verify` proves it."""

from datetime import UTC, date, datetime

import pytest
from django.db.models import Sum

from benchmarks.contracts import GROSS_MINOR, Built, build_contracts, release
from billing.contracts.models import Contract
from billing.sellers.queries import today
from invoices.issuing.models import Invoice
from invoices.proving.queries.verification import Listener, verify

AT = datetime(2026, 3, 31, 9, tzinfo=UTC)


@pytest.mark.usefixtures("committed")
@pytest.mark.slow
class TestBuildContracts:
    def test_all_are_due_on_the_day_and_the_books_are_proven(self) -> None:
        built = build_contracts(count=30, at=AT)

        due = Contract.objects.filter(seller=built.seller, next_billing_date=date(2026, 3, 31))
        assert due.count() == 30
        assert not Invoice.objects.filter(seller=built.seller).exists()
        assert is_proven(built)

    def test_what_was_billed_before_is_in_the_chain(self) -> None:
        built = build_contracts(count=30, at=AT, billed_before=True)

        billed = Invoice.objects.filter(seller=built.seller)
        assert billed.aggregate(sum=Sum("gross_minor"))["sum"] == 30 * GROSS_MINOR
        assert Contract.objects.get(external_id="V0000030").next_billing_date == date(2026, 3, 28)
        assert is_proven(built)

    def test_a_released_seller_lives_by_the_real_time(self) -> None:
        built = build_contracts(count=1, at=AT)

        assert today(built.seller, at=AT) < built.day
        release(built)

        assert today(built.seller, at=AT) == built.day


def is_proven(built: Built) -> bool:
    silent = Listener(
        begins=lambda _check: None, heard=lambda _rows: None, ended=lambda _result: None
    )
    return verify(sellers=[built.seller], at=AT, listener=silent).is_proven
