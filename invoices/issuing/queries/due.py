"""What contracts owe on days of theirs, found for all at once: by as many queries as for one."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing.contracts.models import Contract
from billing.contracts.queries import Agreements, Known, known_on
from billing.pricing.timeline import Timeline
from invoices.issuing.queries.drafts import DraftLine
from invoices.issuing.queries.lines import Found, accounts, demanded, found_due, printed
from invoices.issuing.queries.metered import Looked

# Surrounds what is asked of a contract: it lets what refuses to tell drop out, or raises it.
UnlessRefused = Callable[[Contract], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class DueOn:
    """A contract, and the day on which it is due."""

    contract: Contract
    day: date


@dataclass(frozen=True, slots=True)
class Owed:
    """What a contract owes by what is known of it: the lines of a document."""

    known: Known
    lines: Sequence[DraftLine]
    found: Found


def owed_on_days(due: Sequence[DueOn], *, unless_refused: UnlessRefused) -> dict[UUID, Owed]:
    """Return what contracts owe, by their ids; not of those that refuse to tell."""
    told = _told(due, unless_refused)
    found = _found(due, told, unless_refused)
    said = printed(found.values())
    owed: dict[UUID, Owed] = {}
    for each in due:
        contract_id = each.contract.id
        if contract_id in found:
            with unless_refused(each.contract):
                lines = demanded(found[contract_id], said).lines
                owed[contract_id] = Owed(told[contract_id][0], lines, found[contract_id])
    return owed


def _found(
    due: Sequence[DueOn],
    told: Mapping[UUID, tuple[Known, Mapping[UUID, Timeline]]],
    unless_refused: UnlessRefused,
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
        cause = f"period {each.day}"
        with unless_refused(each.contract):
            found[each.contract.id] = found_due(each.contract, mine, known=known, cause=cause)
    return found


def _told(
    due: Sequence[DueOn], unless_refused: UnlessRefused
) -> dict[UUID, tuple[Known, Mapping[UUID, Timeline]]]:
    agreements = Agreements([each.contract for each in due])
    found: dict[UUID, tuple[Known, Mapping[UUID, Timeline]]] = {}
    for each in due:
        with unless_refused(each.contract):
            whole = agreements.timelines(each.contract, passes_over_failed=True)
            known = known_on(each.contract, whole.values(), on=each.day)
            found[each.contract.id] = known, whole
    return found
