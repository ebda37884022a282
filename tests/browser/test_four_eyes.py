"""Four eyes: what one of the staff caused, another approves, and the worker issues it."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from billing.sellers.models import Seller
from invoices.issuing.commands.approving import NewRule, state_rule
from invoices.issuing.models import Hold, HoldDecision, Invoice
from tests import factories
from tests.browser.people import Desk, hire
from tests.browser.site import Site


@pytest.fixture
def seller(site: Site) -> Seller:
    """Whose invoices above 1,000.00 EUR gross are approved before."""
    seller = factories.seller(name="Echo GmbH")
    factories.customer(seller, name="Emil AG", external_id="emil")
    new = NewRule(kind="amount", limit_minor=1_000_00, currency="EUR")
    state_rule(seller=seller, new=new, by="boss", at=timezone.now())
    return seller


def place_order(desk: Desk) -> None:
    """Enter an order of 2 x 750.00 in the admin's form."""
    page = desk.page
    desk.go_to("Orders")
    page.locator("a[href$='/order/add/']").first.click()
    page.locator("#id_customer + .select2 .select2-selection").click()
    page.locator(".select2-search__field").fill("Emil")
    page.get_by_role("option", name=re.compile("Emil AG")).click()
    page.locator("#id_lines-0-text").fill("Workshop")
    page.locator("#id_lines-0-quantity").fill("2")
    page.locator("#id_lines-0-unit_price").fill("750.00")
    page.locator("#id_lines-0-tax_class").select_option("standard")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def test_who_caused_it_does_not_approve_it_but_another_does(
    site: Site, desk: Desk, other_desk: Desk, seller: Seller
) -> None:
    # A clerk orders 1,500.00 net, which are 1,785.00 gross: held, and not the clerk's to approve.
    desk.sign_in(clerk := hire("clerk", seller))
    place_order(desk)
    held = Hold.objects.filter(seller=seller)
    site.wait_until(held.exists, "the order is held")
    desk.go_to("Approvals")
    desk.open_row()
    expect(desk.main).to_contain_text("above 1,000.00 EUR it must be approved")
    approve = f"/admin/invoices/hold/{held.get().pk}/approve/"
    expect(desk.page.locator(f"a[href='{approve}']")).to_have_count(0)
    refused = desk.page.goto(approve)
    assert refused is not None
    assert refused.status == 403

    # A manager meets it on the start page, sees why, and approves.
    other_desk.sign_in(manager := hire("manager", seller))
    waiting = other_desk.page.locator("section", has_text="Waits for approval")
    waiting.get_by_role("link", name=re.compile("Emil AG")).click()
    for told in ("1,785.00 EUR", "above 1,000.00 EUR it must be approved", "Workshop", clerk.name):
        expect(other_desk.main).to_contain_text(told)
    other_desk.choose("Approve")
    other_desk.page.get_by_label("Note").fill("As ordered by Emil.")
    other_desk.press("Approve")
    expect(other_desk.page.get_by_text("Approved: it is issued as it was shown.")).to_be_visible()

    issued = Invoice.objects.filter(seller=seller)
    site.wait_until(issued.exists, "the invoice was issued")
    other_desk.search(issued.get().number)
    other_desk.follow(issued.get().number)
    expect(other_desk.main).to_contain_text("1,785.00 EUR")
    assert HoldDecision.objects.get(hold__in=held).decided_by == manager.name
