"""Pages of contracts and their subscriptions; what of a coupon's page is theirs."""

from billing.contracts.admin.contracts import ContractAdmin
from billing.contracts.admin.redemptions import RedemptionInline
from billing.contracts.admin.subscriptions import SubscriptionAdmin

__all__ = ["ContractAdmin", "RedemptionInline", "SubscriptionAdmin"]
