"""
Writes of balances.

A lot is locked before it is used, and before the number series: two invoices at once don't use the
same money.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from billing.customers.models import Customer
from billing.events import log
from billing.events.log import NewEvent
from billing.ids import new_id
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.balances.events import balance_changed, balance_expired
from invoices.balances.models import BalanceMovement
from invoices.balances.queries import expired_lots, usable_lots

Kind = BalanceMovement.Kind
AT_ONCE = 500


class BalanceTooSmall(Exception):
    """More is to be taken from a balance than there is."""


class BalanceExpiresTooEarly(Exception):
    """Money can only expire on a day that is still to come."""


class LotUsedUp(Exception):
    """Nothing is left of a lot that could be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Whose balance is moved, on which of the seller's days, in which transaction."""

    customer: Customer
    currency: str
    on: date
    at: datetime
    transaction_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMoney:
    """
    What someone states: a prepayment, or an adjustment up or down, in minor units.

    What expires is lost from `expires_on` on; None: never. A fall takes from the lots in the order
    in which invoices use them.
    """

    kind: BalanceMovement.Kind
    amount_minor: int
    currency: str
    reason: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """For which invoice, of which gross amount, a customer's balance may be used."""

    booking: Booking
    invoice_id: UUID
    gross_minor: int


def apply_balances(uses: Sequence[Use]) -> list[int]:
    """
    Use customers' balances for documents that are about to be written, all on one day.

    Return how much of each, in their order. One query if there is nothing to use; none if the
    customers want to keep it. Lots are locked before the number series of any document.
    """
    wanted = [use for use in uses if _may_use(use)]
    if not wanted:
        return [0] * len(uses)
    lots = _lock_lots(wanted)
    made: list[BalanceMovement] = []
    used: list[int] = []
    for use in uses:
        mine = lots.get((use.booking.customer.id, use.booking.currency), ())
        taken = list(_taken_of(mine, use.gross_minor)) if _may_use(use) else []
        made += [
            _movement(use.booking, Kind.APPLIED, -amount, lot=lot, invoice_id=use.invoice_id)
            for lot, amount in taken
        ]
        used.append(sum(amount for _, amount in taken))
    BalanceMovement.objects.bulk_create(made)
    return used


def _may_use(use: Use) -> bool:
    uses = use.booking.customer.apply_balance == Customer.ApplyBalance.AUTOMATIC
    return uses and use.gross_minor > 0


def _lock_lots(uses: Sequence[Use]) -> dict[tuple[UUID, str], list[BalanceMovement]]:
    customer_ids = {use.booking.customer.id for use in uses}
    lots = usable_lots(customer_ids=customer_ids, on=uses[0].booking.on).select_for_update()
    found: dict[tuple[UUID, str], list[BalanceMovement]] = {}
    for lot in lots:
        found.setdefault((lot.customer_id, lot.currency), []).append(lot)
    return found


def keep_credit_note(booking: Booking, *, invoice_id: UUID, gross_minor: int) -> None:
    """Put what a credit note gives back to the customer's balance, unless it is paid out."""
    if booking.customer.credit_notes_to == Customer.CreditNotesTo.BALANCE:
        give_back(booking, invoice_id=invoice_id, amount_minor=-gross_minor)


def give_back(booking: Booking, *, invoice_id: UUID, amount_minor: int) -> None:
    """Put what a credit note gives back to the customer's balance, if it is anything."""
    if amount_minor:
        lot = _movement(booking, Kind.CREDIT_NOTE, amount_minor, invoice_id=invoice_id)
        lot.save(force_insert=True)


@transaction.atomic
def state_movement(*, customer: Customer, new: NewMoney, at: datetime) -> list[BalanceMovement]:
    """
    Record a prepayment or an adjustment; return the movements, one per lot that is touched.

    :raises BalanceTooSmall: if it takes more than there is.
    :raises BalanceExpiresTooEarly: if it would be lost on the day it is booked.
    """
    on = today(customer.seller, at=at)
    if new.expires_on and new.expires_on <= on:
        raise BalanceExpiresTooEarly(f"Today is {on}: what expires must do so on a later day.")
    booking = Booking(
        customer=customer, currency=new.currency, on=on, at=at, transaction_id=new_id()
    )
    if new.amount_minor > 0:
        made = [_movement(booking, new.kind, new.amount_minor)]
        made[0].expires_on = new.expires_on
    else:
        taken = list(_taken(booking, -new.amount_minor))
        if sum(amount for _, amount in taken) < -new.amount_minor:
            raise BalanceTooSmall("The balance holds less than is to be taken from it.")
        made = [_movement(booking, new.kind, -amount, lot=lot) for lot, amount in taken]
    return _stated(made, reason=new.reason, told=balance_changed(made[0]))


