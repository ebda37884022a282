"""How amounts look on pages for people."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.html import format_html

from billing.money import UnknownCurrency, from_minor, minor_digits

NOTHING = "-"


def money(amount_minor: int | None, currency: str) -> str:
    """Return an amount with its currency, grouped as the reader's language does."""
    if amount_minor is None:
        return NOTHING
    try:
        amount, digits = from_minor(amount_minor, currency), minor_digits(currency)
    except UnknownCurrency:  # A failure may be about just that.
        amount, digits = Decimal(amount_minor), 0
    number = number_format(amount, decimal_pos=digits, use_l10n=True, force_grouping=True)
    return format_html('<span class="anlass-money">{} {}</span>', number, currency)
