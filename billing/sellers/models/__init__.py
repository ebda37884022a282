"""Who issues invoices, and who may act for them."""

from billing.sellers.models.keys import ApiKey
from billing.sellers.models.sellers import (
    CURRENCY,
    Membership,
    Seller,
    SellerRegistration,
    TestClock,
    check_country,
)

__all__ = [
    "CURRENCY",
    "ApiKey",
    "Membership",
    "Seller",
    "SellerRegistration",
    "TestClock",
    "check_country",
]
