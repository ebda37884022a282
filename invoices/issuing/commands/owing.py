"""What contracts owe by the events that charge it, and how far they are billed by that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing.contracts.commands import Billed
from billing.contracts.models import Contract
from billing.contracts.queries import Known
from billing.events.models import Event
from invoices.issuing.commands.chunk import alone_if_refused
from invoices.issuing.queries.drafts import DraftLine
from invoices.issuing.queries.due import DueOn, owed_on_days
from invoices.issuing.queries.lines import Found


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
    """Return what contracts owe, by their ids; those that refuse to tell are billed alone."""
    of = {each.contract.id: each for each in due}
    owed = owed_on_days(
        [DueOn(each.contract, each.event.as_of_date) for each in due],
        unless_refused=lambda contract: alone_if_refused(of[contract.id].event),
    )
    return {
        contract_id: Owing(of[contract_id], one.known, one.lines, one.found)
        for contract_id, one in owed.items()
    }
