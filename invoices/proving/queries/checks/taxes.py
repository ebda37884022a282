"""
Each charge bears the VAT that its document's parties, its class and its day demand.

A credit bears the VAT of what it takes back.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from billing.catalog.queries import tax_rates
from billing.money import plain_decimal
from billing.pricing.parties import Parties, parties_as_printed
from billing.pricing.tax_area import country_of
from billing.pricing.tax_decision import countries_of, decide_tax
from billing.pricing.tax_overrides import Override, override_for
from billing.pricing.taxes import Supply, SupplyKind, Tax, TaxRate
from billing.vat.models import TaxOverride
from billing.vat.queries import as_override
from invoices.proving.queries.checks.books import Books, Check, Problem

_CHECK = "charges_taxed"
_UNSEEN_AT_MOST = timedelta(minutes=10)  # Longer than a task may take.
_ALIKE_AT_MOST = 10_000  # Decisions that are kept: memory doesn't grow with the charges.

_SUPPLIES = """
SELECT c.seller_id, c.id, c.text, c.customer_id, c.tax_override_id::text, c.is_taxed_as_charged,
       CASE WHEN c.is_taxed_as_charged THEN c.created_at ELSE i.issued_at END,
       c.tax_category, c.tax_percent, c.exemption_code, c.exemption_text, c.seller_vat_id,
       (s.facts)::text, (u.facts)::text,
       c.tax_class, c.supply, coalesce(p.exemption_code, l.exemption_code, ''),
       coalesce(p.exemption_text, l.exemption_text, ''),
       coalesce(p.product_id, n.product_id, l.product_id)::text,
       coalesce(c.ends_on - 1, c.starts_on)
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
CROSS JOIN LATERAL (SELECT jsonb_build_object(
    'country', i.seller_as_printed->'country', 'postcode', i.seller_as_printed->'postcode',
    'oss', i.seller_as_printed->'oss',
    'vat_id_policy', i.seller_as_printed->'vat_id_policy',
    'small_business', i.seller_as_printed->'small_business',
    'registrations', i.seller_as_printed->'registrations') AS facts) s
CROSS JOIN LATERAL (SELECT jsonb_build_object(
    'country', i.customer_as_printed->'country', 'kind', i.customer_as_printed->'kind',
    'vat_id', i.customer_as_printed->'vat_id',
    'vat_id_confirmed', i.customer_as_printed->'vat_id_confirmed',
    'postcode', i.customer_as_printed->'postcode',
    'delivery', i.customer_as_printed->'delivery',
    'locale', i.customer_as_printed->'locale') AS facts) u
LEFT JOIN billing_orderline l ON l.id = c.order_line_id
LEFT JOIN billing_price p ON p.id = coalesce(c.price_id, (
    SELECT id FROM billing_price WHERE plan_id = c.plan_id AND currency = c.currency
    ORDER BY id LIMIT 1))
LEFT JOIN billing_plan n ON n.id = p.plan_id
WHERE c.seller_id = ANY(%(sellers)s) AND NOT (c.is_credit AND c.is_taxed_as_charged)
  AND c.corrects_id IS NULL
"""

# What is sold is of the class and kind that its price or its order's line says.
_CLASSED = """
SELECT c.seller_id, c.id, c.text, c.tax_class, c.supply
FROM invoices_charge c
LEFT JOIN billing_orderline l ON l.id = c.order_line_id
LEFT JOIN billing_price p ON p.id = coalesce(c.price_id, (
    SELECT id FROM billing_price WHERE plan_id = c.plan_id AND currency = c.currency
    ORDER BY id LIMIT 1))
WHERE c.seller_id = ANY(%(sellers)s)
  AND (c.tax_class, c.supply)
      IS DISTINCT FROM (coalesce(p.tax_class, l.tax_class), coalesce(p.supply, l.supply))
"""

# No more is taken back at a tax than was charged at it.
_TAKEN_BACK = """
WITH credited AS (
    SELECT DISTINCT subscription_id, stretch_starts_on FROM invoices_charge
    WHERE is_credit AND subscription_id IS NOT NULL AND seller_id = ANY(%(sellers)s)
), told AS (
    SELECT c.*, sum(c.priced_minor) OVER (
        PARTITION BY c.subscription_id, c.price_id, c.plan_id, c.stretch_starts_on, c.tag,
                     CASE WHEN c.measured IS NULL THEN coalesce(b.quantity, c.quantity) END,
                     c.tax_category, c.tax_percent
        ORDER BY c.ordinal) AS rest_minor
    FROM credited JOIN invoices_charge c USING (subscription_id, stretch_starts_on)
    LEFT JOIN invoices_charge b ON b.id = c.corrects_id
    -- A credit that waits will have the tax of its document.
    WHERE c.invoice_id IS NOT NULL OR NOT c.is_credit
)
SELECT seller_id, id, text, tax_category, tax_percent FROM told WHERE is_credit AND rest_minor < 0
"""

RatesByCountry = Mapping[str, Sequence[TaxRate]]


class _Supplied(NamedTuple):
    """What decides a charge's VAT, from its document as it was printed."""

    seller: str
    customer: str
    tax_class: str
    kind: str
    exemption_code: str
    exemption_text: str
    product_id: str | None
    supplied_on: date

    @property
    def parties(self) -> Parties:
        """Between whom it is taxed."""
        return parties_as_printed(json.loads(self.seller), json.loads(self.customer))

    @property
    def supply(self) -> Supply:
        """What is sold."""
        return Supply(
            tax_class=self.tax_class,
            kind=SupplyKind(self.kind),
            exemption_code=self.exemption_code,
            exemption_text=self.exemption_text,
            product_id=self.product_id or "",
        )


