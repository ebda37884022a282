"""Reads of balances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from billing.customers.models import Customer
from billing.sellers.models import Seller
from invoices.balances.models import BalanceMovement


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a customer has in one currency, and the lots that it lies in."""

    currency: str
    balance_minor: int
    lots: Sequence[BalanceMovement]


def balances(customer: Customer, *, on: date) -> list[Balance]:
    """Return what a customer can use on a day, by currency; lots in the order of their use."""
    lots = BalanceMovement.objects.filter(_usable_on(on), customer=customer, rest_minor__gt=0)
    in_order = sorted(_in_order(lots), key=attrgetter("currency"))  # Stable.
    return [
        Balance(
            currency=currency,
            balance_minor=sum(lot.rest_minor or 0 for lot in mine),
            lots=mine,
        )
        for currency, found in groupby(in_order, key=attrgetter("currency"))
        for mine in [list(found)]
    ]


def usable_lots(*, customer_ids: Iterable[UUID], on: date) -> QuerySet[BalanceMovement]:
    """
    Return the lots that can be used on a day: the soonest to expire first, then the oldest.

    To lock them, ask for `select_for_update()`: they are locked in this order, by customer.
    """
    lots = BalanceMovement.objects.filter(
        _usable_on(on), customer__any_of=list(customer_ids), rest_minor__gt=0
    )
    return lots.order_by("customer_id", F("expires_on").asc(nulls_last=True), "id")


def usable_minor(customer: Customer, *, currency: str, on: date, gross_minor: int) -> int:
    """Return how much of a customer's balance an invoice would use."""
    if gross_minor <= 0 or customer.apply_balance != Customer.ApplyBalance.AUTOMATIC:
        return 0
    lots = usable_lots(customer_ids=[customer.pk], on=on).filter(currency=currency)
    found: int | None = lots.order_by().aggregate(rest=Sum("rest_minor"))["rest"]
    return min(found or 0, gross_minor)


def is_kept(*, invoice_id: UUID) -> bool:
    """Return whether what a credit note gives back went to its customer's balance."""
    kept = BalanceMovement.objects.filter(kind=BalanceMovement.Kind.CREDIT_NOTE)
    return kept.filter(invoice_id=invoice_id).exists()


def expired_lots(seller: Seller, *, on: date) -> QuerySet[BalanceMovement]:
    """Return the seller's lots that are lost on a day, and not booked out yet."""
    lots = BalanceMovement.objects.filter(seller=seller, rest_minor__gt=0, expires_on__lte=on)
    return lots.order_by("customer", "expires_on", "id")


def sellers_of_expiring_lots() -> list[Seller]:
    """Return the sellers of whom some lot will expire, or has."""
    expiring = BalanceMovement.objects.filter(rest_minor__gt=0, expires_on__isnull=False)
    return list(Seller.objects.filter(pk__in=expiring.values("seller")))


def _usable_on(on: date) -> Q:
    return Q(expires_on__isnull=True) | Q(expires_on__gt=on)


def _in_order(lots: QuerySet[BalanceMovement]) -> QuerySet[BalanceMovement]:
    return lots.order_by(F("expires_on").asc(nulls_last=True), "id")
