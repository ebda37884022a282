"""A clerk's day: an order that failed is found, its cause mended, the order billed."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect

from billing.events.models import Failure
from invoices.issuing.models import Invoice
from tests import factories
from tests.browser.people import Desk, hire
from tests.browser.site import Site
from tests.endtoend.web import WebApp

LINE = {"text": "Training", "quantity": "3", "unit_price": "99.00", "tax_class": "standard"}


@pytest.fixture
def failed(site: Site) -> Failure:
    """An app's order of a business of which no address is known."""
    seller = factories.seller(name="Delta GmbH", makes_documents=True)
    factories.customer(
        seller, name="Dora AG", external_id="dora", street="", email="d@dora.example"
    )
    with closing(WebApp(site.url, factories.api_key(seller))) as app:
        placed = app.post("/orders", {"customer": "ext:dora", "lines": [LINE]})
    assert placed.status == 201, placed.body
    told = Failure.objects.filter(event__transaction_id=placed.body["transaction_id"])
    site.wait_until(told.exists, "the order failed")
    return told.select_related("event", "seller").get()


def test_a_clerk_finds_mends_and_retries_and_the_invoice_is_there(
    site: Site, desk: Desk, failed: Failure
) -> None:
    clerk = hire("clerk", failed.seller, has_app=False)
    page = desk.page
    desk.set_up(clerk)

    # From the transaction's id, as an app's people would tell it, to what is wrong.
    desk.search(str(failed.event.transaction_id))
    desk.follow(str(failed.event.transaction_id))
    desk.follow(re.compile("failure"))
    expect(desk.main).to_contain_text("The customer Dora AG has no street")
    expect(desk.main).to_contain_text("retry")

    # To its customer, whose address is completed.
    desk.follow("Mend the customer")
    page.get_by_label("Street", exact=True).fill("Lindenstraße 5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    # Back by the inbox; the worker bills it.
    desk.go_to("Inbox")
    desk.open_row()
    desk.choose("Retry all")
    page.get_by_label("Note").fill("Asked Dora for her address.")
    desk.press("Retry all")
    expect(page.get_by_text("1 failure will be retried by the workers")).to_be_visible()
    issued = Invoice.objects.filter(seller=failed.seller)
    site.wait_until(issued.exists, "the invoice was issued")

    # Found by the customer's own id, and opened: 3 x 99.00 = 297.00, and 19 % of it are 56.43.
    desk.search("dora")
    desk.follow("Dora AG")
    desk.follow(issued.get().number)
    for told in ("R2026-000001", "Training", "297.00 EUR", "56.43 EUR", "353.43 EUR"):
        expect(desk.main).to_contain_text(told)
    desk.follow(re.compile(f"^{failed.event.transaction_id}$"))
    for told in ("has no street", "Asked Dora", "R2026-000001"):
        expect(desk.main).to_contain_text(told)