class _Bearing(NamedTuple):
    """A charge that bears a tax, and what decided it."""

    seller_id: UUID
    id: UUID
    text: str
    customer_id: UUID
    override_id: str | None
    is_taxed_as_charged: bool
    decided_at: datetime


def _taxed(books: Books) -> Iterator[Problem]:
    """Yield the charges that bear another VAT than decided again, or than what they take back."""
    rates = _by_country(tax_rates())
    overrides = _Overrides(books)

    @lru_cache(_ALIKE_AT_MOST)
    def again(supplied: _Supplied) -> Tax | None:
        return _decided(supplied, rates)

    for row in books.rows(_SUPPLIES):
        charge, tax, supplied = _Bearing(*row[:7]), Tax(*row[7:11]), _Supplied(*row[12:])
        stored = replace(tax, seller_vat_id=row[11])
        override = overrides.of(charge, supplied)
        wanted = override.tax(locale=supplied.parties.locale) if override else again(supplied)
        if charge.override_id and override is None:
            wanted = None
        if _differs(stored, wanted, is_worded=not charge.is_taxed_as_charged):
            yield books.problem(
                _CHECK,
                charge.seller_id,
                f"charge {charge.id}",
                f"{charge.text}: taxed {_shown(stored)}, but the rate of its class and day is "
                f"{_shown(wanted)}",
            )
    yield from _otherwise_classed(books)
    for seller_id, charge_id, text, category, percent in books.rows(_TAKEN_BACK):
        yield books.problem(
            _CHECK,
            seller_id,
            f"charge {charge_id}",
            f"{text}: takes back more at {_shown(Tax(category, percent))} than was charged at it",
        )


def _otherwise_classed(books: Books) -> Iterator[Problem]:
    for seller_id, charge_id, text, tax_class, supply in books.rows(_CLASSED):
        yield books.problem(
            _CHECK,
            seller_id,
            f"charge {charge_id}",
            f"{text}: charged as {supply} of class {tax_class}, which its price or order line "
            "is not",
        )


class _Overrides:
    """The sellers' overrides, and which of them held for a charge."""

    def __init__(self, books: Books) -> None:
        self._rows: dict[UUID, list[TaxOverride]] = {}
        for row in TaxOverride.objects.filter(seller_id__in=books.names).order_by("id"):
            self._rows.setdefault(row.seller_id, []).append(row)

    def of(self, charge: _Bearing, supplied: _Supplied) -> Override | None:
        """
        Return the override that decided a charge, if it concerns it, or the one that should have.

        One that was recorded or ended while the charge was decided may or may not have been seen.
        """
        rows = [
            row
            for row in self._rows.get(charge.seller_id, ())
            if row.customer_id in (None, charge.customer_id)
        ]
        if not rows:
            return None
        if charge.override_id:
            known = [self._at(row, charge) for row in rows if str(row.id) == charge.override_id]
        else:
            seen_by = charge.decided_at - _UNSEEN_AT_MOST
            known = [self._at(row, charge) for row in rows if row.created_at <= seen_by]
        country = country_of(supplied.parties.goes_to(supplied.supply))
        return override_for(known, supplied.supply, country=country, on=supplied.supplied_on)

    def _at(self, row: TaxOverride, charge: _Bearing) -> Override:
        """Return an override as it was when a charge was decided: what ended later had no end."""
        override = as_override(row)
        margin = -_UNSEEN_AT_MOST if charge.override_id else _UNSEEN_AT_MOST
        ended_later = row.ended_at is not None and row.ended_at > charge.decided_at + margin
        return replace(override, valid_until=None) if ended_later else override


def _by_country(rates: Sequence[TaxRate]) -> RatesByCountry:
    sorted_out: dict[str, list[TaxRate]] = {}
    for rate in rates:
        sorted_out.setdefault(rate.country, []).append(rate)
    return sorted_out


def _decided(supplied: _Supplied, rates: RatesByCountry) -> Tax | None:
    """Return the tax on a supply; None if what is printed and recorded doesn't tell."""
    try:
        between = supplied.parties
        countries = countries_of(between)
        return decide_tax(
            parties=between,
            supply=supplied.supply,
            supplied_on=supplied.supplied_on,
            rates=[rate for country in countries for rate in rates.get(country, ())],
        )
    except (ValueError, LookupError, TypeError):
        return None


def _differs(stored: Tax, wanted: Tax | None, *, is_worded: bool) -> bool:
    """Return whether a tax is another; if `is_worded`, also by its reason."""
    if wanted is None or stored != wanted:
        return True
    names = ("exemption_code", "exemption_text", "seller_vat_id")
    return is_worded and any(getattr(stored, name) != getattr(wanted, name) for name in names)


def _shown(tax: Tax | None) -> str:
    if tax is None:
        return "not known"
    reason = f" ({tax.exemption_text})" if tax.exemption_text else ""
    return f"{tax.category} {plain_decimal(tax.percent)} %{reason}"


CHECKS = (
    Check(
        name=_CHECK,
        says="each charge bears the VAT of its parties, class and day",
        of="charges",
        find=_taxed,
        is_long=True,
    ),
)
