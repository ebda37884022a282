"""On which basis documents are made: their parties as printed, and what decides their VAT."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from billing.catalog.queries import tax_rates
from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.orders.models import Order
from billing.pricing.parties import Parties, parties_as_printed
from billing.pricing.tax_decision import countries_of, decide_tax
from billing.pricing.tax_overrides import Override
from billing.pricing.taxes import Supply, Tax, TaxRate
from billing.sellers.models import Seller
from billing.vat.queries import confirmed, overrides_of
from invoices.issuing.queries.content import customer_as_printed, seller_as_printed

TaxRule = Callable[[Supply, date], Tax]


class Basis:
    """
    What documents of a seller to some of its customers rest on.

    It is read once, when it is first asked for: in as many queries for many customers as for one.
    """

    def __init__(self, seller: Seller, customers: Iterable[Customer]) -> None:
        """Take the customers; nothing is read yet."""
        self.seller = seller
        self._customers = list(customers)
        self._printed: dict[UUID, dict[str, Any]] = {}
        self._parties: dict[UUID, Parties] = {}
        self._rules: dict[tuple[Parties, UUID | None], TaxRule] = {}

    @cached_property
    def seller_as_printed(self) -> dict[str, Any]:
        """What documents say of the seller."""
        return seller_as_printed(self.seller)

    def customer_as_printed(self, customer: Customer) -> dict[str, Any]:
        """Return what documents say of a customer."""
        found = self._printed.get(customer.id)
        if found is None:
            is_confirmed = None if self._confirmed is None else customer.id in self._confirmed
            found = customer_as_printed(customer, is_confirmed=is_confirmed)
            self._printed[customer.id] = found
        return found

    def tax_on(self, customer: Customer) -> TaxRule:
        """Return what decides the tax of a supply on a day between the seller and a customer."""
        return self.tax_between(self._parties_with(customer), customer.id)

    def tax_between(self, parties: Parties, customer_id: UUID) -> TaxRule:
        """Return what decides it between parties as they were, by the overrides of a customer."""
        key = parties, customer_id if customer_id in self._overridden else None
        rule = self._rules.get(key)
        if rule is None:
            rates = self._rates
            if not countries_of(parties) <= self._countries:
                rates = tax_rates(countries_of(parties))
            rule = self._rules[key] = _rule(parties, rates, self._overrides_of(customer_id))
        return rule

    def _parties_with(self, customer: Customer) -> Parties:
        found = self._parties.get(customer.id)
        if found is None:
            printed = self.customer_as_printed(customer)
            found = parties_as_printed(self.seller_as_printed, printed)
            self._parties[customer.id] = found
        return found

    @cached_property
    def _confirmed(self) -> set[UUID] | None:
        asks = self.seller.vat_id_policy == Seller.VatIdPolicy.CONFIRMED
        return confirmed(self._customers) if asks else None

    @cached_property
    def _countries(self) -> set[str]:
        return {
            country
            for each in self._customers
            for country in countries_of(self._parties_with(each))
        }

    @cached_property
    def _rates(self) -> Sequence[TaxRate]:
        return tax_rates(self._countries)

    @cached_property
    def _overrides(self) -> list[tuple[UUID | None, Override]]:
        ids = [customer.id for customer in self._customers]
        return overrides_of(seller_id=self.seller.id, customer_ids=ids)

    @cached_property
    def _overridden(self) -> set[UUID | None]:
        return {customer_id for customer_id, _ in self._overrides}

    def _overrides_of(self, customer_id: UUID) -> Sequence[Override]:
        return [override for whose, override in self._overrides if whose in (None, customer_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """
    Whose document it is, on which basis; of a contract or an order, if it is of one alone.

    `sources` are the contracts and orders of its lines, where they are known already.
    """

    basis: Basis
    customer: Customer
    contract: Contract | None
    order: Order | None = None
    sources: Sequence[Contract | Order] = ()

    @property
    def seller(self) -> Seller:
        """Who issues it."""
        return self.basis.seller


def between(customer: Customer, contract: Contract | None = None) -> Between:
    """Return whose a single document is."""
    return Between(basis=Basis(customer.seller, [customer]), customer=customer, contract=contract)


def _rule(parties: Parties, rates: Sequence[TaxRate], overrides: Sequence[Override]) -> TaxRule:
    """Return what decides a tax, and remembers what it decided."""
    decided: dict[tuple[Supply, date], Tax] = {}

    def decide(supply: Supply, on: date) -> Tax:
        tax = decided.get((supply, on))
        if tax is None:
            tax = decided[supply, on] = decide_tax(
                parties=parties, supply=supply, supplied_on=on, rates=rates, overrides=overrides
            )
        return tax

    return decide
