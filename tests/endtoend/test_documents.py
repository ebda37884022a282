"""What stories leave in the database, as documents of each format that it fits."""

import pytest

from invoices.documents.commands.render import files_of
from invoices.documents.profiles import Profile
from invoices.issuing.models import Invoice
from tests.documents.judge import official_findings
from tests.documents.scenes import SELLER
from tests.documents.test_scenes import SENT, amounts, fits, totals
from tests.endtoend.stories import names, story
from tests.endtoend.test_drained import tell

EACH = 45
CONTACT = {name: SELLER[name] for name in ("phone", "email", "iban")}
REFERENCE = {"buyer_reference": "04011000-12345-03"}


def chosen() -> list[str]:
    """Some of all stories, and more of those about VAT."""
    found = names(refused=False)
    return found[7::EACH] + [name for name in found if name.startswith("own-vat-")][::3]


@pytest.mark.slow
@pytest.mark.parametrize("name", chosen())
def test_each_invoice_keeps_the_official_rules(db: None, name: str) -> None:
    tell(story(name))

    for invoice in Invoice.objects.select_related("seller", "contract"):
        invoice.seller_as_printed |= CONTACT
        for profile in SENT:
            invoice.customer_as_printed |= {"document_format": profile.value, **REFERENCE}
            assert wrong(invoice, profile) == set()


def wrong(invoice: Invoice, profile: Profile) -> set[str]:
    """What is wrong with the e-invoice of an invoice; nothing if its format can't say it."""
    if not fits(invoice, list(invoice.lines.order_by("position"))):
        return set()
    (xml,) = (file.content for file in files_of(invoice, None) if file.kind == "xml")
    said = set() if amounts(xml, profile) == totals(invoice) else {"totals"}
    return official_findings(xml, profile) | said
