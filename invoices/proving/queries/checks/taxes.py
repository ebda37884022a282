"""
Each charge bears the VAT that its document's parties, its class and its day demand.

A credit bears the VAT of what it takes back.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from billing.catalog.queries import tax_rates
from billing.money import plain_decimal
from billing.pricing.parties import parties_as_printed
from billing.pricing.tax_decision import countries_of, decide_tax
from billing.pricing.taxes import Supply, Tax, TaxRate
from invoices.proving.queries.checks.books import Books, Check, Problem

_CHECK = "charges_taxed"
_ALIKE_AT_MOST = 10_000  # Decisions that are kept: memory doesn't grow with the charges.

_SUPPLIES = """
SELECT c.seller_id, c.id, c.text, c.tax_category, c.tax_percent,
       coalesce(i.seller_as_printed->>'country', ''),
       coalesce(i.seller_as_printed->>'oss' = 'true', false),
       coalesce(i.customer_as_printed->>'country', ''),
       coalesce(i.customer_as_printed->>'kind', ''),
       coalesce(i.customer_as_printed->>'vat_id', ''),
       coalesce(p.tax_class, l.tax_class, ''), coalesce(c.ends_on - 1, c.starts_on)
FROM invoices_charge c
JOIN invoices_invoice i ON i.id = CASE
    -- The used part of a charge that is taken back: between those between whom that was taxed.
    WHEN c.is_taxed_as_charged THEN (
        SELECT b.invoice_id FROM invoices_charge b
        WHERE b.subscription_id = c.subscription_id AND b.stretch_starts_on = c.stretch_starts_on
          AND b.price_code = c.price_code AND b.tag = c.tag AND b.ordinal < c.ordinal
          AND NOT b.is_credit AND NOT b.is_taxed_as_charged
        ORDER BY b.ordinal DESC LIMIT 1)
    ELSE c.invoice_id END
LEFT JOIN billing_orderline l ON l.id = c.order_line_id
LEFT JOIN billing_price p ON p.id = coalesce(c.price_id, (
    SELECT id FROM billing_price WHERE plan_id = c.plan_id AND currency = c.currency
    ORDER BY id LIMIT 1))
WHERE c.seller_id = ANY(%(sellers)s) AND NOT (c.is_credit AND c.is_taxed_as_charged)
"""

# No more is taken back at a tax than was charged at it.
_TAKEN_BACK = """
WITH credited AS (
    SELECT DISTINCT subscription_id, stretch_starts_on FROM invoices_charge
    WHERE is_credit AND subscription_id IS NOT NULL AND seller_id = ANY(%(sellers)s)
), told AS (
    SELECT c.*, sum(c.priced_minor) OVER (
        PARTITION BY c.subscription_id, c.price_id, c.plan_id, c.stretch_starts_on, c.tag,
                     CASE WHEN c.measured IS NULL THEN c.quantity END, c.tax_category, c.tax_percent
        ORDER BY c.ordinal) AS rest_minor
    FROM credited JOIN invoices_charge c USING (subscription_id, stretch_starts_on)
    -- A credit that waits will have the tax of its document.
    WHERE c.invoice_id IS NOT NULL OR NOT c.is_credit
)
SELECT seller_id, id, text, tax_category, tax_percent FROM told WHERE is_credit AND rest_minor < 0
"""

RatesByCountry = Mapping[str, Sequence[TaxRate]]


class _Supply(NamedTuple):
    """What decides a charge's VAT, from its document as it was printed."""

    seller_country: str
    oss: bool
    customer_country: str
    kind: str
    vat_id: str
    tax_class: str
    supplied_on: date


def _taxed(books: Books) -> Iterator[Problem]:
    """Yield the charges that bear another VAT than decided again, or than what they take back."""
    rates = _by_country(tax_rates())

    @lru_cache(_ALIKE_AT_MOST)
    def again(supply: _Supply) -> Tax | None:
        return _decided(supply, rates)

    for seller_id, charge_id, text, category, percent, *said in books.rows(_SUPPLIES):
        stored, wanted = Tax(category, percent), again(_Supply(*said))
        if stored != wanted:
            yield books.problem(
                _CHECK,
                seller_id,
                f"charge {charge_id}",
                f"{text}: taxed {_shown(stored)}, but the rate of its class and day is "
                f"{_shown(wanted)}",
            )
    for seller_id, charge_id, text, category, percent in books.rows(_TAKEN_BACK):
        yield books.problem(
            _CHECK,
            seller_id,
            f"charge {charge_id}",
            f"{text}: takes back more at {_shown(Tax(category, percent))} than was charged at it",
        )


def _by_country(rates: Sequence[TaxRate]) -> RatesByCountry:
    sorted_out: dict[str, list[TaxRate]] = {}
    for rate in rates:
        sorted_out.setdefault(rate.country, []).append(rate)
    return sorted_out


def _decided(supply: _Supply, rates: RatesByCountry) -> Tax | None:
    """Return the tax on a supply; None if what is printed and recorded doesn't tell."""
    try:
        between = parties_as_printed(
            {"country": supply.seller_country, "oss": supply.oss},
            {"country": supply.customer_country, "kind": supply.kind, "vat_id": supply.vat_id},
        )
        countries = countries_of(between)
        return decide_tax(
            parties=between,
            supply=Supply(tax_class=supply.tax_class),
            supplied_on=supply.supplied_on,
            rates=[rate for country in countries for rate in rates.get(country, ())],
        )
    except (ValueError, LookupError):
        return None


def _shown(tax: Tax | None) -> str:
    return f"{tax.category} {plain_decimal(tax.percent)} %" if tax else "not known"


CHECKS = (
    Check(
        name=_CHECK,
        says="each charge bears the VAT of its parties, class and day",
        of="charges",
        find=_taxed,
    ),
)
