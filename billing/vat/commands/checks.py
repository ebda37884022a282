"""Asking the register about VAT ids: beside billing, which never waits for it."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing.customers.commands import lock_customer
from billing.customers.events import vat_id_given
from billing.customers.models import Customer
from billing.events import commands as events
from billing.events import log
from billing.events.models import Event
from billing.events.tries import Worker
from billing.pricing.tax_area import NORTHERN_IRELAND, is_in_eu
from billing.sellers.queries import today
from billing.vat.commands.vies import Answer, ask
from billing.vat.events import vat_id_checked
from billing.vat.models import VatIdCheck
from billing.vat.queries import due_checks

logger = logging.getLogger(__name__)

CHECK_VAT_ID = "vat.check_vat_id"
AGAIN_FIRST = timedelta(minutes=5)
AGAIN_AT_MOST = timedelta(days=1)
APPENDED_AT_ONCE = 100

Outcome = VatIdCheck.Outcome


def check_vat_id(*, event_id: UUID, at: datetime, worker: str) -> VatIdCheck | None:
    """
    Ask the register about the VAT id that an event tells of, and keep its answer.

    None if the event is handled already, or if there is nothing to ask. No answer is kept too, and
    asked for again later. The register is asked before anything is locked; an answer about an id
    that the customer no longer has by then is dropped, since the new one has an event of its own.
    """
    me = Worker(task=CHECK_VAT_ID, name=worker, at=at)
    event = Event.objects.get(pk=event_id)
    customer = Customer.objects.select_related("seller").get(pk=event.payload["customer_id"])
    if event.state != Event.State.WAITING:
        return None
    answer = None
    if settings.VIES_URL and can_be_asked(customer):
        answer = ask(customer.vat_id, requester=customer.seller.vat_id)
    return _note(event_id, customer, answer, me)


def can_be_asked(customer: Customer) -> bool:
    """Return whether a customer has a VAT id that the register knows of."""
    is_of_union = is_in_eu(customer.country) or customer.vat_id.startswith(NORTHERN_IRELAND)
    return bool(customer.vat_id) and is_of_union


@transaction.atomic
def ask_again(*, customer: Customer, at: datetime) -> None:
    """Have a customer's VAT id asked about, whether or not it was."""
    on = today(customer.seller, at=at)
    log.append([vat_id_given(customer, on=on, at=at)], at=at)


@transaction.atomic
def append_due_checks(*, at: datetime) -> int:
    """Append events for the VAT ids that are to be asked about by now; return how many."""
    if not settings.VIES_URL:
        return 0
    due = due_checks(at=at, limit=APPENDED_AT_ONCE)
    ids = [check.pk for check in due]
    locked = VatIdCheck.objects.select_for_update(skip_locked=True).filter(
        pk__in=ids, next_check_at__isnull=False
    )
    mine = set(locked.values_list("pk", flat=True))
    found = [check for check in due if check.pk in mine]
    told = [
        vat_id_given(check.customer, on=today(check.customer.seller, at=at), at=at)
        for check in found
        if check.customer.vat_id == check.vat_id  # Another one has an event of its own.
    ]
    VatIdCheck.objects.filter(pk__in=mine).update(next_check_at=None)
    log.append(told, at=at)
    return len(told)


@transaction.atomic
def _note(
    event_id: UUID, customer: Customer, answer: Answer | None, me: Worker
) -> VatIdCheck | None:
    vat_id = lock_customer(customer.pk).vat_id  # Before the event: the order of locks.
    event = Event.objects.select_for_update().get(pk=event_id)
    if event.state != Event.State.WAITING:
        return None
    events.complete(event, tried=me.tried())
    if answer is None or vat_id != customer.vat_id:
        return None
    check = _keep(customer, answer, at=me.at)
    told = vat_id_checked(check, event=event, on=today(customer.seller, at=me.at))
    log.append([told], at=me.at)
    return check


def _keep(customer: Customer, answer: Answer, *, at: datetime) -> VatIdCheck:
    """
    Write what was answered; earlier answers are not to be repeated any more.

    The caller has locked the customer, who still has the VAT id that was asked about.
    """
    before = VatIdCheck.objects.filter(customer=customer)
    before.filter(next_check_at__isnull=False).update(next_check_at=None)
    outcome = {True: Outcome.VALID, False: Outcome.INVALID, None: Outcome.UNAVAILABLE}
    return VatIdCheck.objects.create(
        seller_id=customer.seller_id,
        customer=customer,
        vat_id=customer.vat_id,
        outcome=outcome[answer.is_valid],
        consultation_number=answer.consultation_number,
        name=answer.name,
        address=answer.address,
        answer=answer.raw,
        checked_at=at,
        next_check_at=at + _wait(customer, answer),
    )


def _wait(customer: Customer, answer: Answer) -> timedelta:
    """Return after which time to ask again: without an answer soon, each time twice as late."""
    if answer.is_valid is not None:
        return timedelta(days=settings.VIES_RECHECK_DAYS)
    latest = VatIdCheck.objects.filter(customer=customer, vat_id=customer.vat_id).order_by("-id")
    failed = 0  # In a row, before this one.
    for outcome in latest.values_list("outcome", flat=True)[:20]:
        if outcome != Outcome.UNAVAILABLE:
            break
        failed += 1
    return min(AGAIN_FIRST * (1 << failed), AGAIN_AT_MOST)
