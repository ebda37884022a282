"""The clock and the seller of the stages' tests."""

import pytest

from billing.customers.models import Customer
from billing.sellers.models import Seller
from tests import factories
from tests.stage.conftest import advance, seller

__all__ = ["advance", "seller"]


@pytest.fixture
def customer(seller: Seller) -> Customer:
    """A customer of the seller, whose invoices use the balance."""
    return factories.customer(seller, external_id="A1")
