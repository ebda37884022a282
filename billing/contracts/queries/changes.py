"""Changes of subscriptions as the pure engine's values, and what they say as it is stored."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billing.catalog.queries import tiers_of, written_tiers
from billing.contracts.models import SubscriptionChange
from billing.money import plain_decimal
from billing.pricing.prices import PlanTerms
from billing.pricing.terms import Change, ChangeKind, Credit, Discount, Override

Terms = Mapping[str, Any]


def as_change(change: SubscriptionChange, plan: PlanTerms | None) -> Change:
    """Return a recorded change as the engine's value."""
    kind = ChangeKind(change.kind)
    said: Terms = change.terms or {}
    return Change(
        id=str(change.id),
        position=change.position,
        recorded_on=change.recorded_on,
        effective_on=change.effective_on,
        kind=kind,
        plan=plan,
        quantity=change.quantity,
        credit=Credit(change.credit),
        discount=_discount(said) if said and kind is ChangeKind.DISCOUNT else None,
        override=_override(said) if said and kind is ChangeKind.OVERRIDE_PRICE else None,
        anchor_day=said.get("anchor_day"),
        percent=_decimal(said, "percent") if kind is ChangeKind.INDEX_PRICES else None,
    )


def written_terms(
    *,
    discount: Discount | None = None,
    override: Override | None = None,
    anchor_day: int | None = None,
    percent: Decimal | None = None,
    coupon: str | None = None,
) -> dict[str, Any] | None:
    """
    Return what a change says beside plan and quantity, as it is stored; None if nothing.

    `coupon` is the code of the coupon that a discount comes from.
    """
    said: dict[str, Any] = {"anchor_day": anchor_day, "percent": percent, "coupon": coupon}
    if discount:
        said |= {
            "percent": discount.percent,
            "amount": discount.amount,
            "periods": discount.periods,
            "prices": None if discount.price_codes is None else list(discount.price_codes),
        }
    if override:
        said |= {
            "price": override.price_code,
            "amount": override.amount,
            "unit_price": override.unit_price,
            "tiers": written_tiers(override.tiers) or None,
        }
    return {name: _plain(value) for name, value in said.items() if value is not None} or None


def _discount(said: Terms) -> Discount:
    prices = said.get("prices")
    return Discount(
        percent=_decimal(said, "percent"),
        amount=_decimal(said, "amount"),
        periods=said.get("periods"),
        price_codes=None if prices is None else tuple(prices),
    )


def _override(said: Terms) -> Override:
    return Override(
        price_code=said["price"],
        amount=_decimal(said, "amount"),
        unit_price=_decimal(said, "unit_price"),
        tiers=tiers_of(said.get("tiers", ())),
    )


def _decimal(said: Terms, name: str) -> Decimal | None:
    return Decimal(said[name]) if name in said else None


def _plain(value: Any) -> Any:
    return plain_decimal(value) if isinstance(value, Decimal) else value
