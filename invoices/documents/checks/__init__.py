"""What keeps a document out of a profile, found before it is sent."""

from typing import Final

from invoices.documents.checks import (
    arithmetic,
    categories,
    codes,
    content,
    germany,
    peppol,
)
from invoices.documents.checks.finding import Check, Finding
from invoices.documents.profiles import Profile
from invoices.documents.semantic.document import Document

_CHECKS: Final[tuple[Check, ...]] = (
    content.document_said,
    content.tax_said,
    content.lines_said,
    content.payment_said,
    codes.codes,
    codes.schemes,
    codes.decimals,
    arithmetic.sums,
    arithmetic.groups,
    arithmetic.lines,
    categories.rates,
    categories.bases,
    categories.reasons,
    categories.identities,
    categories.intra_community,
    categories.outside_scope_alone,
    germany.german,
    peppol.addresses,
    peppol.network,
    peppol.kinds,
    peppol.shared,
    peppol.supply_date,
)


def check(document: Document, profile: Profile) -> list[Finding]:
    """Return what keeps a document out of a profile; nothing if it fits."""
    return [finding for each in _CHECKS for finding in each(document, profile)]
