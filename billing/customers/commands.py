"""Writes of customers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from billing.customers.events import customer_changed, customer_created, vat_id_given
from billing.customers.models import Customer
from billing.customers.queries import collection_day, collection_days
from billing.events import log
from billing.identifiers import compact
from billing.pricing.refused import Refused
from billing.pricing.vat_ids import valid_vat_id
from billing.sellers.models import Seller
from billing.sellers.queries import today

CHANGEABLE = frozenset(
    {
        "external_id", "name", "kind", "contact_name", "email", "phone", "street",
        "address_line_2", "postcode", "city", "country", "vat_id", "register_number", "locale",
        "payment_days", "grouping", "invoice_day", "credit_notes_to", "apply_balance",
        "delivery_name", "delivery_street", "delivery_postcode", "delivery_city",
        "delivery_country", "buyer_reference", "electronic_address", "electronic_address_scheme",
        "document_format", "mandate_reference", "mandate_iban", "mandate_signed_on",
    }
)  # fmt: skip
COLLECTING = frozenset({"grouping", "invoice_day"})  # What says when charges are collected.


class CustomerBusy(Exception):
    """Someone else has locked the customer: begin again, and lock it before anything else."""


class DetailsIncomplete(Refused):
    """Details of a customer that belong together aren't all there."""


@transaction.atomic
def create_customer(*, seller: Seller, details: Mapping[str, object], at: datetime) -> Customer:
    """
    Record a customer; `details` are values of its columns.

    :raises VatIdInvalid: if there is a VAT id that can't be one of the customer's country.
    :raises DetailsIncomplete: if details that belong together aren't all there.
    """
    customer = Customer(seller=seller, created_at=at)
    _take(customer, details)
    customer.save(force_insert=True)
    log.append([customer_created(customer, on=today(seller, at=at), at=at)], at=at)
    _have_vat_id_checked(customer, at=at)
    return customer


@transaction.atomic
def change_customer(*, customer_id: UUID, details: Mapping[str, object], at: datetime) -> Customer:
    """
    Change what is known of a customer from now on; issued invoices stay as they were printed.

    What is known already is no change, and told to nobody.

    What waits to be collected goes by the new grouping.

    :raises VatIdInvalid: if the VAT id can't be one of the customer's country.
    :raises DetailsIncomplete: if details that belong together aren't all there.
    """
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    before = {name: getattr(customer, name) for name in (*details, "vat_id", "country")}
    _take(customer, details)
    changed = {name for name, value in before.items() if getattr(customer, name) != value}
    if changed & {"vat_id", "country"}:  # The country says whether it can be asked about.
        _have_vat_id_checked(customer, at=at)
    if customer.next_collection_date and COLLECTING & changed:
        day = today(customer.seller, at=at)
        customer.next_collection_date = collection_day(customer, on=day)
        changed.add("next_collection_date")
    customer.save(update_fields=changed)
    if changed:
        day = today(customer.seller, at=at)
        log.append([customer_changed(customer, on=day, at=at)], at=at)
    return customer


def lock_customer(customer_id: UUID) -> Customer:
    """
    Lock a customer whose days are closed or whose next day changes, before any of its contracts.

    Orders and contracts can be made meanwhile: they only refer to the customer.
    """
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)


def lock_customer_late(customer_id: UUID) -> Customer:
    """
    Lock a customer where other locks are held already, without waiting for it.

    :raises CustomerBusy: if someone else has locked it.
    """
    rows = Customer.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=customer_id)
    customer = rows.first()
    if customer is None:
        raise CustomerBusy(customer_id)
    return customer


def lock_free_customers(ids: Iterable[UUID]) -> dict[UUID, Customer]:
    """Lock customers as `lock_customer` does, in the order of their ids: those that are free."""
    rows = Customer.objects.select_for_update(no_key=True, skip_locked=True).filter(
        pk__in=list(ids)
    )
    return {customer.pk: customer for customer in rows.order_by("pk")}


def make_due(customer: Customer, *, day: date) -> None:
    """
    Have a customer's charges of a day collected when it is their time.

    The caller has locked the customer.
    """
    make_all_due({customer: day})


