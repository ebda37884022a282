"""Every legal case in every profile it fits, before the official judges."""

import pytest
from lxml import etree

from invoices.documents.checks import check
from invoices.documents.delivering import DocumentDoesNotFit, e_invoice
from invoices.documents.profiles import Profile, Syntax
from tests.documents.cases import CASES
from tests.documents.house import Case
from tests.documents.judge import official_findings

FITTING = [
    pytest.param(case, profile, id=f"{name}-{profile}")
    for name, case in CASES.items()
    for profile in Profile
    if profile in case.fits
]
OTHERS = [
    pytest.param(case, profile, id=f"{name}-{profile}")
    for name, case in CASES.items()
    for profile in Profile
    if profile not in case.fits
]


@pytest.mark.parametrize(("case", "profile"), FITTING)
def test_a_case_keeps_the_official_rules(case: Case, profile: Profile) -> None:
    xml = e_invoice(case.document, profile)

    assert official_findings(xml, profile) == set()


@pytest.mark.parametrize(("case", "profile"), FITTING)
def test_nothing_is_empty(case: Case, profile: Profile) -> None:
    root = etree.fromstring(e_invoice(case.document, profile))

    assert [each for each in root.iter() if not len(each) and not (each.text or "").strip()] == []


@pytest.mark.parametrize(("case", "profile"), OTHERS)
def test_a_case_that_does_not_fit_says_why(case: Case, profile: Profile) -> None:
    with pytest.raises(DocumentDoesNotFit) as refusal:
        e_invoice(case.document, profile)

    assert {finding.rule for finding in refusal.value.findings} == case.refused_by[profile]
    assert all(len(finding.message) > 20 for finding in refusal.value.findings)


def test_there_are_cases_for_every_profile() -> None:
    for profile in Profile:
        assert sum(profile in case.fits for case in CASES.values()) >= 30


@pytest.mark.parametrize("syntax", Syntax)
def test_the_judge_is_awake(syntax: Syntax) -> None:
    profile = next(each for each in Profile if each.specification.syntax is syntax)
    xml = e_invoice(CASES["standard"].document, profile)

    assert official_findings(xml.replace(b">S<", b">Q<"), profile)


@pytest.mark.parametrize("profile", Profile)
def test_what_fits_is_found_without_writing(profile: Profile) -> None:
    assert check(CASES["standard"].document, profile) == []
