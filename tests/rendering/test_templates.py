"""How a seller's documents look: versions, previewed and saved in the admin."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from billing.sellers.models import Seller
from invoices.documents.commands import add_template
from invoices.documents.models import DocumentTemplate
from invoices.documents.pdf.template import TemplateDoesNotWork
from tests import factories
from tests.admin.houses import staff
from tests.rendering.conftest import PRINTED, issue, render

ADD = "/admin/invoices/documenttemplate/add/"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20">'
    b'<rect width="80" height="20"/></svg>'
)
SAID = {
    "face": "Inter",
    "accent_colour": "#7a1f1f",
    "text_colour": "#1d2329",
    "muted_colour": "#5d6771",
    "logo_height_mm": "12",
    "logo_place": "left",
    "intro_de": "Danke für Ihren Auftrag.",
    "foot": "Demo GmbH\nBerlin\n\nBank",
    "shown_columns": ["quantity", "net"],
    "shows_explanations": "on",
}


@pytest.fixture
def clerk(seller: Seller) -> Client:
    client = Client()
    client.force_login(staff(seller))
    return client


def said(seller: Seller, **more: Any) -> dict[str, Any]:
    return {"seller": str(seller.pk), **SAID, **more}


class TestTemplates:
    def test_each_change_is_a_version(self, seller: Seller, clerk: Client) -> None:
        logo = SimpleUploadedFile("logo.svg", SVG)
        assert clerk.post(ADD, said(seller, picture=logo)).status_code == 302
        begun = DocumentTemplate.objects.get().pk
        changed = said(seller, accent_colour="#123456", begun_with=begun)
        assert clerk.post(ADD, changed).status_code == 302

        first, second = DocumentTemplate.objects.filter(seller=seller).order_by("version")

        assert [first.version, second.version] == [1, 2]
        assert bytes(second.logo or b"") == SVG  # Kept from the version before.
        assert second.accent_colour == "#123456"
        assert second.footer == [["Demo GmbH", "Berlin"], ["Bank"]]

    def test_a_version_begun_with_nothing_does_not_drop_the_texts(
        self, seller: Seller, clerk: Client
    ) -> None:
        factories.template(seller)

        answer = clerk.post(ADD, said(seller))

        assert "Edit as new version" in answer.content.decode()
        assert DocumentTemplate.objects.count() == 1

    def test_the_next_version_begins_with_the_one_on_the_page(
        self, seller: Seller, clerk: Client
    ) -> None:
        row = factories.template(seller, accent_colour="#123456")
        factories.template(seller)

        page = reverse("admin:invoices_documenttemplate_edit_as_new", args=[row.pk])
        form = clerk.get(page, follow=True).context["adminform"].form

        assert form["accent_colour"].value() == "#123456"
        assert form["seller"].value() == seller.pk

    def test_another_seller_s_version_is_no_beginning(self, seller: Seller, clerk: Client) -> None:
        foreign = factories.template(factories.seller(**PRINTED), accent_colour="#123456")

        form = clerk.get(f"{ADD}?begun_with={foreign.pk}").context["adminform"].form

        assert form["accent_colour"].value() != "#123456"

    def test_a_preview_saves_nothing(self, seller: Seller, clerk: Client) -> None:
        answer = clerk.post(ADD, said(seller, _preview=""))

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert not DocumentTemplate.objects.exists()

    def test_a_preview_shows_the_latest_invoice(self, seller: Seller, clerk: Client) -> None:
        issue(seller)
        row = factories.template(seller)

        url = reverse("admin:invoices_documenttemplate_preview", args=[row.pk])

        assert clerk.get(url).content.startswith(b"%PDF")

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("accent_colour", "#ffffff", "too pale"),
            ("accent_colour", "red", "#rrggbb"),
            ("shown_columns", ["quantity"], "must be shown"),
            ("foot", "\n\n".join("abcde"), "at most 4 columns"),
            ("logo_height_mm", "90", "less than or equal to 25"),
        ],
    )
    def test_what_cannot_be_printed_is_refused(
        self, seller: Seller, clerk: Client, field: str, value: Any, told: str
    ) -> None:
        answer = clerk.post(ADD, said(seller, **{field: value}))

        assert answer.status_code == 200
        assert told in answer.content.decode().replace("&#x27;", "'")
        assert not DocumentTemplate.objects.exists()

    def test_a_logo_that_reaches_out_is_refused(self, seller: Seller, clerk: Client) -> None:
        bad = SVG.replace(b"<rect", b'<image href="http://x.example/a.png"/><rect')

        answer = clerk.post(ADD, said(seller, picture=SimpleUploadedFile("logo.svg", bad)))

        assert "take the picture itself" in answer.content.decode()

    @pytest.mark.parametrize("size", ['width="0" height="0"', 'width="-5" height="5"'])
    @pytest.mark.parametrize("asked", [{}, {"_preview": ""}])
    def test_a_logo_that_fails_in_print_is_refused(
        self, seller: Seller, clerk: Client, size: str, asked: dict[str, str]
    ) -> None:
        bad = SVG.replace(b'width="80" height="20"', f'viewBox="0 0 9 9" {size}'.encode(), 1)

        answer = clerk.post(ADD, said(seller, picture=SimpleUploadedFile("l.svg", bad), **asked))

        assert "be printed" in answer.content.decode()
        assert not DocumentTemplate.objects.exists()

    def test_documents_name_the_version_that_they_are_made_with(self, seller: Seller) -> None:
        invoice = issue(seller)
        factories.template(seller)

        assert {document.template_version for document in render(invoice)} == {1}

    def test_the_command_refuses_what_cannot_be_printed(self, seller: Seller) -> None:
        with pytest.raises(TemplateDoesNotWork):
            add_template(
                seller=seller,
                details={
                    "face": "Inter", "accent_colour": "#fff", "text_colour": "#1d2329",
                    "muted_colour": "#5d6771", "columns": ["net"],
                },
                at=factories.AT,
            )  # fmt: skip
