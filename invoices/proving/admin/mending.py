"""From a cause to the page on which it is mended."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils.html import format_html

from billing.api.references import UUID_FORM
from billing.events.models import FailureCause

# What must be mended → the pages of it; where a row isn't there yet, the page that adds one.
_PAGES: Mapping[str, tuple[str, str]] = {
    "plan": ("billing_plan", "the plan"),
    "product": ("billing_product", "the product"),
    "price": ("billing_price", "the price"),
    "tax_rate": ("billing_taxrate", "the tax rates"),
    "registration": ("billing_sellerregistration", "the VAT registrations"),
    "own_rate": ("billing_ownexchangerate", "the rates of exchange"),
    "seller": ("billing_seller", "the seller"),
    "customer": ("billing_customer", "the customer"),
    "contract": ("billing_contract", "the contract"),
    "meter": ("billing_meter", "the meters"),
    "subscription": ("billing_subscription", "the subscriptions"),
    "usage": ("billing_unattributedusage", "the waiting usage"),
    "template": ("invoices_documenttemplate", "the template"),
    "hold": ("invoices_hold", "by deciding"),
    "endpoint": ("invoices_webhookendpoint", "the endpoint"),
}


def mend_url(cause: FailureCause) -> str:
    """Return the address of the page on which a cause is mended; empty if there is none."""
    page = _PAGES.get(cause.mend_kind)
    if page is None:
        return ""
    name, _ = page
    is_row = cause.mend_kind != "template" and bool(UUID_FORM.fullmatch(cause.mend_id))
    if is_row:
        return reverse(f"admin:{name}_change", args=[cause.mend_id])
    return reverse(f"admin:{name}_changelist")


def mend_link(cause: FailureCause) -> str:
    """Return a link to what must be mended, and which part of it; empty if nothing is known."""
    url = mend_url(cause)
    if not url:
        return ""
    _, called = _PAGES[cause.mend_kind]
    part = f" ({cause.mend_part})" if cause.mend_part else ""
    return format_html('<a class="anlass-link" href="{}">Mend {}{}</a>', url, called, part)