@transaction.atomic
def reverse_lot(*, lot_id: UUID, reason: str, at: datetime) -> BalanceMovement:
    """
    Take back what is left of a lot: its payment bounced, or it was paid out.

    :raises LotUsedUp: if nothing is left of it.
    """
    locked = BalanceMovement.objects.select_for_update(of=("self",))
    lot = locked.select_related("customer__seller").get(pk=lot_id)
    if not lot.rest_minor:
        raise LotUsedUp("Nothing is left of it that could be taken back.")
    on = today(lot.customer.seller, at=at)
    made = _movement(_booking(lot, on=on, at=at), Kind.REVERSED, -lot.rest_minor, lot=lot)
    return _stated([made], reason=reason, told=balance_changed(made))[0]


def expire_lots(*, seller: Seller, at: datetime) -> int:
    """Book out what is left of the seller's lots that have expired; return how many. Safe twice."""
    count = 0
    while expired := _expire_some(seller, at):
        count += expired
    return count


@transaction.atomic
def _expire_some(seller: Seller, at: datetime) -> int:
    on = today(seller, at=at)
    lots = expired_lots(seller, on=on).select_for_update(of=("self",)).select_related("customer")
    made = [
        _movement(_booking(lot, on=on, at=at), Kind.EXPIRED, -(lot.rest_minor or 0), lot=lot)
        for lot in lots[:AT_ONCE]
    ]
    events = log.append([balance_expired(movement) for movement in made], at=at)
    for movement, event in zip(made, events, strict=True):
        movement.transaction_id = event.transaction_id
    BalanceMovement.objects.bulk_create(made)
    return len(made)


def _stated(made: list[BalanceMovement], *, reason: str, told: NewEvent) -> list[BalanceMovement]:
    (event,) = log.append([told], at=made[0].created_at)
    for movement in made:
        movement.reason = reason
        movement.transaction_id = event.transaction_id
    return BalanceMovement.objects.bulk_create(made)


def _taken(booking: Booking, amount_minor: int) -> Iterator[tuple[BalanceMovement, int]]:
    """Lock the customer's lots, and yield those to use, with how much of each."""
    lots = usable_lots(customer_ids=[booking.customer.id], on=booking.on).select_for_update()
    return _taken_of(lots.filter(currency=booking.currency), amount_minor)


def _taken_of(
    lots: Iterable[BalanceMovement], amount_minor: int
) -> Iterator[tuple[BalanceMovement, int]]:
    """Yield the lots to use, with how much of each; less is left of them then."""
    for lot in lots:
        rest_minor = lot.rest_minor or 0
        amount = min(rest_minor, amount_minor)
        amount_minor -= amount
        if amount:
            lot.rest_minor = rest_minor - amount
            yield lot, amount


def _booking(lot: BalanceMovement, *, on: date, at: datetime) -> Booking:
    return Booking(
        customer=lot.customer, currency=lot.currency, on=on, at=at, transaction_id=new_id()
    )


def _movement(
    booking: Booking,
    kind: BalanceMovement.Kind,
    amount_minor: int,
    *,
    lot: BalanceMovement | None = None,
    invoice_id: UUID | None = None,
) -> BalanceMovement:
    return BalanceMovement(
        seller_id=booking.customer.seller_id,
        customer=booking.customer,
        kind=kind,
        currency=booking.currency,
        amount_minor=amount_minor,
        lot=lot,
        rest_minor=None if lot else amount_minor,
        invoice_id=invoice_id,
        booked_on=booking.on,
        transaction_id=booking.transaction_id,
        created_at=booking.at,
    )
