"""E-invoices that may be sent: written only if they keep every rule that can be checked here."""

import re
from collections.abc import Sequence

from invoices.documents.checks import check
from invoices.documents.checks.finding import Finding
from invoices.documents.checks.schema import check_schema
from invoices.documents.profiles import Profile
from invoices.documents.semantic.document import Document
from invoices.documents.writing import write

# Rules that only a defect of ours breaks: sums, signs and form, never what is missing.
_DEFECTS = re.compile(r"XSD|BR-27|BR-CO-1[0-7]|BR-[A-Z]+-0[189]|PEPPOL-EN16931-R12[01]")


class DocumentDoesNotFit(ValueError):
    """A document breaks rules of a profile; `findings` says which, and what to do."""

    def __init__(self, number: str, profile: Profile, findings: Sequence[Finding]) -> None:
        """Say which document doesn't fit which profile, and why."""
        self.findings = tuple(findings)
        reasons = " ".join(str(finding) for finding in findings)
        super().__init__(f"{number} can't be sent as {profile}. {reasons}")

    @property
    def is_defect(self) -> bool:
        """Return whether any of it is wrong, rather than beyond the profile or not known of."""
        return any(_DEFECTS.fullmatch(finding.rule) for finding in self.findings)


def e_invoice(document: Document, profile: Profile) -> bytes:
    """
    Return the XML of a document that keeps the rules of a profile.

    :raises DocumentDoesNotFit: if it breaks one.
    """
    if findings := check(document, profile):
        raise DocumentDoesNotFit(document.number, profile, findings)
    xml = write(document, profile)
    if findings := check_schema(xml):
        raise DocumentDoesNotFit(document.number, profile, findings)
    return xml