def make_all_due(days: Mapping[Customer, date]) -> None:
    """Do as `make_due` of customers of one seller, each on its day: in as many statements."""
    noted = [(customer, customer.next_collection_date) for customer in days]
    found = collection_days([*days.items(), *((each, on) for each, on in noted if on)])
    still = dict(zip([each for each, on in noted if on], found[len(days) :], strict=True))
    changed = {
        customer: day
        for (customer, due_on), day in zip(noted, found[: len(days)], strict=True)
        if due_on is None or day < due_on or still[customer] != due_on
    }
    note_all_collected(changed)


def note_collected(customer: Customer, *, next_collection_date: date | None) -> None:
    """Note when a customer's waiting charges are collected; the caller has locked it."""
    note_all_collected({customer: next_collection_date})


def note_all_collected(days: Mapping[Customer, date | None]) -> None:
    """Note as `note_collected` does of customers: in one statement."""
    if not days:
        return
    for customer, day in days.items():
        customer.next_collection_date = day
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_COLLECTED, [[each.pk for each in days], list(days.values())])


def _take(customer: Customer, details: Mapping[str, object]) -> None:
    for name in CHANGEABLE & details.keys():
        setattr(customer, name, details[name])
    if customer.vat_id:
        customer.vat_id = valid_vat_id(customer.vat_id, country=customer.country)
    customer.mandate_iban = compact(customer.mandate_iban)
    for name, problem in _missing(customer):
        raise DetailsIncomplete(problem, field=name)


def _missing(customer: Customer) -> Iterator[tuple[str, str]]:
    """Yield what is missing of details that belong together."""
    scheme, address = customer.electronic_address_scheme, customer.electronic_address
    if address and not scheme:
        yield "electronic_address_scheme", "An electronic address needs its scheme: give it."
    if scheme and not address:
        yield "electronic_address", "This scheme is of no electronic address: give that too."
    elsewhere = ("name", "street", "postcode", "city")
    if not customer.delivery_country and any(
        getattr(customer, f"delivery_{name}") for name in elsewhere
    ):
        yield "delivery_country", "An address of delivery needs its country: give it."
    mandate = ("mandate_reference", "mandate_iban", "mandate_signed_on")
    empty = [name for name in mandate if not getattr(customer, name)]
    if 0 < len(empty) < len(mandate):
        yield empty[0], "A direct debit mandate needs its reference, account and date: give all."


def _have_vat_id_checked(customer: Customer, *, at: datetime) -> None:
    """Have the register asked about a VAT id, where that is switched on."""
    if settings.VIES_URL and customer.vat_id:
        on = today(customer.seller, at=at)
        log.append([vat_id_given(customer, on=on, at=at)], at=at)


@transaction.atomic
def create_missing_customers(
    *, seller: Seller, wanted: Mapping[str, Mapping[str, object]], at: datetime
) -> tuple[dict[str, Customer], int]:
    """
    Return the customers with these external ids, and how many of them had to be created.

    `wanted` gives the details of each, for the case that it is missing; one that is there stays
    as it is. The number of queries doesn't depend on how many there are.
    """
    known = _by_external_id(seller, wanted)
    missing = [
        Customer(seller=seller, external_id=external_id, created_at=at, **wanted[external_id])
        for external_id in wanted
        if external_id not in known
    ]
    if not missing:
        return known, 0
    Customer.objects.bulk_create(missing, ignore_conflicts=True)  # Another may be first.
    created = _by_external_id(seller, [str(customer.external_id) for customer in missing])
    ids = {customer.pk for customer in missing}
    new = [customer for customer in created.values() if customer.pk in ids]
    on = today(seller, at=at)
    log.append([customer_created(customer, on=on, at=at) for customer in new], at=at)
    return {**known, **created}, len(new)


def _by_external_id(seller: Seller, external_ids: Iterable[str]) -> dict[str, Customer]:
    customers = Customer.objects.filter(seller=seller, external_id__in=list(external_ids))
    return {str(customer.external_id): customer for customer in customers}


_NOTE_COLLECTED = """
    UPDATE billing_customer AS customer SET next_collection_date = noted.day
    FROM unnest(%s::uuid[], %s::date[]) AS noted(id, day)
    WHERE customer.id = noted.id
"""
