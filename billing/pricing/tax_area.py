"""Where the VAT of the European Union holds, and how its countries' VAT ids begin."""

EU_COUNTRIES = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
NORTHERN_IRELAND = "XI"  # The prefix of its VAT ids; ISO 3166 knows it as GB.
# Countries whose supplies count as those of another. Source: Directive 2006/112/EC Art. 7 (1).
_COUNTED_AS = {"MC": "FR"}
# What stands at the head of a VAT id where it isn't the country's ISO code.
_VAT_ID_PREFIXES = {"GR": "EL", "MC": "FR"}


def tax_country(country: str) -> str:
    """
    Return the country whose VAT holds in a country: France's in Monaco, mostly its own.

    Regions with an ISO code of their own that lie outside the Union's VAT area stay by themselves,
    so they are not in `EU_COUNTRIES`: Åland (AX), the French overseas departments (GF, GP, MQ,
    RE, YT). Northern Ireland is outside for services. Source: Directive 2006/112/EC Art. 6.
    """
    return _COUNTED_AS.get(country, country)


def is_in_eu(country: str) -> bool:
    """Return whether the VAT of the European Union holds in a country."""
    return tax_country(country) in EU_COUNTRIES


def has_eu_goods(country: str) -> bool:
    """Return whether goods in a country are in the Union: also in Northern Ireland (XI)."""
    return country == NORTHERN_IRELAND or is_in_eu(country)


def goods_area(country: str, postcode: str) -> str:
    """
    Return the country whose VAT holds for goods at an address: XI in Northern Ireland.

    Its postcodes begin with BT. Source: Protocol on Ireland/Northern Ireland Art. 8, Annex 3.
    """
    is_northern_irish = country == "GB" and postcode.strip().upper().startswith("BT")
    return NORTHERN_IRELAND if is_northern_irish else country


def vat_id_prefix(country: str) -> str:
    """Return the two letters that the VAT ids of an EU country begin with: EL for Greece."""
    return _VAT_ID_PREFIXES.get(country, country)
