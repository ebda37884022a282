"""Pages of contracts and their subscriptions."""

from billing.contracts.admin.contracts import ContractAdmin
from billing.contracts.admin.subscriptions import SubscriptionAdmin

__all__ = ["ContractAdmin", "SubscriptionAdmin"]
