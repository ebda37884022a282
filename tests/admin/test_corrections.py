"""Invoices are cancelled and corrected on their page, once the preview was seen."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from invoices.credit_notes.models import Correction
from invoices.issuing.models import Invoice
from tests.admin.houses import House
from tests.admin.test_deeds import url
from tests.corrections.conftest import drain

CANCEL = {"reason": "Wrong address", "settle": "invoice"}


@pytest.fixture
def invoice(alpha: House) -> Invoice:
    """The order's: one training for 99.00 net."""
    return Invoice.objects.get(seller=alpha.seller, net_minor=9900)


def confirmed(client: Client, page: str, values: dict[str, Any]) -> Any:
    """Post twice: to see the preview, and to confirm it."""
    body = client.post(page, values).content.decode()
    seen = re.findall(r'name="confirmed" value="(\w+)"', body)
    assert seen, "there was no preview"
    return client.post(page, {**values, "confirmed": seen[0]})


@pytest.mark.django_db
class TestCancel:
    def test_the_preview_shows_the_credit_note(self, client: Client, invoice: Invoice) -> None:
        body = client.post(url(invoice, "cancel/"), CANCEL).content.decode()

        assert "Stornorechnung" in body
        assert "117.81" in body
        assert not Correction.objects.exists()

    def test_once_confirmed_it_is_ordered(self, client: Client, invoice: Invoice) -> None:
        answer = confirmed(client, url(invoice, "cancel/"), {**CANCEL, "bill_again": "on"})

        assert answer.status_code == 302
        correction = Correction.objects.get()
        assert (correction.ordered_by, correction.bill_again) == ("ada", True)
        note, anew = drain()
        assert (note.gross_minor, anew.gross_minor) == (-117_81, 117_81)
        page = client.get(url(invoice)).content.decode()
        assert note.number in page
        assert "cancelled" in page
        assert "/cancel/" not in page  # Nothing is left to take back.
        assert "Wrong address" in page

    def test_other_values_than_were_seen_are_shown_first(
        self, client: Client, invoice: Invoice
    ) -> None:
        page = url(invoice, "cancel/")
        body = client.post(page, CANCEL).content.decode()
        (seen,) = re.findall(r'name="confirmed" value="(\w+)"', body)

        client.post(page, {**CANCEL, "settle": "payout", "confirmed": seen})

        assert not Correction.objects.exists()

    def test_a_reason_is_needed(self, client: Client, invoice: Invoice) -> None:
        client.post(url(invoice, "cancel/"), {**CANCEL, "reason": ""})

        assert not Correction.objects.exists()

    def test_twice_is_refused_in_plain_words(self, client: Client, invoice: Invoice) -> None:
        confirmed(client, url(invoice, "cancel/"), CANCEL)

        body = client.post(url(invoice, "cancel/"), CANCEL).content.decode()

        assert "is taken back already" in body

    def test_it_needs_the_right(self, ada: User, client: Client, invoice: Invoice) -> None:
        ada.user_permissions.remove(Permission.objects.get(codename="add_correction"))

        assert client.post(url(invoice, "cancel/"), CANCEL).status_code == 403
        assert "/cancel/" not in client.get(url(invoice)).content.decode()


@pytest.mark.django_db
class TestCorrect:
    def test_a_part_of_a_line_is_given_back(self, client: Client, invoice: Invoice) -> None:
        values = {**CANCEL, "line_1_1": "9,00"}

        assert confirmed(client, url(invoice, "correct/"), values).status_code == 302

        (note,) = drain()
        assert (note.net_minor, note.correction_kind) == (-900, "correction")

    def test_a_discount_too(self, client: Client, invoice: Invoice) -> None:
        confirmed(client, url(invoice, "correct/"), {**CANCEL, "discount_1": "10"})

        assert [note.net_minor for note in drain()] == [-990]

    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({}, "Say how much of which lines"),
            ({"line_1_1": "1", "discount_0": "1"}, "Say how much of which lines"),
            ({"line_1_0": "1", "line_1_1": "1"}, "Give one of these: units, amount, percent."),
            ({"line_1_1": "-1"}, "It must be more than 0."),
            ({"line_1_1": "99.01"}, "no more than 99.00 EUR is left"),
            ({"discount_1": "101"}, "less than or equal to 100"),
        ],
    )
    def test_what_is_wrong_is_told_in_plain_words(
        self, client: Client, invoice: Invoice, values: dict[str, str], told: str
    ) -> None:
        body = client.post(url(invoice, "correct/"), {**CANCEL, **values}).content.decode()

        assert told in body
        assert not Correction.objects.exists()

    def test_another_seller_s_invoice_is_not_there(
        self, client: Client, bravo: House, alpha: House
    ) -> None:
        theirs = Invoice.objects.filter(seller=bravo.seller).earliest("pk")

        answer = client.post(url(theirs, "correct/"), {**CANCEL, "discount_1": "10"})

        assert answer.status_code == 302
        assert not Correction.objects.exists()
