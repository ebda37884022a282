"""Good documents broken on purpose: the rule that belongs to the break must notice."""

import re

import pytest
from lxml import etree

from invoices.documents.checks import check
from invoices.documents.checks.schema import check_schema
from invoices.documents.profiles import Profile, Syntax
from invoices.documents.writing import write
from tests.documents.cases import CASES
from tests.documents.judge import official_findings
from tests.documents.mutants import MUTANTS, Mutant, group_off, without_reasons

GOOD = {name: case for name, case in CASES.items() if Profile.XRECHNUNG_UBL in case.fits}
ORDINARY = {"standard": CASES["standard"]}
SAMPLE = ("standard", "mixed_rates", "line_discounts")
REASONS = {
    "small_business": "BR-E",
    "reverse_charge_abroad": "BR-AE",
    "reverse_charge_at_home": "BR-AE",
    "intra_community": "BR-IC",
    "export": "BR-G",
    "outside_scope": "BR-O",
}
JUDGED = [
    pytest.param(mutant, profile, id=f"{name}-{profile}")
    for name, mutant in MUTANTS.items()
    for profile in (Profile.EN16931, Profile.ZUGFERD)
    if mutant.official
]


def found(document, profile=Profile.XRECHNUNG_UBL) -> set[str]:
    return {finding.rule for finding in check(document, profile)}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_our_check_finds_it_in_every_case(mutant: Mutant) -> None:
    missed = [
        name
        for name, case in (GOOD if mutant.everywhere else ORDINARY).items()
        if case.document.totals.payable > 0
        and mutant.rule not in found(mutant.change(case.document))
    ]

    assert missed == []


@pytest.mark.parametrize(("mutant", "profile"), JUDGED)
@pytest.mark.parametrize("name", SAMPLE)
def test_the_official_rules_find_the_same(mutant: Mutant, profile: Profile, name: str) -> None:
    broken = mutant.change(CASES[name].document)

    xml = write(broken, profile)

    rules = {mutant.rule, mutant.factur_x if profile is Profile.ZUGFERD else mutant.rule}
    assert rules & official_findings(xml, profile)
    assert mutant.rule in found(broken, profile)


@pytest.mark.parametrize("profile", [Profile.EN16931, Profile.ZUGFERD])
@pytest.mark.parametrize(("name", "prefix"), REASONS.items())
def test_a_missing_reason_and_a_wrong_base_are_found(
    name: str, prefix: str, profile: Profile
) -> None:
    for change, rule in ((without_reasons, f"{prefix}-10"), (group_off, f"{prefix}-08")):
        broken = change(CASES[name].document)

        assert rule in found(broken, profile)
        assert rule in official_findings(write(broken, profile), profile)


@pytest.mark.parametrize("profile", [Profile.EN16931, Profile.ZUGFERD])
def test_a_wrong_base_of_standard_rated_lines_is_found(profile: Profile) -> None:
    broken = group_off(CASES["mixed_rates"].document)

    assert "BR-S-08" in found(broken, profile)
    assert "BR-S-08" in official_findings(write(broken, profile), profile)


# What the model can't leave out is cut out of the XML.
CUT = [
    (Syntax.UBL, rb"<cbc:IssueDate>.*?</cbc:IssueDate>", "BR-03"),
    (Syntax.UBL, rb"<cbc:InvoiceTypeCode>.*?</cbc:InvoiceTypeCode>", "BR-04"),
    (Syntax.UBL, rb"<cbc:PayableAmount.*?</cbc:PayableAmount>", "BR-15"),
    (Syntax.CII, rb"<ram:IssueDateTime>.*?</ram:IssueDateTime>", "BR-03"),
    (Syntax.CII, rb"<ram:TypeCode>380</ram:TypeCode>", "BR-04"),
    (Syntax.CII, rb"<ram:DuePayableAmount>.*?</ram:DuePayableAmount>", "BR-15"),
]
SWAPPED = [
    (Syntax.UBL, "IssueDate"),
    (Syntax.UBL, "AccountingSupplierParty"),
    (Syntax.UBL, "TaxTotal"),
    (Syntax.CII, "PostcodeCode"),
    (Syntax.CII, "SellerTradeParty"),
    (Syntax.CII, "ApplicableHeaderTradeDelivery"),
]
PROFILES = {Syntax.UBL: Profile.EN16931, Syntax.CII: Profile.ZUGFERD}


@pytest.mark.parametrize(("syntax", "pattern", "rule"), CUT)
def test_what_is_cut_out_is_missed(syntax: Syntax, pattern: bytes, rule: str) -> None:
    xml = write(CASES["standard"].document, PROFILES[syntax])

    cut, count = re.subn(pattern, b"", xml)

    assert count == 1
    assert rule in official_findings(cut, PROFILES[syntax])


@pytest.mark.parametrize(("syntax", "name"), SWAPPED)
def test_the_schema_minds_the_order(syntax: Syntax, name: str) -> None:
    root = etree.fromstring(write(CASES["standard"].document, PROFILES[syntax]))
    element = next(root.iter(f"{{*}}{name}"))

    element.getnext().addnext(element)

    assert [finding.rule for finding in check_schema(etree.tostring(root))] == ["XSD"]
