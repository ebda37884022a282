"""Which VAT holds for a supply: by its parties, its kind and class, and its day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from billing.pricing.exemptions import (
    domestic_reverse_charge,
    exempt,
    small_business,
    without_tax,
)
from billing.pricing.parties import Parties
from billing.pricing.tax_area import country_of, has_eu_goods, is_in_eu, tax_country
from billing.pricing.tax_overrides import Override, override_for
from billing.pricing.taxes import (
    CustomerKind,
    Supply,
    SupplyKind,
    Tax,
    TaxClass,
    TaxDataMissing,
    TaxNotDecided,
    TaxRate,
)


def decide_tax(
    *,
    parties: Parties,
    supply: Supply,
    supplied_on: date,
    rates: Iterable[TaxRate],
    overrides: Iterable[Override] = (),
) -> Tax:
    """
    Return the tax on what is supplied on a day (over a period: its last day).

    An override of the seller wins. At home, and to whoever pays VAT like a consumer in another EU
    country, the seller's rate of the class holds; for the latter, of goods and digital services,
    with the one-stop shop the destination's, and where the seller is registered for VAT that
    country's. A business with a VAT id there owes the tax of services itself; goods go there, and
    out of the Union, without tax. Services to businesses outside the Union, and digital ones to
    consumers there, are not taxed; other services to consumers are taxed at the seller's, wherever
    they live.
    Source: Directive 2006/112/EC Art. 31-33, 44, 45, 58, 138, 146, 194, 196, 284; UStG § 3a (1),
    (2), (5), § 19 (1).

    :raises TaxNotDecided: if the seller is outside the EU, and the customer in another country,
        unless it is a service to a business in the EU with a VAT id, or goods or a digital service
        to where the seller is registered.
    :raises TaxDataMissing: if `rates` holds none for the country, class and day.
    """
    country = country_of(parties.goes_to(supply))
    override = override_for(overrides, supply, country=country, on=supplied_on)
    if override:
        return override.tax(locale=parties.locale)
    if without_rate := _without_rate(parties, supply, supplied_on):
        return without_rate
    country, vat_id = _taxed_in(parties, supply, supplied_on)
    tax_class = supply.tax_class
    if tax_class == TaxClass.ZERO:
        tax = without_tax("Z", locale=parties.locale)
    else:
        if tax_class == TaxClass.REVERSE_CHARGE:
            tax_class = TaxClass.STANDARD  # Only businesses at home owe it themselves.
        tax = _rate_in(country, tax_class, supplied_on, rates)
    return replace(tax, seller_vat_id=vat_id)


def countries_of(parties: Parties) -> set[str]:
    """Return the countries whose rates a supply between the parties may need."""
    places = {parties.home, tax_country(parties.customer_country)}
    return places | ({tax_country(parties.goods_go_to)} if parties.goods_go_to else set())


def _without_rate(parties: Parties, supply: Supply, on: date) -> Tax | None:
    """Return the tax where no country's rate has to be looked up."""
    place, goes_to = parties.place(supply), parties.goes_to(supply)
    if goes_to == parties.home or (place == parties.home and is_in_eu(place)):
        return _exempt(parties, supply) or _small(parties, on) or _owed_at_home(parties, supply)
    owes_tax_itself = parties.owes_tax_itself(supply)
    if parties.registered_in(place, on) and not owes_tax_itself:
        return _exempt(parties, supply)
    is_service = supply.kind is not SupplyKind.GOODS
    if owes_tax_itself and is_service and is_in_eu(place) and not is_in_eu(parties.home):
        # Wherever the seller is. Source: Directive 2006/112/EC Art. 196.
        return _exempt(parties, supply) or without_tax("AE", locale=parties.locale)
    if not is_in_eu(parties.home):
        raise TaxNotDecided(
            f"A supply from {parties.home} to {goes_to} crosses a border, and of sellers outside "
            "the European Union only domestic supplies are decided, and services to the Union's "
            "businesses: check both countries, record where the seller is registered for VAT, or "
            "override the tax.",
            home=parties.home,
            goes_to=goes_to,
        )
    return _across(parties, supply, on, owes_tax_itself=owes_tax_itself)


def _across(parties: Parties, supply: Supply, on: date, *, owes_tax_itself: bool) -> Tax | None:
    """Return the tax on what crosses a border from within the Union; None: a rate holds."""
    place, is_goods = parties.place(supply), supply.kind is SupplyKind.GOODS
    is_in_union = has_eu_goods(place) if is_goods else is_in_eu(place)
    if not is_in_union:
        return without_tax("G" if is_goods else "O", locale=parties.locale)
    if exempted := _exempt(parties, supply):
        return exempted
    if owes_tax_itself and not is_goods:
        return without_tax("AE", locale=parties.locale)
    # The exemption of intra-community supplies isn't for small businesses: UStG § 19 (1).
    small = None if parties.oss and not owes_tax_itself else _small(parties, on)
    return small or (without_tax("K", locale=parties.locale) if owes_tax_itself else None)


def _exempt(parties: Parties, supply: Supply) -> Tax | None:
    if supply.tax_class != TaxClass.EXEMPT:
        return None
    return exempt(
        code=supply.exemption_code,
        text=supply.exemption_text,
        country=parties.home,
        locale=parties.locale,
    )


def _small(parties: Parties, on: date) -> Tax | None:
    small = parties.small_business
    if small is None or not small.holds_on(on):
        return None
    return small_business(country=parties.home, text=small.text, locale=parties.locale)


def _owed_at_home(parties: Parties, supply: Supply) -> Tax | None:
    stays = parties.goes_to(supply) == parties.home
    is_owed = stays and supply.tax_class == TaxClass.REVERSE_CHARGE
    if is_owed and parties.kind is CustomerKind.BUSINESS:
        return domestic_reverse_charge(country=parties.home, locale=parties.locale)
    return None


def _taxed_in(parties: Parties, supply: Supply, on: date) -> tuple[str, str]:
    """Return the country whose rate holds, and the VAT id under which it is charged there."""
    place = parties.place(supply)
    if place == parties.home:
        return place, ""
    if registration := parties.registered_in(place, on):
        return place, registration.vat_id
    return (place if parties.oss else parties.home), ""


def _rate_in(country: str, tax_class: str, supplied_on: date, rates: Iterable[TaxRate]) -> Tax:
    for rate in rates:
        is_of_class = rate.country == country and rate.tax_class == tax_class
        if is_of_class and rate.holds_on(supplied_on):
            return Tax(rate.category, rate.percent)
    raise TaxDataMissing(
        f"No tax rate is recorded for {country}, class {tax_class}, on {supplied_on}: "
        "record it, or override the tax, then retry.",
        country=country,
        tax_class=tax_class,
    )
