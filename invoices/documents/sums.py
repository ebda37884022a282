"""The arithmetic of EN 16931: a line is rounded once, VAT once per category and rate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from billing.money import EXACT
from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.document import ZERO, Totals, VatGroup
from invoices.documents.semantic.lines import AllowanceCharge, Line, Price

_CENT = Decimal("0.01")
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a category bears no VAT: in words (BT-120), and as a VATEX code (BT-121)."""

    reason: str
    code: str = ""


def rounded(amount: Decimal) -> Decimal:
    """Return the amount with two decimals, halves away from zero. Zero has no sign."""
    return amount.quantize(_CENT, ROUND_HALF_UP, EXACT) + ZERO


def line_net(
    quantity: Decimal, price: Price, allowances_charges: Iterable[AllowanceCharge] = ()
) -> Decimal:
    """Return BT-131: quantity x price, rounded, less allowances, plus charges."""
    per = price.base_quantity or _ONE
    product = EXACT.multiply(quantity, price.amount)
    return sum(
        (each.signed for each in allowances_charges),
        rounded(product if per == _ONE else EXACT.divide(product, per)),
    )


def fitting_price(
    *, quantity: Decimal, net: Decimal, unit_price: Decimal | None
) -> tuple[Decimal, Price]:
    """
    Return a quantity (BT-129) and a price (BG-29) that multiply to the net amount to the cent.

    The unit price is kept where it does. Where units differ in price, part of a period is charged
    or the price includes tax it can't: then the price is the amount itself, per all the units. The
    amount's sign goes to the quantity: prices are never negative.
    """
    if unit_price is not None:
        price = Price(abs(unit_price))
        for signed in (quantity, -quantity):
            if signed and line_net(signed, price) == net:
                return signed, price
    units = abs(quantity) or _ONE
    price = Price(abs(net), None if units == _ONE else units)
    return (units if net >= 0 else -units), price


def vat_groups(
    lines: Iterable[Line],
    allowances_charges: Iterable[AllowanceCharge] = (),
    exemptions: Mapping[Category, Exemption] | None = None,
) -> tuple[VatGroup, ...]:
    """Return BG-23: per category and rate the sum of the net amounts and the tax on that sum."""
    bases: dict[tuple[Category, Decimal], Decimal] = {}
    for line in lines:
        key = line.vat.category, line.vat.rate or ZERO
        bases[key] = bases.get(key, ZERO) + line.net
    for each in allowances_charges:
        if each.vat is not None:
            key = each.vat.category, each.vat.rate or ZERO
            bases[key] = bases.get(key, ZERO) + each.signed
    reasons = exemptions or {}
    return tuple(
        _group(category, rate, bases[category, rate], reasons.get(category))
        for category, rate in sorted(bases)
    )


def tax_on(base: Decimal, rate: Decimal) -> Decimal:
    """Return BT-117. Source: EN 16931 BR-CO-17."""
    return rounded(EXACT.multiply(base, rate).scaleb(-2, EXACT))


def _group(
    category: Category, rate: Decimal, base: Decimal, exemption: Exemption | None
) -> VatGroup:
    return VatGroup(
        category=category,
        rate=rate,
        base=base,
        tax=tax_on(base, rate),
        exemption_reason=exemption.reason if exemption else "",
        exemption_code=exemption.code if exemption else "",
    )


def totals(
    lines: Iterable[Line],
    groups: Sequence[VatGroup],
    allowances_charges: Sequence[AllowanceCharge] = (),
    *,
    prepaid: Decimal = ZERO,
    rounding: Decimal = ZERO,
    vat_in_tax_currency: Decimal | None = None,
) -> Totals:
    """Return BG-22. Source: EN 16931 BR-CO-10 to 16."""
    of_lines = sum((line.net for line in lines), ZERO)
    allowances = sum((each.amount for each in allowances_charges if not each.is_charge), ZERO)
    charges = sum((each.amount for each in allowances_charges if each.is_charge), ZERO)
    net = of_lines - allowances + charges
    vat = sum((group.tax for group in groups), ZERO)
    return Totals(
        lines=of_lines,
        allowances=allowances,
        charges=charges,
        net=net,
        vat=vat,
        vat_in_tax_currency=vat_in_tax_currency,
        gross=net + vat,
        prepaid=prepaid,
        rounding=rounding,
        payable=net + vat - prepaid + rounding,
    )
