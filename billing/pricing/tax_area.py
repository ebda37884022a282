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

# Parts of countries that lie outside the Union's VAT area, by how their postcodes begin: Canaries,
# Ceuta, Melilla; Büsingen, Heligoland; Livigno, Campione; Athos; overseas France; Åland.
# Source: Directive 2006/112/EC Art. 6.
_OUTSIDE = {
    "ES": ("35", "38", "51", "52"),
    "DE": ("78266", "27498"),
    "IT": ("23041", "22061"),
    "GR": ("63086",),
    "FR": ("971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988"),
    "FI": ("22",),
}
# Whose own law holds in those parts too, for sellers of the country.
_TAXES_ITS_PARTS = frozenset({"FR", "FI"})
_SAME_PART = {("ES", "38"): "35"}  # Both provinces of the Canaries: one area, one tax (IGIC).
_PART = "/"  # Between a country and the postcode of its part.


def tax_country(country: str) -> str:
    """
    Return the country whose VAT holds in a country: France's in Monaco, mostly its own.

    Regions with an ISO code of their own that lie outside the Union's VAT area stay by themselves,
    so they are not in `EU_COUNTRIES`: Åland (AX), the French overseas departments (GF, GP, MQ,
    RE, YT). Those that only postcodes tell are the matter of `vat_area`. Northern Ireland is
    outside for services. Source: Directive 2006/112/EC Art. 6.
    """
    return _COUNTED_AS.get(country, country)


def is_in_eu(country: str) -> bool:
    """Return whether the VAT of the European Union holds in a country."""
    return tax_country(country) in EU_COUNTRIES


def has_eu_goods(country: str) -> bool:
    """Return whether goods in a country are in the Union: also in Northern Ireland (XI)."""
    return country == NORTHERN_IRELAND or is_in_eu(country)


def is_northern_irish(country: str, postcode: str) -> bool:
    """
    Return whether an address is in Northern Ireland, where goods are in the Union.

    Its postcodes begin with BT. Source: Protocol on Ireland/Northern Ireland Art. 8, Annex 3.
    """
    return country == "GB" and postcode.strip().upper().startswith("BT")


def vat_area(country: str, postcode: str, *, home: str) -> str:
    """
    Return the country whose VAT holds at an address, for a seller of the country `home`.

    Of a part that lies outside the Union's VAT area it is none: ES/35 in all the Canaries.
    """
    compact = "".join(postcode.split())
    begins = (each for each in _OUTSIDE.get(country, ()) if compact.startswith(each))
    part = next(begins, "")
    if not part or (country == home and country in _TAXES_ITS_PARTS):
        return country
    return f"{country}{_PART}{_SAME_PART.get((country, part), part)}"


def country_of(area: str) -> str:
    """Return the country that an area is part of: of most, itself."""
    return area.partition(_PART)[0]


def vat_id_prefix(country: str) -> str:
    """Return the two letters that the VAT ids of an EU country begin with: EL for Greece."""
    return _VAT_ID_PREFIXES.get(country, country)
