"""Making contracts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.contracts.events import contract_changed, contract_created
from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events import log
from billing.pricing.agreement import Term, check_consumer_term
from billing.sellers.queries import today

CONSUMER_LAW_OF = "DE"  # The country whose law of consumers' terms the engine knows.


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerm:
    """
    For how many months a contract binds from the first start of a subscription on.

    It is renewed by `renewal_months`; by None for an indefinite time, by 0 not at all.
    """

    initial_months: int
    renewal_months: int | None
    notice_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContract:
    """A contract to be made; without a term it can be cancelled for any day."""

    currency: str
    external_id: str | None = None
    payment_days: int | None = None
    term: NewTerm | None = None
    purchase_order: str = ""
    project_reference: str = ""


@transaction.atomic
def make_contract(*, customer: Customer, new: NewContract, at: datetime) -> Contract:
    """
    Make a contract with a customer of the same seller.

    :raises TermNotAllowed: if the law makes such a term with a consumer void.
    """
    if new.term:
        check_law(_from_today(new.term, customer, at), customer)
    contract = Contract.objects.create(
        seller_id=customer.seller_id,
        customer=customer,
        external_id=new.external_id,
        currency=new.currency,
        payment_days=new.payment_days,
        purchase_order=new.purchase_order,
        project_reference=new.project_reference,
        **_columns(new.term),
        created_at=at,
    )
    on = today(customer.seller, at=at)
    log.append([contract_created(contract, on=on, at=at)], at=at)
    return contract


@transaction.atomic
def change_references(*, contract: Contract, details: Mapping[str, str], at: datetime) -> Contract:
    """Note the customer's numbers of its order and project that later invoices show."""
    changed = {"purchase_order", "project_reference"} & details.keys()
    Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)  # One after the other.
    for name in changed:
        setattr(contract, name, details[name])
    contract.save(update_fields=changed)
    if changed:
        on = today(contract.seller, at=at)
        log.append([contract_changed(contract, on=on, at=at)], at=at)
    return contract


def check_law(term: Term, customer: Customer) -> None:
    """
    Check a term against the law of the customer's country.

    :raises TermNotAllowed: if the law makes it void.
    """
    if (customer.kind, customer.country) == ("consumer", CONSUMER_LAW_OF):
        check_consumer_term(term)


def _from_today(term: NewTerm, customer: Customer, at: datetime) -> Term:
    return Term(
        starts_on=today(customer.seller, at=at),
        initial_months=term.initial_months,
        renewal_months=term.renewal_months,
        notice_months=term.notice_months,
    )


def _columns(term: NewTerm | None) -> dict[str, object]:
    if term is None:
        return {}
    renewals = {None: Contract.Renewal.INDEFINITE, 0: Contract.Renewal.NONE}
    return {
        "initial_months": term.initial_months,
        "renewal": renewals.get(term.renewal_months, Contract.Renewal.MONTHS),
        "renewal_months": term.renewal_months or None,
        "notice_months": term.notice_months,
    }
