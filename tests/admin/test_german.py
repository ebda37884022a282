"""The admin speaks German to who asks for it; what is recorded, and the API, stay in English."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from lxml import html

from billing.staff import catalogue
from billing.staff.languages import labels_of
from invoices.delivery.commands import disable_endpoint
from invoices.issuing.models import Invoice
from tests import factories
from tests.admin.houses import House
from tests.admin.test_corrections import confirmed
from tests.admin.test_pages import MODELS, name_of, url
from tests.admin.test_scope import values_of
from tests.admin.test_staff_actions import DEEDS, OF_SUPERUSERS, actions, address, buttons, named

PO = settings.LOCALE_PATHS[0] / "de/LC_MESSAGES/django.po"
# What pages say of themselves; icons are drawn by their names.
SAYS = (
    "//*[self::th or self::button or self::label or self::legend or self::summary or self::dt"
    " or self::h1 or self::h2 or self::h3 or self::option or self::title or self::li"
    " or contains(@class, 'help') or ancestor-or-self::aside or ancestor-or-self::nav"
    " or contains(@class, 'anlass-')][not(contains(@class, 'material-symbols'))]"
)
# The same in both languages: names, abbreviations, words that are German as well.
ALIKE = frozenset({
    "ada", "Aggregation", "Anlass", "API", "Bank", "BIC", "Code", "de", "Deutsch", "Download",
    "Downloads", "E-Mail", "en", "English", "Flower", "Format", "Grafana", "Hash", "IBAN", "ID",
    "Inter", "Kibana", "Logo", "Maximum", "Minimum", "Name", "Noto Sans", "Noto Serif",
    "PDF", "Peppol BIS Billing 3.0", "Position", "root", "SHA-256", "SKR03", "SKR04",
    "Status", "System", "Test", "Text", "URL", "Version", "Webhook",
    "Worker", "XML", "XRechnung (CII)", "XRechnung (UBL)", "Restaurant", "Solar",
})  # fmt: skip
ELSEWHERE = re.compile("(delete|open|edit-as-new|preview)/$")  # Files, and ways to other pages.
# English on purpose. Why a failure is one, its remedy and class's name in code, types of events,
# tasks and what staff did are facts, stored as they are. Permissions are as Django stores them,
# and it has no German for one of its labels.
NOT_OURS = re.compile(
    r"alpha|bravo|\d|[a-z]+[._][a-z_.]+|Can (add|change|delete|view|approve|reject|write off|end)"
    r"|^\w+ \| |price_missing|^Password-based authentication$"
)


@pytest.fixture
def reader() -> Client:
    """Somebody whose browser wants German."""
    return Client(headers={"accept-language": "de-DE,de;q=0.9,en;q=0.5"})


@pytest.fixture
def clerk(reader: Client, ada: User) -> Client:
    reader.force_login(ada)
    return reader


def said(client: Client, page: str) -> set[str]:
    """What a page says, element by element."""
    answer = client.get(page)
    if answer.status_code == 403:
        return set()
    assert answer.status_code == 200, page
    return set(_texts(answer.content.decode()))


def _texts(page: str) -> Iterator[str]:
    for element in html.fromstring(page).xpath(SAYS):
        text = " ".join(" ".join(element.xpath("text()")).split()).rstrip(":")
        if re.search("[A-Za-z]{2}", text):
            yield text


@cache
def translated() -> Mapping[str, str]:
    """What is said otherwise in German, by its English; letters small."""
    known = {
        english: german
        for message in catalogue.read(PO)
        for english, german in zip(_each(message.id), _each(message.string), strict=False)
        if message.id
    }
    german = {text.casefold() for text in known.values()}
    return {
        text.casefold(): known[text]
        for text in known
        if known[text].casefold() != text.casefold() and text.casefold() not in german
    }


def _each(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else [*text]


def english_on(page: str, reader: Client, other: Client) -> list[str]:
    """What is left of English on a page that somebody wants in German."""
    german, english = said(reader, page), said(other, page)
    known = {text for text in german if text.casefold() in translated()}
    alike = {text for text in german & english if not NOT_OURS.search(text)}
    return sorted((known | alike) - ALIKE)


def rows_of(model: type[Model], alpha: House) -> Any:
    return alpha.row(model) or model._default_manager.order_by("pk").first()


def pages_of(model: type[Model], alpha: House, client: Client) -> list[str]:
    """The list, the form of a new row, a row's page, and what its buttons lead to."""
    pages = [url(model, "changelist"), url(model, "add")]
    if row := rows_of(model, alpha):
        page = url(model, "change", row.pk)
        pages += [page, url(model, "history", row.pk)]
        begin = page.removesuffix("change/")
        links = html.fromstring(client.get(page).content).xpath("//a/@href")
        pages += sorted(
            {
                link
                for link in links
                if link.startswith(begin)
                and not re.search("(delete|open|edit-as-new|preview)/$", link)
            }
            - {*pages}
        )
    return pages


