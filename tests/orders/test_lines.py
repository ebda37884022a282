"""Lines of an order that contradict themselves are refused, whoever states them."""

from decimal import Decimal
from typing import Any

import pytest

from billing.orders.commands import OrderLineRefused
from billing.orders.models import Order
from tests import factories


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"quantity": Decimal(-1)}, "correcting an invoice"),
        ({"tax_class": "standard", "exemption_text": "§ 4 Nr. 21 UStG"}, "class exempt"),
        ({"tax_class": "reduced", "exemption_code": "VATEX-EU-132"}, "class exempt"),
    ],
)
def test_a_line_that_contradicts_itself_is_refused(said: dict[str, Any], told: str) -> None:
    customer = factories.customer(factories.seller())

    with pytest.raises(OrderLineRefused, match=f"Line 2: .*{told}"):
        factories.order(customer, factories.line(), factories.line(**said))

    assert not Order.objects.exists()
