"""The archive: PDF/A-3b that holds the e-invoice, says so once, and is the same each time."""

import hashlib
import io
import os
import subprocess
import sys
from collections import Counter

import pikepdf
import pytest
from lxml import etree
from pikepdf.pdfa import validate_written

from invoices.documents.pdf.archive import Attachment, NotForHybrids, with_properties
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.profiles import Profile
from invoices.documents.writing import write
from tests.documents.cases import CASES
from tests.documents.printing.reading import attached, metadata, printed_case

FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EXTENSION = "{http://www.aiim.org/pdfa/ns/extension/}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
MIXED = CASES["mixed_rates"].document
# The checker knows neither extension schemas nor what subsets of fonts may list.
UNKNOWN_TO_THE_CHECKER = {
    "ISO_19005_3:6.2.11.4.2-2",
    "ISO_19005_3:6.6.2.3.1-1",
    "ISO_19005_3:6.6.2.3.1-2",
}
DIGEST = """
import hashlib
from invoices.documents.profiles import Profile
from invoices.documents.writing import write
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from tests.documents.cases import CASES
document = CASES["mixed_rates"].document
pdf = render(document, Printing(), xml=write(document, Profile.ZUGFERD))
print(hashlib.sha256(pdf).hexdigest())
"""


@pytest.mark.parametrize("name", ["mixed_rates", "right_to_left_and_emoji", "references"])
def test_the_xml_is_in_it_byte_by_byte(name: str) -> None:
    xml = write(CASES[name].document, Profile.ZUGFERD)

    assert attached(printed_case(name)) == {"factur-x.xml": xml}


def test_the_xml_is_an_alternative_of_the_pages() -> None:
    with pikepdf.open(io.BytesIO(printed_case("mixed_rates"))) as document:
        (spec,) = document.Root.AF

        assert spec.AFRelationship == "/Alternative"
        assert spec.EF.F.Subtype == "/text/xml"
        assert spec.UF == "factur-x.xml"


def test_xrechnung_has_its_own_name_and_level() -> None:
    pdf = render(
        MIXED,
        Printing(),
        xml=write(MIXED, Profile.XRECHNUNG_CII),
        profile=Profile.XRECHNUNG_CII,
    )

    assert list(attached(pdf)) == ["xrechnung.xml"]
    assert metadata(pdf).findtext(f".//{FX}DocumentFileName") == "xrechnung.xml"
    assert metadata(pdf).findtext(f".//{FX}ConformanceLevel") == "XRECHNUNG"


@pytest.mark.parametrize("profile", [Profile.XRECHNUNG_UBL, Profile.PEPPOL, Profile.EN16931])
def test_ubl_is_refused(profile: Profile) -> None:
    with pytest.raises(NotForHybrids, match="zugferd and xrechnung_cii"):
        render(MIXED, Printing(), xml=write(MIXED, profile), profile=profile)


def test_the_metadata_say_each_thing_once() -> None:
    said = metadata(printed_case("mixed_rates"))

    counted = Counter(each.tag for each in said.iter() if isinstance(each.tag, str))

    assert counted[f"{RDF}RDF"] == counted[f"{EXTENSION}schemas"] == 1
    for name in ("DocumentType", "DocumentFileName", "Version", "ConformanceLevel"):
        assert counted[FX + name] == 1
    spaces = [each.text for each in said.iter(f"{SCHEMA}namespaceURI")]
    assert len(spaces) == len(set(spaces))
    assert FX.strip("{}") in spaces
    assert said.findtext(f".//{FX}ConformanceLevel") == "EN 16931"


def test_metadata_without_extension_schemas_get_them() -> None:
    bare = b'<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:RDF/></x>'

    said = etree.fromstring(with_properties(bare, Attachment("factur-x.xml", "EN 16931")))

    assert len(said.findall(f".//{EXTENSION}schemas/{RDF}Bag/{RDF}li")) == 1


@pytest.mark.parametrize("name", ["mixed_rates", "right_to_left_and_emoji", "credit_note"])
def test_it_says_pdf_a_3b_and_keeps_what_a_checker_knows(name: str) -> None:
    pdf = printed_case(name)

    said = metadata(pdf)

    assert said.findtext(f".//{PDFAID}part") == "3"
    assert said.findtext(f".//{PDFAID}conformance") == "B"
    findings = validate_written(io.BytesIO(pdf), "3b").findings
    assert {finding.rule for finding in findings} <= UNKNOWN_TO_THE_CHECKER


def test_without_xml_it_is_a_plain_archive() -> None:
    pdf = render(MIXED, Printing())

    assert attached(pdf) == {}
    assert metadata(pdf).findtext(f".//{PDFAID}part") == "3"
    assert metadata(pdf).find(f".//{FX}ConformanceLevel") is None


def test_the_template_version_stands_in_it() -> None:
    with pikepdf.open(io.BytesIO(printed_case("mixed_rates"))) as document:
        assert document.docinfo["/Keywords"] == "Layout 1, Template 1"
        assert document.docinfo["/Title"] == "Rechnung RE-2026-0042"


def test_the_same_document_has_the_same_bytes() -> None:
    again = render(MIXED, Printing(), xml=write(MIXED, Profile.ZUGFERD))

    assert again == printed_case("mixed_rates")


def test_another_process_writes_the_same_bytes() -> None:
    expected = hashlib.sha256(printed_case("mixed_rates")).hexdigest()

    digest = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        capture_output=True,
        check=True,
        text=True,
    )

    assert digest.stdout.strip() == expected
