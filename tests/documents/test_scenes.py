"""Every scenario's invoices as documents of every profile: official rules, and the same totals."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import pytest
from lxml import etree

from billing.money import minor_digits
from invoices.documents.delivering import e_invoice
from invoices.documents.profiles import Profile, Syntax
from invoices.documents.queries.described import described
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.contents import Contents
from invoices.issuing.queries.format_contents import FORMAT_CONTENTS
from invoices.issuing.queries.legal_contents import CONTENTS, missing_contents
from tests.documents.judge import official_findings
from tests.documents.scenes import names, scenes

EACH = 40
SENT = [profile for profile in Profile if profile is not Profile.EN16931]
# Where the totals stand: net, VAT, gross, payable.
TOTALS = {
    Syntax.UBL: [
        "LegalMonetaryTotal/{*}TaxExclusiveAmount",
        "TaxTotal/{*}TaxAmount",
        "LegalMonetaryTotal/{*}TaxInclusiveAmount",
        "LegalMonetaryTotal/{*}PayableAmount",
    ],
    Syntax.CII: [
        "SpecifiedTradeSettlementHeaderMonetarySummation/{*}TaxBasisTotalAmount",
        "SpecifiedTradeSettlementHeaderMonetarySummation/{*}TaxTotalAmount",
        "SpecifiedTradeSettlementHeaderMonetarySummation/{*}GrandTotalAmount",
        "SpecifiedTradeSettlementHeaderMonetarySummation/{*}DuePayableAmount",
    ],
}


def judged(chosen: Iterable[str], profile: Profile) -> tuple[int, list[str]]:
    """How many of the scenarios' documents fit a profile, and what is wrong with them."""
    sent, wrong = 0, []
    for name in chosen:
        for invoice, lines in scenes(name):
            invoice.customer_as_printed["document_format"] = profile.value
            if not fits(invoice, lines):
                continue
            sent += 1
            xml = e_invoice(described(invoice, lines), profile)
            if found := official_findings(xml, profile):
                wrong.append(f"{name} {invoice.number}: {sorted(found)}")
            if amounts(xml, profile) != totals(invoice):
                wrong.append(f"{name} {invoice.number}: {amounts(xml, profile)}")
    return sent, wrong


def fits(invoice: Invoice, lines: list[Charge]) -> bool:
    """Whether it would be issued, and has an e-invoice then: by the lists that issuing asks."""
    said = contents_of(invoice, lines)
    missing = [*missing_contents(said, CONTENTS), *missing_contents(said, FORMAT_CONTENTS)]
    is_mixed = "O" in said.categories and len(said.taxes) > 1
    return not missing and not is_mixed and minor_digits(invoice.currency) <= 2


def contents_of(invoice: Invoice, lines: Sequence[Charge]) -> Contents:
    """Return what a document that is issued says."""
    return Contents(
        seller=invoice.seller_as_printed,
        customer=invoice.customer_as_printed,
        currency=invoice.currency,
        gross_minor=invoice.gross_minor,
        taxes=invoice.taxes,
        lines=lines,
        number=invoice.number,
        issue_date=invoice.issue_date,
        accounting_currency=invoice.accounting_currency,
    )


def amounts(xml: bytes, profile: Profile) -> list[Decimal]:
    root = etree.fromstring(xml)
    paths = TOTALS[profile.specification.syntax]
    return [Decimal(str(root.findtext(f".//{{*}}{path}"))) for path in paths]


def totals(invoice: Invoice) -> list[Decimal]:
    """What the XML must say: figures of a credit note are positive on it."""
    sign = 1 if invoice.kind == "invoice" else -1
    scale = -minor_digits(invoice.currency)
    figures = (invoice.net_minor, invoice.tax_minor, invoice.gross_minor, invoice.payable_minor)
    return [Decimal(sign * figure).scaleb(scale) for figure in figures]


@pytest.mark.parametrize("profile", SENT)
def test_some_scenarios_keep_the_official_rules(profile: Profile) -> None:
    sent, wrong = judged(names()[::EACH], profile)

    assert wrong == []
    assert sent > 30


@pytest.mark.slow
@pytest.mark.parametrize("profile", SENT)
def test_all_scenarios_keep_the_official_rules(profile: Profile) -> None:
    sent, wrong = judged(names(), profile)

    assert wrong == []
    assert sent > 2000