class TestCatalogue:
    def test_all_has_its_german_and_fills_in_the_same(self) -> None:
        assert list(catalogue.faults(catalogue.read(PO))) == []

    def test_it_is_that_of_the_code_and_compiled(self) -> None:
        call_command("texts", check=True)

    def test_a_text_without_german_is_a_fault(self) -> None:
        old = catalogue.read(PO)
        found = catalogue.Texts({})
        found.add("Something new", "a file")

        assert list(catalogue.faults(catalogue.renewed(old, found))) == [
            "'Something new' has no German"
        ]

    def test_another_place_is_a_fault(self) -> None:
        old = catalogue.read(PO)
        old.add("Ended on {day}.", "Beendet am {tag}.")

        (fault,) = catalogue.faults(old)

        assert fault == "'Ended on {day}.' and its German fill in other places"

    def test_labels_of_fields_are_those_of_their_names(self) -> None:
        labels = set(labels_of([apps.get_model("billing", "Customer")]))

        assert {"customer", "external id", "Business"} <= labels


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize("model", MODELS, ids=name_of)
    def test_every_page_is_german(
        self, reader: Client, root: Client, alpha: House, model: type[Model]
    ) -> None:
        reader.force_login(User.objects.get(username="root"))

        left = {page: english_on(page, reader, root) for page in pages_of(model, alpha, root)}

        assert [f"{page}: {text}" for page, texts in left.items() for text in texts] == []

    def test_start_search_and_a_story_are_german(
        self, clerk: Client, client: Client, alpha: House
    ) -> None:
        story = reverse("admin:billing_event_transaction", args=[alpha.order_event.transaction_id])

        pages = (reverse("admin:index"), reverse("admin:find") + "?q=alpha", story)
        left = {page: english_on(page, clerk, client) for page in pages}

        assert [f"{page}: {text}" for page, texts in left.items() for text in texts] == []

    def test_the_way_in_is_german(self, reader: Client) -> None:
        page = reader.get(reverse("admin:login"))

        assert page.headers["Content-Language"] == "de"
        assert 'lang="de' in page.content.decode()
        assert "Passwort" in page.content.decode()

    def test_the_user_s_choice_goes_before_the_browser_s(self, clerk: Client) -> None:
        page = reverse("admin:index")
        assert "Heute" in clerk.get(page).content.decode()

        clerk.post(reverse("set_language"), {"language": "en", "next": page})

        assert "Today" in clerk.get(page).content.decode()

    def test_the_switch_stands_on_each_page(self, clerk: Client) -> None:
        page = clerk.get(reverse("admin:billing_customer_changelist")).content.decode()

        assert page.count(f'action="{reverse("set_language")}"') == 2

    def test_a_browser_of_neither_language_gets_english(self, client: Client) -> None:
        page = client.get(reverse("admin:index"), headers={"accept-language": "fr"})

        assert "Today" in page.content.decode()


def _press(client: Client, alpha: House, button: str) -> list[str]:
    """What is recorded of a button that is pressed; all is as before then."""
    model, name = next(each for each in buttons() if named(*each) == button)
    with transaction.atomic():
        row = factories.money(alpha.customer) if name == "reverse" else alpha.row(model)
        if model is Invoice:
            row = Invoice.objects.get(seller=alpha.seller, net_minor=9900)
            confirmed(client, address(model, name, row), DEEDS[button])
        else:
            if name == "enable":
                disable_endpoint(endpoint_id=row.pk, at=factories.AT)
            client.post(address(model, name, row), DEEDS[button])
        noted = [f"{each.action} {each.object_text} {each.what}" for each in actions()]
        transaction.set_rollback(True)
    return [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|anl_test_[\w-]+", "ID", each) for each in noted]


@pytest.mark.django_db
class TestFacts:
    @pytest.mark.parametrize("button", sorted(DEEDS.keys() - OF_SUPERUSERS))
    def test_a_german_clerk_leaves_what_an_english_one_does(
        self, clerk: Client, client: Client, alpha: House, button: str
    ) -> None:
        of_german, of_english = (_press(each, alpha, button) for each in (clerk, client))

        assert of_german == of_english != []

    def test_a_change_of_fields_is_told_in_english(self, clerk: Client, alpha: House) -> None:
        page = url(type(alpha.customer), "change", alpha.customer.pk)

        clerk.post(page, {**values_of(clerk.get(page)), "contact_name": "Eva"})

        (noted,) = actions()
        assert (noted.action, noted.what) == ("change", "Contact name: nothing → Eva")

    def test_what_was_done_is_said_in_german_and_recorded_in_english(
        self, clerk: Client, alpha: House
    ) -> None:
        page = url(type(alpha.failure), "change", alpha.failure.pk)

        shown = clerk.post(page.replace("change/", "retry/"), {"why": "Preis ergänzt"}, follow=True)

        (noted,) = actions()
        assert "Wieder gesendet: 1 Ereignis." in shown.content.decode()
        assert (noted.what, noted.why) == ("Sent again: 1 event.", "Preis ergänzt")

    def test_an_action_on_selected_rows_is_told_in_english(
        self, clerk: Client, alpha: House
    ) -> None:
        values = {"action": "retry_selected", "_selected_action": alpha.failure.pk}

        clerk.post(reverse("admin:billing_failure_changelist"), values)

        assert actions().get().what == "Retry selected failures"


@pytest.mark.django_db
class TestApi:
    @pytest.mark.parametrize(
        "path", ["/api/v1/customers", "/api/v1/nothing", "/api/v1/openapi.json"]
    )
    def test_it_answers_in_english_whatever_is_wanted(self, client: Client, path: str) -> None:
        address = f"/api/v1/{path}"
        answers = [Client().get(address, headers={"accept-language": each}) for each in ("", "de")]

        without = [re.sub(rb'"request_id":\s*"[^"]+"', b"", each.content) for each in answers]
        assert without[0] == without[1]
        assert "Content-Language" not in answers[1].headers

    def test_its_refusals_and_words_of_classes_are_english(self, alpha: House) -> None:
        app = Client(headers={
            "accept-language": "de", "authorization": f"Bearer {factories.api_key(alpha.seller)}",
        })  # fmt: skip

        refused = app.post("/api/v1/customers", {"kind": "x"}, content_type="application/json")
        causes = app.get("/api/v1/failure-causes")

        assert "This is missing: give it." in refused.content.decode()
        assert "A price is missing" in causes.content.decode()
