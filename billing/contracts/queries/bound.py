"""How long contracts bind: their terms as the pure engine's values."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries.changes import as_change
from billing.pricing.agreement import Term, agreed_from
from billing.pricing.terms import Change
from billing.pricing.timeline import standing


def contract_term(contract: Contract) -> Term | None:
    """Return the term of a contract; None if it has none, or if nothing has been started yet."""
    return contract_terms([contract]).get(contract.pk)


def contract_terms(contracts: Iterable[Contract]) -> dict[UUID, Term]:
    """
    Return the terms of those contracts that have one that has begun to count: in one query.

    It counts from the first day of the start that was recorded first; one that was undone doesn't
    count.
    """
    bound = {contract.pk: contract for contract in contracts if contract.initial_months}
    if not bound:
        return {}
    changes: dict[tuple[UUID, UUID], list[Change]] = defaultdict(list)
    rows = SubscriptionChange.objects.filter(subscription__contract__in=bound)
    for row in rows.select_related("subscription").order_by("position"):
        key = (row.subscription.contract_id, row.subscription_id)
        changes[key].append(as_change(row, None))
    kept: dict[UUID, list[Change]] = defaultdict(list)
    for (contract_id, _), mine in changes.items():
        kept[contract_id] += standing(mine)
    return {
        contract_id: Term(
            starts_on=starts_on,
            initial_months=bound[contract_id].initial_months or 0,
            renewal_months=_renewal_months(bound[contract_id]),
            notice_months=bound[contract_id].notice_months or 0,
        )
        for contract_id, known in kept.items()
        if (starts_on := agreed_from(known))
    }


def _renewal_months(contract: Contract) -> int | None:
    return 0 if contract.renewal == Contract.Renewal.NONE else contract.renewal_months
