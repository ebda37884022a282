"""The facts of many subscriptions at once: a query each, however many contracts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from billing.catalog.models import Price
from billing.catalog.queries import prices_of_plans
from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import priced_timeline
from billing.pricing.timeline import Timeline
from invoices.issuing.models import Charge

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The changes and charges of some contracts' subscriptions, and the prices that they name."""

    changes: Mapping[UUID, Mapping[UUID, Sequence[SubscriptionChange]]]  # By contract.
    charges: Mapping[UUID | None, Sequence[Charge]]
    _prices: Mapping[UUID | None, Sequence[Price]]

    def timeline(self, contract: Contract, subscription_id: UUID) -> Timeline:
        """
        Return the whole timeline of a subscription, as `billing.contracts` does one by one.

        :raises PriceMissing: if a plan lacks a price that is on sale on the day.
        """
        changes = self.changes[contract.id][subscription_id]
        return priced_timeline(contract, changes, prices=self._prices)


def facts_of(contracts: Mapping[UUID, Contract]) -> Facts:
    """Read the facts of some contracts."""
    changes = list(
        SubscriptionChange.objects.filter(subscription__contract_id__in=contracts)
        .select_related("plan", "subscription")
        .order_by("position")
    )
    by_contract: dict[UUID, dict[UUID, list[SubscriptionChange]]] = defaultdict(dict)
    for change in changes:
        subscriptions = by_contract[change.subscription.contract_id]
        subscriptions.setdefault(change.subscription_id, []).append(change)
    charges = Charge.objects.filter(
        subscription_id__in={change.subscription_id for change in changes}
    )
    return Facts(
        changes=by_contract,
        charges=_grouped(
            charges.prefetch_related("corrects").order_by("ordinal"), "subscription_id"
        ),
        _prices=prices_of_plans({change.plan_id for change in changes}),
    )


def _grouped(rows: Iterable[Row], name: str) -> dict[UUID | None, list[Row]]:
    groups: dict[UUID | None, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, name)].append(row)
    return dict(groups)
