"""Where e-invoices go, if nobody has said."""

import pytest

from billing.electronic_addresses import (
    electronic_address,
    is_mailbox,
    is_phone_number,
    prefixed_vat_id,
    wrong_digits,
)

GERMAN = {"country": "DE", "vat_id": "DE136695976", "email": "a@b.example"}


@pytest.mark.parametrize(
    ("party", "elsewhere", "in_peppol"),
    [
        (GERMAN, ("a@b.example", "EM"), ("DE136695976", "9930")),
        ({**GERMAN, "email": ""}, ("DE136695976", "9930"), ("DE136695976", "9930")),
        ({**GERMAN, "vat_id": ""}, ("a@b.example", "EM"), None),
        (
            {**GERMAN, "buyer_reference": "04011000-12345-03"},
            ("04011000-12345-03", "0204"),
            ("04011000-12345-03", "0204"),
        ),
        ({**GERMAN, "buyer_reference": "K-1"}, ("a@b.example", "EM"), ("DE136695976", "9930")),
        (
            {**GERMAN, "electronic_address": "4012345000009", "electronic_address_scheme": "0088"},
            ("4012345000009", "0088"),
            ("4012345000009", "0088"),
        ),
        ({"country": "BE", "vat_id": "BE0203201340"}, *[("0203201340", "0208")] * 2),
        ({"country": "GR", "vat_id": "EL094259216"}, *[("094259216", "9933")] * 2),
        (  # Under a registration in another country.
            {"country": "DE", "vat_id": "FR40303265045", "home_vat_id": "DE136695976"},
            *[("DE136695976", "9930")] * 2,
        ),
        ({"country": "CH", "vat_id": "CHE107787577IVA"}, None, None),
        ({"country": "US", "vat_id": ""}, None, None),
    ],
)
def test_an_address_follows_from_what_is_known(party, elsewhere, in_peppol):
    assert electronic_address(party, format_="xrechnung_ubl") == elsewhere
    assert electronic_address(party, format_="peppol") == in_peppol


@pytest.mark.parametrize(
    ("country", "vat_id", "wanted"),
    [
        ("DE", "DE136695976", "DE136695976"),
        ("GB", "980780684", "GB980780684"),
        ("GB", "XI123456782", "XI123456782"),
        ("GR", "EL094259216", "EL094259216"),
        ("US", "12-3456789", ""),
        ("DE", "", ""),
    ],
)
def test_vat_ids_begin_with_their_country(country, vat_id, wanted):
    assert prefixed_vat_id({"country": country, "vat_id": vat_id}) == wanted


def test_the_vat_id_under_which_tax_was_owed_serves_if_there_is_no_other():
    credited = {"country": "FR", "vat_id": "", "credited_vat_id": "FR40303265045, FR83404833048"}

    assert prefixed_vat_id(credited) == "FR40303265045"


@pytest.mark.parametrize(
    ("scheme", "right", "wrong"),
    [
        ("0088", "4012345000009", "4012345000008"),
        ("0192", "995525828", "995525829"),
        ("0208", "0203201340", "0203.201.340"),
        ("0184", "13585628", "1358562"),
        ("0007", "5560360793", "5560360794"),
        ("0211", "IT00743110157", "IT00743110158"),
    ],
)
def test_peppol_looks_at_check_digits(scheme, right, wrong):
    assert wrong_digits(right, scheme=scheme) is None
    assert wrong_digits(wrong, scheme=scheme)
    assert wrong_digits(wrong, scheme="9930") is None


def test_what_xrechnung_takes_for_mailboxes_and_numbers():
    assert is_mailbox("rechnung@firma.example")
    assert not is_mailbox("müller@firma.example")
    assert not is_mailbox("rechnung@firma")
    assert is_phone_number("+49 30 1")
    assert not is_phone_number("12")
