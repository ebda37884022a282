"""Ways to break a good document, each with the rule that must notice it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.lines import Line, Vat
from invoices.documents.semantic.payment import CreditTransfer

CENT = Decimal("0.01")
FEW = Decimal(3)  # The official rules let a difference of one unit of currency pass here.


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    A change, and the rule that it breaks.

    `official`: whether the rules that can be had here know it. `factur_x`: what stands for it in
    theirs. `everywhere`: whether it breaks every case.
    """

    rule: str
    change: Callable[[Document], Document]
    official: bool = True
    factur_x: str = ""
    everywhere: bool = True


def _totals(**more: Decimal) -> Callable[[Document], Document]:
    def change(document: Document) -> Document:
        sums = {name: getattr(document.totals, name) + value for name, value in more.items()}
        return replace(document, totals=replace(document.totals, **sums))

    return change


def _seller(**said: object) -> Callable[[Document], Document]:
    return lambda document: replace(document, seller=replace(document.seller, **said))


def _first_line(**said: object) -> Callable[[Document], Document]:
    return lambda document: with_first_line(document, replace(document.lines[0], **said))


def with_first_line(document: Document, first: Line) -> Document:
    return replace(document, lines=(first, *document.lines[1:]))


def _without_country(document: Document) -> Document:
    address = replace(document.seller.address, country="")
    return replace(document, seller=replace(document.seller, address=address))


def _line_off(document: Document) -> Document:
    return with_first_line(document, replace(document.lines[0], net=document.lines[0].net + CENT))


def _nameless(document: Document) -> Document:
    first = document.lines[0]
    return with_first_line(document, replace(first, item=replace(first.item, name=" ")))


def _negative_price(document: Document) -> Document:
    first = document.lines[0]
    return with_first_line(document, replace(first, price=replace(first.price, amount=-CENT)))


def group_off(document: Document) -> Document:
    first = document.vat_groups[0]
    return replace(
        document, vat_groups=(replace(first, base=first.base + FEW), *document.vat_groups[1:])
    )


def _tax_off(document: Document) -> Document:
    first = document.vat_groups[0]
    return replace(
        document, vat_groups=(replace(first, tax=first.tax + FEW), *document.vat_groups[1:])
    )


def without_reasons(document: Document) -> Document:
    groups = tuple(
        replace(group, exemption_reason="", exemption_code="") for group in document.vat_groups
    )
    return replace(document, vat_groups=groups)


def _wrong_account(document: Document) -> Document:
    assert document.payment is not None
    wrong = CreditTransfer(account="DE02120300000000202052")
    return replace(document, payment=replace(document.payment, transfers=(wrong,)))


MUTANTS = {
    "payable off by a cent": Mutant("BR-CO-16", _totals(payable=CENT)),
    "sum of the lines off by a cent": Mutant("BR-CO-10", _totals(lines=CENT)),
    "net off by a cent": Mutant("BR-CO-13", _totals(net=CENT)),
    "VAT off by a cent": Mutant("BR-CO-14", _totals(vat=CENT)),
    "gross off by a cent": Mutant("BR-CO-15", _totals(gross=CENT)),
    "allowances from nowhere": Mutant("BR-CO-11", _totals(allowances=CENT)),
    "charges from nowhere": Mutant("BR-CO-12", _totals(charges=CENT)),
    "a line off by a cent": Mutant("BR-CO-10", _line_off),
    "no number": Mutant("BR-02", lambda document: replace(document, number="")),
    "unknown currency": Mutant(
        "BR-CL-04",
        lambda document: replace(document, currency="EUX"),
        factur_x="FX-SCH-A-000595",
    ),
    "no seller": Mutant("BR-06", _seller(name="\x00 ")),
    "no country of the seller": Mutant("BR-09", _without_country),
    "nothing identifies the seller": Mutant(
        "BR-CO-26", _seller(vat_id="", registration=None, identifiers=())
    ),
    "VAT id without a country": Mutant("BR-CO-09", _seller(vat_id="136695976")),
    "no lines": Mutant("BR-16", lambda document: replace(document, lines=())),
    "a line about nothing": Mutant("BR-25", _nameless),
    "a price below zero": Mutant("BR-27", _negative_price),
    "unknown unit": Mutant("BR-CL-23", _first_line(unit="PIECES"), factur_x="FX-SCH-A-000613"),
    "a rate that its category has not": Mutant(
        "BR-G-05", _first_line(vat=Vat(Category.EXPORT, Decimal(5)))
    ),
    "a category without its group": Mutant(
        "BR-Z-01",
        lambda document: with_first_line(
            document, replace(document.lines[0], vat=Vat(Category.ZERO_RATED, Decimal(0)))
        ),
        everywhere=False,
    ),
    "no VAT groups": Mutant("BR-CO-18", lambda document: replace(document, vat_groups=())),
    "VAT of a group off": Mutant("BR-CO-17", _tax_off),
    "three decimals": Mutant("BR-DEC-18", _totals(payable=Decimal("0.001"))),
    "nothing says until when to pay": Mutant(
        "BR-CO-25",
        lambda document: replace(document, due_date=None, terms=None),
        official=False,  # It stands in the standard, but no longer in its published rules.
    ),
    "no buyer reference": Mutant(
        "BR-DE-15", lambda document: replace(document, buyer_reference=""), official=False
    ),
    "no contact": Mutant("BR-DE-2", _seller(contact=None), official=False),
    "account with wrong digits": Mutant(
        "BR-DE-19", _wrong_account, official=False, everywhere=False
    ),
    "no electronic address": Mutant(
        "PEPPOL-EN16931-R020", _seller(electronic_address=None), official=False
    ),
}
