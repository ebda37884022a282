"""The facts of many subscriptions at once: a query each, however many contracts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from billing.catalog.models import Plan, Price
from billing.catalog.queries import Agreed, plan_terms, unpriced_terms
from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import as_change, not_undone
from billing.pricing.terms import PlanTerms
from billing.pricing.timeline import Timeline
from invoices.issuing.models import Charge

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The changes and charges of some contracts' subscriptions, and the prices that they name."""

    changes: Mapping[UUID, Mapping[UUID, Sequence[SubscriptionChange]]]  # By contract.
    charges: Mapping[UUID | None, Sequence[Charge]]
    _prices: Mapping[UUID | None, Sequence[Price]]
    _terms: dict[tuple[UUID, Agreed], PlanTerms] = field(default_factory=dict)

    def timeline(self, contract: Contract, subscription_id: UUID) -> Timeline:
        """
        Return the whole timeline of a subscription, as `billing.contracts` does one by one.

        :raises PriceMissing: if a plan lacks a price that is on sale on the day.
        """
        known = self.changes[contract.id][subscription_id]
        kept = not_undone(known)
        changes = tuple(
            as_change(
                change,
                self._plan_terms(
                    change.plan,
                    Agreed(
                        on=change.effective_on, currency=contract.currency, at=change.recorded_at
                    ),
                )
                if change.plan and change.id in kept
                else change.plan and unpriced_terms(change.plan),
            )
            for change in known
        )
        return Timeline(str(subscription_id), changes, contract.seller.timezone)

    def _plan_terms(self, plan: Plan, agreed: Agreed) -> PlanTerms:
        key = plan.id, agreed
        if key not in self._terms:
            prices = self._prices.get(plan.id, ())
            self._terms[key] = plan_terms(plan, prices, agreed=agreed)
        return self._terms[key]


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
    prices = Price.objects.filter(plan_id__in={change.plan_id for change in changes})
    return Facts(
        changes=by_contract,
        charges=_grouped(charges.order_by("ordinal"), "subscription_id"),
        _prices=_grouped(prices, "plan_id"),
    )


def _grouped(rows: Iterable[Row], name: str) -> dict[UUID | None, list[Row]]:
    groups: dict[UUID | None, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, name)].append(row)
    return dict(groups)
