"""VAT ids: whether one can be one of its country. No register is asked."""

from stdnum import get_cc_module
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from billing.pricing.tax_area import EU_COUNTRIES, NORTHERN_IRELAND, is_in_eu, vat_id_prefix


class VatIdInvalid(ValueError):
    """A VAT id can't be one of the customer's country."""


def valid_vat_id(vat_id: str, *, country: str) -> str:
    """
    Return the VAT id in its compact form: DE136695976. It is not asked whether it was issued.

    In the European Union it begins with its country's prefix and its check digits hold; elsewhere
    the national form is checked where it is known. That of a Northern Irish business begins with
    XI, and tells that it takes part in the Union's trade in goods.

    :raises VatIdInvalid: if it can't be one of the country.
    """
    # Monaco's ids are France's in form, but have a range of their own.
    is_northern_irish = country == "GB" and vat_id.strip().upper().startswith(NORTHERN_IRELAND)
    is_of_union = country in EU_COUNTRIES or is_northern_irish
    form = vat if is_of_union else get_cc_module(country.lower(), "vat")
    if form is None:
        return vat_id
    try:
        compact = str(form.validate(vat_id))
    except ValidationError as error:
        raise VatIdInvalid(f"{vat_id} is no VAT id of {country}: {error}") from error
    prefix = vat_id_prefix(country)
    if is_in_eu(country) and not compact.startswith(prefix):
        raise VatIdInvalid(f"{vat_id} is no VAT id of {country}: it must begin with {prefix}.")
    return compact


def is_valid_vat_id(vat_id: str, country: str) -> bool:
    """Return whether there is a VAT id, and whether it can be one of the country."""
    if not vat_id:
        return False
    try:
        valid_vat_id(vat_id, country=country)
    except VatIdInvalid:
        return False
    return True
