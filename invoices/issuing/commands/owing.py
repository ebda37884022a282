"""What contracts owe on days of theirs, found for all at once: by as many queries as for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing.contracts.commands import Billed
from billing.contracts.models import Contract
from billing.contracts.queries import Agreements, Known, known_on
from billing.events.models import Event
from billing.pricing.timeline import Timeline
from invoices.issuing.commands.chunk import alone_if_refused
from invoices.issuing.queries.drafts import DraftLine
from invoices.issuing.queries.lines import Found, accounts, demanded, found_due, printed
from invoices.issuing.queries.metered import Looked


@dataclass(frozen=True, slots=True)
class Due:
    """A contract that is due, and the event by which it is charged; both are locked."""

    contract: Contract
    event: Event


@dataclass(frozen=True, slots=True)
class Owing:
    """What a contract owes by what is known of it: the lines of a document."""

    due: Due
    known: Known
    lines: Sequence[DraftLine]
    found: Found

    def billed(self, *, next_billing_date: date | None) -> Billed:
        """Return how far the contract is billed by these lines."""
        return Billed(
            contract=self.due.contract,
            known=self.known,
            charged_until=self.found.charged_until,
            next_billing_date=next_billing_date,
        )


def owing(due: Sequence[Due]) -> dict[UUID, Owing]:
    """Return what contracts owe, by their ids; not of those that refuse to tell."""
    told = _told(due)
    found = _found(due, told)
    said = printed(found.values())
    owed: dict[UUID, Owing] = {}
    for each in due:
        contract_id = each.contract.id
        if contract_id in found:
            with alone_if_refused(each.event):
                lines = demanded(found[contract_id], said).lines
                owed[contract_id] = Owing(each, told[contract_id][0], lines, found[contract_id])
    return owed


def _found(
    due: Sequence[Due], told: Mapping[UUID, tuple[Known, Mapping[UUID, Timeline]]]
) -> dict[UUID, Found]:
    looked = [
        Looked(timeline, known.on) for known, whole in told.values() for timeline in whole.values()
    ]
    of = {account.subscription_id: account for account in accounts(looked)}
    found: dict[UUID, Found] = {}
    for each in due:
        if each.contract.id not in told:
            continue
        known, whole = told[each.contract.id]
        mine = [of[subscription_id] for subscription_id in whole]
        cause = f"period {each.event.as_of_date}"
        with alone_if_refused(each.event):
            found[each.contract.id] = found_due(each.contract, mine, known=known, cause=cause)
    return found


def _told(due: Sequence[Due]) -> dict[UUID, tuple[Known, Mapping[UUID, Timeline]]]:
    agreements = Agreements([each.contract for each in due])
    found: dict[UUID, tuple[Known, Mapping[UUID, Timeline]]] = {}
    for each in due:
        with alone_if_refused(each.event):
            whole = agreements.timelines(each.contract, passes_over_failed=True)
            known = known_on(each.contract, whole.values(), on=each.event.as_of_date)
            found[each.contract.id] = known, whole
    return found
