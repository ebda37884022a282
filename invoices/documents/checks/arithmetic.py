"""Sums: of lines, allowances, VAT and totals, to the cent."""

from collections.abc import Iterator
from decimal import Decimal

from billing.money import UnknownCurrency, minor_digits
from invoices.documents.checks.finding import Finding
from invoices.documents.profiles import Profile
from invoices.documents.semantic.document import ZERO, Document, VatGroup
from invoices.documents.semantic.lines import AllowanceCharge, Line
from invoices.documents.sums import line_net, rounded, tax_on
from invoices.documents.xml import amount

_CENT = Decimal("0.01")
_OFFICIAL_SLACK = Decimal("0.99")


def sums(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield the totals that don't add up. Source: EN 16931 BR-CO-10 to 16."""
    totals, adjusted = document.totals, document.allowances_charges
    lines = sum((line.net for line in document.lines), ZERO)
    allowances = sum((each.amount for each in adjusted if not each.is_charge), ZERO)
    charges = sum((each.amount for each in adjusted if each.is_charge), ZERO)
    vat = sum((group.tax for group in document.vat_groups), ZERO)
    for rule, name, said, right in (
        ("BR-CO-10", "sum of the lines (BT-106)", totals.lines, lines),
        ("BR-CO-11", "sum of the allowances (BT-107)", totals.allowances, allowances),
        ("BR-CO-12", "sum of the charges (BT-108)", totals.charges, charges),
        (
            "BR-CO-13",
            "net total (BT-109)",
            totals.net,
            totals.lines - totals.allowances + totals.charges,
        ),
        ("BR-CO-14", "VAT total (BT-110)", totals.vat, vat),
        ("BR-CO-15", "gross total (BT-112)", totals.gross, totals.net + totals.vat),
        (
            "BR-CO-16",
            "payable amount (BT-115)",
            totals.payable,
            totals.gross - totals.prepaid + totals.rounding,
        ),
    ):
        if said != right:
            yield Finding(rule, f"The {name} is {said}: it must be {amount(right)}.")


def groups(document: Document, profile: Profile) -> Iterator[Finding]:
    """
    Yield the groups whose VAT isn't their base x rate. Source: EN 16931 BR-CO-17.

    Where prices include tax, net is gross / (1 + rate) and VAT the rest, which may lie a cent
    beside it; where parts of such are taken back, two cents or one for each line. A currency
    without cents has whole units for them. The official rules let less than a unit pass.
    """
    smallest = Decimal(1).scaleb(-_decimals(document.currency))
    units = max(2 if document.type_code.is_credit_note else 1, len(document.lines))
    slack = min(smallest * units, _OFFICIAL_SLACK)
    for group in document.vat_groups:
        right = tax_on(group.base, group.rate)
        if abs(group.tax - right) > (slack if group.rate else ZERO):
            yield Finding(
                "BR-CO-17",
                f"The VAT of {_name(group)} is {group.tax}: {group.rate} % of {group.base} is "
                f"{amount(right)}.",
            )


def _decimals(currency: str) -> int:
    try:
        return min(minor_digits(currency), 2)
    except UnknownCurrency:  # Found by the check of codes.
        return 2


def _name(group: VatGroup) -> str:
    return f"category {group.category} at {group.rate} %"


def lines(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield lines whose net amount isn't what quantity, price and discounts come to."""
    for line in document.lines:
        if line.price.base_quantity is not None and line.price.base_quantity <= 0:
            yield Finding(
                "PEPPOL-EN16931-R121",
                f"Line {line.id} has its price per {line.price.base_quantity} (BT-149): give a "
                "quantity above zero.",
            )
        elif abs(line.net - (right := _net(line))) >= _CENT:
            yield Finding(
                "PEPPOL-EN16931-R120",
                f"Line {line.id} comes to {line.net} (BT-131): quantity x price, less allowances, "
                f"plus charges is {amount(right)}. Use `sums.fitting_price`.",
            )
        for each in line.allowances_charges:
            yield from _percentage(each, f"of line {line.id}")
    for each in document.allowances_charges:
        yield from _percentage(each, "of the document")


def _net(line: Line) -> Decimal:
    return line_net(line.quantity, line.price, line.allowances_charges)


def _percentage(each: AllowanceCharge, whose: str) -> Iterator[Finding]:
    """Source: Peppol BIS Billing 3.0."""
    if each.percent is None and each.base is None:
        return
    if each.base is None:
        yield Finding(
            "PEPPOL-EN16931-R041",
            f"The allowance or charge {whose} has a percentage: give its base too.",
        )
    elif each.percent is None:
        yield Finding(
            "PEPPOL-EN16931-R042",
            f"The allowance or charge {whose} has a base: give its percentage too, or neither.",
        )
    elif each.amount != (right := rounded(each.base * each.percent / 100)):
        yield Finding(
            "PEPPOL-EN16931-R040",
            f"The allowance or charge {whose} is {each.amount}: {each.percent} % of {each.base} "
            f"is {right}.",
        )
