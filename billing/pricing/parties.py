"""Between whom a supply is taxed: what of a seller and a customer decides their VAT."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.pricing.tax_area import (
    NORTHERN_IRELAND,
    has_eu_goods,
    is_in_eu,
    is_northern_irish,
    tax_country,
    vat_area,
)
from billing.pricing.taxes import CustomerKind, Supply, SupplyKind
from billing.pricing.vat_ids import is_valid_vat_id

CONFIRMED = "confirmed"  # The policy by which a VAT id counts once its register has confirmed it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """That a seller is registered for VAT in another country, from a day up to another."""

    country: str
    vat_id: str
    valid_from: date
    valid_until: date | None = None

    def holds_on(self, on: date) -> bool:
        """Return whether the seller is registered on a day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallBusiness:
    """That a seller is exempt as a small business; `text` is what it says of it, if its own."""

    valid_from: date
    valid_until: date | None = None
    text: str = ""

    def holds_on(self, on: date) -> bool:
        """Return whether the seller is exempt on a day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """
    What decides the VAT between a seller and a customer.

    `oss`: the seller declares sales to consumers in other EU countries by the one-stop shop.
    `goods_go_to` is where goods are delivered, XI in Northern Ireland; empty: to the customer's
    country. `locale` is the language of what is said of exemptions.
    """

    seller_country: str
    oss: bool
    customer_country: str
    kind: CustomerKind
    has_valid_vat_id: bool
    goods_go_to: str = ""
    small_business: SmallBusiness | None = None
    registrations: tuple[Registration, ...] = ()
    locale: str = "en"

    @property
    def home(self) -> str:
        """The country whose VAT holds for what the seller sells at home."""
        return tax_country(self.seller_country)

    @property
    def is_taxed_as_business(self) -> bool:
        """Whether the customer counts as a business: within the Union by a VAT id only."""
        is_known = self.has_valid_vat_id or not is_in_eu(self.customer_country)
        return self.kind is CustomerKind.BUSINESS and is_known

    def goes_to(self, supply: Supply) -> str:
        """Return where goods go, or who buys a service is at home."""
        if supply.kind is SupplyKind.GOODS and self.goods_go_to:
            return tax_country(self.goods_go_to)
        return tax_country(self.customer_country)

    def place(self, supply: Supply) -> str:
        """
        Return where a supply is made: where it goes, but a consumer's service at the seller's.

        Digital services go to consumers too. Those that are tied to somewhere else (land, events,
        transport, restaurants), and what Art. 59 lists, are for overrides.
        Source: Directive 2006/112/EC Art. 44, 45, 58; UStG § 3a (1), (2), (5).
        """
        is_at_home = supply.kind is SupplyKind.SERVICE and not self.is_taxed_as_business
        return self.home if is_at_home else self.goes_to(supply)

    def owes_tax_itself(self, supply: Supply) -> bool:
        """Return whether the customer is a business that owes the tax on what crosses a border."""
        if self.kind is not CustomerKind.BUSINESS or not self.has_valid_vat_id:
            return False
        if supply.kind is not SupplyKind.GOODS:
            return True
        # Goods may go to another country than the customer's. Its VAT id must be of the same area,
        # and not of the country that they come from.
        mine = "XI" if self.goods_go_to == "XI" else tax_country(self.customer_country)
        is_same_area = has_eu_goods(mine) == has_eu_goods(self.goes_to(supply))
        return mine != self.home and is_same_area

    def registered_in(self, country: str, on: date) -> Registration | None:
        """Return the seller's registration in another country on a day."""
        mine = (each for each in self.registrations if tax_country(each.country) == country)
        return next((each for each in mine if each.holds_on(on)), None)


def parties_as_printed(seller: Mapping[str, Any], customer: Mapping[str, Any]) -> Parties:
    """
    Return what decides the VAT between a seller and a customer as an invoice freezes them.

    :raises ValueError: if the customer's kind is neither business nor consumer.
    """
    country, vat_id = customer["country"], customer["vat_id"]
    is_accepted = seller.get("vat_id_policy") != CONFIRMED or customer.get("vat_id_confirmed")
    return Parties(
        seller_country=seller["country"],
        oss=bool(seller.get("oss")),
        customer_country=_area(seller, customer),
        kind=CustomerKind(customer["kind"]),
        has_valid_vat_id=bool(is_accepted) and is_valid_vat_id(vat_id, country),
        goods_go_to=_goods_go_to(seller, customer),
        small_business=_small_business(seller.get("small_business")),
        registrations=tuple(_registrations(seller.get("registrations") or ())),
        locale=customer.get("locale") or "en",
    )


def _area(seller: Mapping[str, Any], address: Mapping[str, Any]) -> str:
    """Return the area of an address; who is in the same part of a country is at home there."""
    home, country = seller["country"], address["country"]
    area = vat_area(country, address.get("postcode") or "", home=home)
    return country if area == vat_area(home, seller.get("postcode") or "", home=home) else area


def _goods_go_to(seller: Mapping[str, Any], customer: Mapping[str, Any]) -> str:
    delivery = customer.get("delivery") or {}
    address = delivery if delivery.get("country") else customer
    has_its_vat_id = address is customer and str(customer["vat_id"]).startswith(NORTHERN_IRELAND)
    if has_its_vat_id or is_northern_irish(address["country"], address.get("postcode") or ""):
        return NORTHERN_IRELAND
    return _area(seller, address)


def _small_business(printed: Mapping[str, Any] | None) -> SmallBusiness | None:
    if not printed:
        return None
    return SmallBusiness(
        valid_from=date.fromisoformat(printed["valid_from"]),
        valid_until=_day(printed.get("valid_until")),
        text=printed.get("text", ""),
    )


def _registrations(printed: Iterable[Mapping[str, Any]]) -> Iterable[Registration]:
    for each in printed:
        yield Registration(
            country=each["country"],
            vat_id=each["vat_id"],
            valid_from=date.fromisoformat(each["valid_from"]),
            valid_until=_day(each.get("valid_until")),
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
