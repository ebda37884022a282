"""Recording where else a seller is registered for VAT."""

from datetime import date, datetime

from billing.catalog.queries import tax_rates
from billing.pricing.tax_area import tax_country
from billing.sellers.commands import RegistrationRefused, register_seller
from billing.sellers.models import Seller, SellerRegistration


def register_abroad(
    *,
    seller: Seller,
    country: str,
    vat_id: str,
    valid_from: date,
    valid_until: date | None = None,
    at: datetime,
) -> SellerRegistration:
    """
    Record that a seller is registered for VAT in another country, whose rates are known.

    :raises RegistrationRefused: if no rates of the country are kept, it is the seller's own, or
        the VAT id can't be one of it.
    """
    if not tax_rates([tax_country(country)]):
        raise RegistrationRefused(
            f"No tax rates of {country} are kept, so nothing could be taxed there: enter them in "
            "the admin (Catalog → Tax rates) first.",
            field="country",
        )
    return register_seller(
        seller=seller,
        country=country,
        vat_id=vat_id,
        valid_from=valid_from,
        valid_until=valid_until,
        at=at,
    )
