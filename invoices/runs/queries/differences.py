"""What a contract would be charged beside what it was the last time, and why they differ."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from billing.money import from_minor

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """What one price comes to: net, and of which quantity at which price of a unit."""

    code: str
    amount_minor: int
    quantity: Decimal
    unit_price: Decimal | None


def charged_before(contract_ids: Collection[UUID]) -> dict[UUID, list[Part]]:
    """
    Return what contracts were charged when their periods last turned, net.

    Of a contract whose periods didn't turn yet: what its first change was charged.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, {"contracts": list(contract_ids)})
        rows = cursor.fetchall()
    found: dict[UUID, list[Part]] = defaultdict(list)
    for contract_id, *part in rows:
        found[contract_id].append(Part(*part))
    return found


def reasons(before: Collection[Part], now: Collection[Part], *, currency: str) -> tuple[str, ...]:
    """Return in plain words why a contract's sum differs, the weightiest first."""
    was, will = _by_code(before), _by_code(now)
    changes = {code: _minor(will.get(code)) - _minor(was.get(code)) for code in {*was, *will}}
    weighty = sorted((code for code in changes if changes[code]), key=lambda c: -abs(changes[c]))
    return tuple(
        _reason(code, was.get(code), will.get(code), currency) for code in weighty[:MOST_REASONS]
    )


def _reason(code: str, was: Part | None, will: Part | None, currency: str) -> str:
    if was is None or will is None:
        return f"{code}: {'new' if was is None else 'gone'}"
    if was.quantity != will.quantity:
        return f"{code}: quantity {_plain(was.quantity)} → {_plain(will.quantity)}"
    if was.unit_price != will.unit_price:
        return f"{code}: unit price {_plain(was.unit_price)} → {_plain(will.unit_price)}"
    amounts = (from_minor(part.amount_minor, currency) for part in (was, will))
    return f"{code}: {' → '.join(str(amount) for amount in amounts)} (other days or terms)"


def _by_code(parts: Collection[Part]) -> Mapping[str, Part]:
    """Return what each price comes to; its price of a unit only where it is one."""
    found: dict[str, Part] = {}
    for part in parts:
        had = found.get(part.code)
        found[part.code] = (
            part
            if had is None
            else Part(
                part.code,
                had.amount_minor + part.amount_minor,
                had.quantity + part.quantity,
                part.unit_price if part.unit_price == had.unit_price else None,
            )
        )
    return found


def _minor(part: Part | None) -> int:
    return part.amount_minor if part else 0


def _plain(value: Decimal | None) -> str:
    if value is None:
        return "several"
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


_BEFORE = """
    SELECT contract_id, price_code, amount_minor, quantity, unit_price FROM (
        SELECT s.contract_id, c.price_code, c.amount_minor, c.quantity, c.unit_price,
               rank() OVER (
                   PARTITION BY s.contract_id
                   ORDER BY (c.cause LIKE 'period %%') DESC,
                            CASE WHEN c.cause LIKE 'period %%' THEN c.cause END DESC, c.created_at
               ) AS ago
        FROM billing_subscription s JOIN invoices_charge c ON c.subscription_id = s.id
        WHERE s.contract_id = ANY(%(contracts)s)
          AND (c.cause LIKE 'period %%' OR c.cause LIKE 'change %%')
    ) AS charged
    WHERE ago = 1
"""
