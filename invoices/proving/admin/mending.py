"""From a cause to the page on which it is mended."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from billing.api.references import UUID_FORM
from billing.events.models import FailureCause

# What must be mended → the pages of it; where a row isn't there yet, the page that adds one.
_PAGES: Mapping[str, tuple[str, StrOrPromise]] = {
    "plan": ("billing_plan", _("the plan")),
    "product": ("billing_product", _("the product")),
    "price": ("billing_price", _("the price")),
    "tax_rate": ("billing_taxrate", _("the tax rates")),
    "registration": ("billing_sellerregistration", _("the VAT registrations")),
    "own_rate": ("billing_ownexchangerate", _("the rates of exchange")),
    "seller": ("billing_seller", _("the seller")),
    "customer": ("billing_customer", _("the customer")),
    "contract": ("billing_contract", _("the contract")),
    "meter": ("billing_meter", _("the meters")),
    "subscription": ("billing_subscription", _("the subscriptions")),
    "usage": ("billing_unattributedusage", _("the waiting usage")),
    "template": ("invoices_documenttemplate", _("the template")),
    "hold": ("invoices_hold", _("by deciding")),
    "endpoint": ("invoices_webhookendpoint", _("the endpoint")),
}


def mend_url(cause: FailureCause) -> str:
    """Return the address of the page on which a cause is mended; empty if there is none."""
    page = _PAGES.get(cause.mend_kind)
    if page is None:
        return ""
    name, _called = page
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
    words = gettext("Mend {what}").format(what=f"{called}{part}")
    return format_html('<a class="anlass-link" href="{}">{}</a>', url, words)
