"""Which VAT ids can be one of their country."""

import pytest

from billing.pricing.parties import parties_as_printed
from billing.pricing.vat_ids import VatIdInvalid, is_valid_vat_id, valid_vat_id


@pytest.mark.parametrize(
    ("country", "vat_id", "compact"),
    [
        ("DE", "DE 136 695 976", "DE136695976"),
        ("AT", "ATU13585627", "ATU13585627"),
        ("FR", "FR 40 303 265 045", "FR40303265045"),
        ("GR", "EL094259216", "EL094259216"),
        ("MC", "FR 53 0000 04605", "FR53000004605"),
        ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("GB", "XI 110 305 878", "XI110305878"),  # Takes part in the Union's trade in goods.
        ("US", "12-3", "12-3"),  # No form is known.
    ],
)
def test_what_can_be_one_is_made_compact(country, vat_id, compact):
    assert valid_vat_id(vat_id, country=country) == compact
    assert is_valid_vat_id(vat_id, country)


@pytest.mark.parametrize(
    ("country", "vat_id"),
    [
        ("DE", "DE136695977"),  # Check digit.
        ("DE", "136695976"),
        ("DE", "ATU13585627"),
        ("AT", "DE136695976"),
        ("GR", "GR094259216"),
        ("FR", "EL094259216"),
        ("MC", "FR40303265045"),  # A French one.
        ("GB", "XI1"),
    ],
)
def test_what_cannot_be_one_is_refused(country, vat_id):
    with pytest.raises(VatIdInvalid, match=f"{vat_id} is no VAT id of {country}: "):
        valid_vat_id(vat_id, country=country)
    assert not is_valid_vat_id(vat_id, country)


def test_none_is_not_valid():
    assert not is_valid_vat_id("", "DE")


def test_an_unknown_kind_of_customer_is_refused():
    with pytest.raises(ValueError, match="club"):
        parties_as_printed({"country": "DE"}, {"country": "FR", "kind": "club", "vat_id": ""})
