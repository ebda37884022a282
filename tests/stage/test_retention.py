"""Until when documents are kept."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from invoices.issuing.queries.retention import Kept, end_of, retained_until, rule_of
from tests import factories
from tests.stage.conftest import drain


def _invoice(country: str = "DE", **given: Any) -> Invoice:
    customer = {"country": country, "kind": "business", **given.pop("customer", {})}
    values: dict[str, Any] = {
        "issue_date": date(2026, 3, 31),
        "seller_as_printed": {"country": country, "oss": False},
        "customer_as_printed": customer,
        "taxes": [{"tax_minor": 19}],
        **given,
    }
    return Invoice(**values)


class TestRetention:
    @pytest.mark.parametrize(
        ("country", "until"),
        [("DE", date(2034, 12, 31)), ("AT", date(2033, 12, 31)), ("FR", date(2036, 12, 31))],
    )
    def test_it_counts_from_the_end_of_the_year(self, country: str, until: date) -> None:
        assert retained_until(_invoice(country)) == until

    def test_what_the_one_stop_shop_declares_is_kept_longer(self) -> None:
        seller = {"country": "DE", "oss": True}
        abroad = _invoice(seller_as_printed=seller, customer={"country": "FR"})

        assert retained_until(abroad) == date(2036, 12, 31)
        assert retained_until(_invoice(seller_as_printed=seller)) == date(2034, 12, 31)

    @pytest.mark.parametrize(
        ("kept", "years"), [(Kept.BOOKS, 10), (Kept.VOUCHERS, 8), (Kept.LETTERS, 6)]
    )
    def test_books_longer_than_documents_longer_than_letters(self, kept: Kept, years: int) -> None:
        assert end_of(rule_of("DE", kept), since=date(2026, 1, 1)) == date(2026 + years, 12, 31)

    def test_what_is_kept_cannot_be_deleted(self, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        (invoice,) = drain()

        with pytest.raises(IntegrityError, match="invoice_never_deleted"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk)._raw_delete("default")
