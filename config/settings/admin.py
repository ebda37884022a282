"""Settings of the admin: its name, its colour, and what stands in its sidebar."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from config import env

# What operators look at beside the admin: name, icon, and the setting that says where it is.
_WATCHED = (
    ("Flower", "monitor_heart", "FLOWER_URL"),
    ("Grafana", "monitoring", "GRAFANA_URL"),
    ("Kibana", "manage_search", "KIBANA_URL"),
)


def _item(title: StrOrPromise, icon: str, model: str, **more: str) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may_view(app, name),
        **more,
    }


def _watched() -> list[dict[str, Any]]:
    """Return links to what watches over the engine, where settings say; for superusers."""
    items = [
        {
            "title": title,
            "icon": icon,
            "link": env.text(name, ""),
            "permission": lambda request: request.user.is_superuser,
        }
        for title, icon, name in _WATCHED
        if env.text(name, "")
    ]
    return [{"title": _("Operators"), "items": items}] if items else []


def _may_view(app: str, name: str) -> Callable[[HttpRequest], bool]:
    # Users, groups and memberships are the superusers' alone, whatever permissions say.
    if name in {"user", "group", "membership", "accessattempt"}:
        return lambda request: request.user.is_superuser
    return lambda request: request.user.has_perm(f"{app}.view_{name}")


UNFOLD = {
    "SITE_TITLE": "Anlass",
    "SITE_HEADER": "Anlass",
    "SITE_SYMBOL": "receipt_long",
    "SITE_URL": None,
    "SHOW_BACK_BUTTON": True,
    "SHOW_LANGUAGES": True,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("billing/favicon.svg")},
    ],
    "STYLES": [lambda _: static("billing/admin.css")],
    "SCRIPTS": [lambda _: static("billing/naming.js")],
    "DASHBOARD_CALLBACK": "invoices.overview.admin.start_page",
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14b8a6",
            "600": "#0f766e",
            "700": "#115e59",
            "800": "#134e4a",
            "900": "#113f3c",
            "950": "#042f2e",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": _("Oversight"),
                "items": [
                    {"title": _("Today"), "icon": "today", "link": reverse_lazy("admin:index")},
                    _item(
                        _("Inbox"),
                        "error",
                        "billing.failurecause",
                        badge="invoices.proving.admin.failures.open_failures",
                        badge_variant="primary",
                    ),
                    _item(_("Failures"), "list", "billing.failure"),
                    _item(
                        _("Approvals"),
                        "approval",
                        "invoices.hold",
                        badge="invoices.issuing.admin.holds.waiting_holds",
                        badge_variant="primary",
                    ),
                    _item(_("Billing runs"), "event_upcoming", "invoices.billingrun"),
                    _item(_("Waiting usage"), "hourglass_empty", "billing.unattributedusage"),
                    _item(_("Events"), "bolt", "billing.event"),
                    _item(_("Staff actions"), "history", "billing.staffaction"),
                ],
            },
            {
                "title": _("Documents"),
                "items": [
                    _item(_("Invoices"), "receipt_long", "invoices.invoice"),
                    _item(_("Charges"), "sell", "invoices.charge"),
                    _item(_("Balances"), "savings", "invoices.balancemovement"),
                    _item(_("Files"), "description", "invoices.document"),
                    _item(_("Templates"), "palette", "invoices.documenttemplate"),
                ],
            },
            {
                "title": _("Delivery"),
                "items": [
                    _item(_("Deliveries"), "send", "invoices.delivery"),
                    _item(_("Download links"), "link", "invoices.downloadlink"),
                    _item(_("Webhook endpoints"), "webhook", "invoices.webhookendpoint"),
                    _item(_("Customers' wishes"), "contact_mail", "invoices.deliverywish"),
                    _item(_("E-mail texts"), "mail", "invoices.mailstyle"),
                ],
            },
            {
                "title": _("Customers"),
                "items": [
                    _item(_("Customers"), "group", "billing.customer"),
                    _item(_("Contracts"), "contract", "billing.contract"),
                    _item(_("Subscriptions"), "autorenew", "billing.subscription"),
                    _item(_("Orders"), "shopping_cart", "billing.order"),
                    _item(_("Usage"), "speed", "billing.usagebucket"),
                ],
            },
            {
                "title": _("Catalog"),
                "items": [
                    _item(_("Products"), "inventory_2", "billing.product"),
                    _item(_("Plans"), "event_repeat", "billing.plan"),
                    _item(_("Prices"), "payments", "billing.price"),
                    _item(_("Coupons"), "local_activity", "billing.coupon"),
                    _item(_("Tax rates"), "percent", "billing.taxrate"),
                    _item(_("Tax overrides"), "rule", "billing.taxoverride"),
                    _item(_("VAT id checks"), "verified", "billing.vatidcheck"),
                    _item(_("Exchange rates"), "currency_exchange", "billing.exchangerate"),
                    _item(_("Own exchange rates"), "price_change", "billing.ownexchangerate"),
                ],
            },
            {
                "title": _("Books"),
                "items": [
                    _item(_("Bookkeeping"), "account_balance", "invoices.bookkeeping"),
                    _item(_("Account overrides"), "swap_horiz", "invoices.accountoverride"),
                    _item(_("Customers' accounts"), "person_book", "invoices.debtoraccount"),
                    _item(_("Charts of accounts"), "list_alt", "invoices.account"),
                ],
            },
            {
                "title": _("Seller"),
                "items": [
                    _item(_("Sellers"), "storefront", "billing.seller"),
                    _item(_("Approval rules"), "policy", "invoices.holdrule"),
                    _item(_("VAT registrations"), "public", "billing.sellerregistration"),
                    _item(_("Test clocks"), "schedule", "billing.testclock"),
                    _item(_("API keys"), "key", "billing.apikey"),
                    _item(_("Memberships"), "badge", "billing.membership"),
                    _item(_("Users"), "person", "auth.user"),
                    _item(_("Groups"), "groups", "auth.group"),
                    _item(_("Failed sign-ins"), "lock_clock", "axes.accessattempt"),
                ],
            },
            {
                "title": _("API"),
                "items": [
                    {"title": _("Read"), "icon": "menu_book", "link": reverse_lazy("redoc")},
                    {"title": _("Try"), "icon": "terminal", "link": reverse_lazy("docs")},
                ],
            },
            *_watched(),
        ],
    },
}
