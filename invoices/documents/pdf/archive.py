"""What makes a PDF with an e-invoice in it a hybrid: it says so in its metadata (XMP)."""

import io
from dataclasses import dataclass
from typing import Final

import pikepdf
from lxml import etree

from invoices.documents.profiles import Profile

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EXTENSION: Final = "http://www.aiim.org/pdfa/ns/extension/"
_SCHEMA: Final = "http://www.aiim.org/pdfa/ns/schema#"
_PROPERTY: Final = "http://www.aiim.org/pdfa/ns/property#"
_FACTUR_X: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_DESCRIBED: Final = {
    "DocumentFileName": "Name of the embedded XML invoice file",
    "DocumentType": "INVOICE",
    "Version": "Version of the XML schema of the embedded invoice",
    "ConformanceLevel": "Conformance level of the embedded invoice",
}


class NotForHybrids(ValueError):
    """A profile's XML can't stand in a PDF; the message says which can."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """An XML's name within the PDF, and what the metadata call its level."""

    name: str
    level: str


# Source: ZUGFeRD 2.3, technical appendix, 1.2.1 and 2.2; Factur-X 1.0.07, 6.
_ATTACHMENTS: Final = {
    Profile.ZUGFERD: Attachment("factur-x.xml", "EN 16931"),
    Profile.XRECHNUNG_CII: Attachment("xrechnung.xml", "XRECHNUNG"),
}


def attachment_of(profile: Profile) -> Attachment:
    """
    Return how a profile's XML is attached.

    :raises NotForHybrids: if it isn't CII.
    """
    try:
        return _ATTACHMENTS[profile]
    except KeyError:
        possible = " and ".join(_ATTACHMENTS)
        raise NotForHybrids(
            f"{profile} can't be put into a PDF: ZUGFeRD allows {possible}."
        ) from None


def as_hybrid(pdf: bytes, attachment: Attachment) -> bytes:
    """Return a PDF/A-3 that says which XML it holds; the same bytes for the same ones."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        said = with_properties(document.Root.Metadata.read_bytes(), attachment)
        document.Root.Metadata = document.make_stream(
            said, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
        )
        saved = io.BytesIO()
        document.save(saved, deterministic_id=True)
    return saved.getvalue()


def with_properties(xmp: bytes, attachment: Attachment) -> bytes:
    """Return metadata with the Factur-X properties, and the schema that PDF/A wants for them."""
    tree = etree.ElementTree(etree.fromstring(xmp))
    root = tree.getroot()
    rdf = next(root.iter(f"{{{_RDF}}}RDF"))
    _schemas(rdf).append(_schema())
    values = etree.SubElement(
        rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""}, nsmap={"fx": _FACTUR_X}
    )
    for name, value in (
        ("DocumentType", "INVOICE"),
        ("DocumentFileName", attachment.name),
        ("Version", "1.0"),
        ("ConformanceLevel", attachment.level),
    ):
        etree.SubElement(values, f"{{{_FACTUR_X}}}{name}").text = value
    return etree.tostring(tree, encoding="UTF-8")


def _schemas(rdf: etree._Element) -> etree._Element:
    """Return the bag of extension schemas: there may be one only."""
    for bag in rdf.iterfind(f".//{{{_EXTENSION}}}schemas/{{{_RDF}}}Bag"):
        return bag
    described = etree.SubElement(
        rdf,
        f"{{{_RDF}}}Description",
        {f"{{{_RDF}}}about": ""},
        nsmap={"pdfaExtension": _EXTENSION},
    )
    schemas = etree.SubElement(described, f"{{{_EXTENSION}}}schemas")
    return etree.SubElement(schemas, f"{{{_RDF}}}Bag")


def _schema() -> etree._Element:
    schema = etree.Element(
        f"{{{_RDF}}}li",
        {f"{{{_RDF}}}parseType": "Resource"},
        nsmap={"rdf": _RDF, "pdfaSchema": _SCHEMA, "pdfaProperty": _PROPERTY},
    )
    etree.SubElement(schema, f"{{{_SCHEMA}}}schema").text = "Factur-X PDFA Extension Schema"
    etree.SubElement(schema, f"{{{_SCHEMA}}}namespaceURI").text = _FACTUR_X
    etree.SubElement(schema, f"{{{_SCHEMA}}}prefix").text = "fx"
    properties = etree.SubElement(schema, f"{{{_SCHEMA}}}property")
    listed = etree.SubElement(properties, f"{{{_RDF}}}Seq")
    for name, description in _DESCRIBED.items():
        item = etree.SubElement(listed, f"{{{_RDF}}}li", {f"{{{_RDF}}}parseType": "Resource"})
        for field, text in (
            ("name", name),
            ("valueType", "Text"),
            ("category", "external"),
            ("description", description),
        ):
            etree.SubElement(item, f"{{{_PROPERTY}}}{field}").text = text
    return schema
