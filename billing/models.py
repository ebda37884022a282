"""All tables of this app, listed for Django; each stands in its stage."""

from billing.api.models import IdempotentRequest
from billing.catalog.models import Coupon, Meter, Plan, Price, Product, TaxRate
from billing.contracts.models import (
    Contract,
    CouponRedemption,
    Subscription,
    SubscriptionChange,
)
from billing.customers.models import Customer
from billing.events.models import (
    Attempt,
    AttemptArchive,
    Event,
    Failure,
    FailureCause,
    FailureDecision,
    FailureNote,
    Lease,
)
from billing.exchange.models import ExchangeRate, OwnExchangeRate
from billing.orders.models import Order, OrderLine
from billing.sellers.models import (
    ApiKey,
    Membership,
    Seller,
    SellerRegistration,
    TestClock,
)
from billing.staff.models import StaffAction
from billing.usage.models import (
    UnattributedRecord,
    UnattributedUsage,
    UsageBucket,
    UsageConflict,
    UsageDistinct,
    UsageKey,
    UsageRecord,
)
from billing.vat.models import TaxOverride, VatIdCheck

__all__ = [
    "ApiKey",
    "Attempt",
    "AttemptArchive",
    "Contract",
    "Coupon",
    "CouponRedemption",
    "Customer",
    "Event",
    "ExchangeRate",
    "Failure",
    "FailureCause",
    "FailureDecision",
    "FailureNote",
    "IdempotentRequest",
    "Lease",
    "Membership",
    "Meter",
    "Order",
    "OrderLine",
    "OwnExchangeRate",
    "Plan",
    "Price",
    "Product",
    "Seller",
    "SellerRegistration",
    "StaffAction",
    "Subscription",
    "SubscriptionChange",
    "TaxOverride",
    "TaxRate",
    "TestClock",
    "UnattributedRecord",
    "UnattributedUsage",
    "UsageBucket",
    "UsageConflict",
    "UsageDistinct",
    "UsageKey",
    "UsageRecord",
    "VatIdCheck",
]
