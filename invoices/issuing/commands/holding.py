"""Holding what must be approved before it is issued; just what was approved is issued."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from billing.events import commands as events
from billing.events.models import Event, Failure
from billing.events.tries import Worker
from invoices.issuing.commands.issue import Demand, Ready
from invoices.issuing.models import Hold
from invoices.issuing.queries.held import (
    Drafted,
    Held,
    digest,
    findings,
    held_before,
    is_approved,
    shown,
)
from invoices.issuing.queries.trouble import trouble


def drafted(document: Ready) -> Drafted:
    """Return a document as rules look at it."""
    totals, demand = document.totals, document.demand
    return Drafted(
        kind=document.prepared.kind,
        customer=demand.customer,
        contract=demand.contract,
        currency=totals.currency,
        net_minor=totals.net_minor,
        tax_minor=totals.tax_minor,
        gross_minor=totals.gross_minor,
        taxes=[tax.printed for tax in totals.taxes],
        lines=document.lines,
    )


def check_not_held(demand: Demand, documents: Sequence[Ready]) -> None:
    """
    Do nothing if an event's documents may be issued: no rule holds them, or they are approved.

    :raises Held: otherwise; nothing of the event may be written then.
    """
    check_drafts(demand, [drafted(document) for document in documents])


def check_drafts(demand: Demand, drafts: Sequence[Drafted]) -> None:
    """
    Do as `check_not_held`, of documents that are made otherwise.

    :raises Held: if they must be approved first.
    """
    found = findings(demand.seller, drafts) if drafts else {}
    told = [each for place in sorted(found) for each in found[place]]
    if drafts and not told and demand.event.retried_at:
        told = held_before(demand.event.id, drafts)
    if told and not is_approved(demand.event.id, drafts):
        raise Held(told, drafts)


@transaction.atomic
def hold(event: Event, held: Held, me: Worker) -> Failure | None:
    """Put an event's documents before a human for approval; None if the event no longer waits."""
    largest = max(held.drafts, key=lambda draft: abs(draft.net_minor))
    told = replace(
        trouble(held, event),
        money_at_stake_minor=abs(largest.net_minor),
        currency=largest.currency,
    )
    failure = events.fail(event_id=event.pk, tried=me.tried(), trouble=told)
    if failure:
        Hold.objects.create(
            seller_id=event.seller_id,
            failure=failure,
            event=event,
            customer=held.drafts[0].customer,
            findings=[each.stored() for each in held.findings],
            documents=[shown(draft) for draft in held.drafts],
            digest=digest(held.drafts),
            opened_at=failure.opened_at,
        )
    return failure
