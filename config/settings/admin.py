"""Settings of the admin: its name, its colour, and what stands in its sidebar."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from config import env

# What operators look at beside the admin: name, icon, and the setting that says where it is.
_WATCHED = (
    ("Flower", "monitor_heart", "FLOWER_URL"),
    ("Grafana", "monitoring", "GRAFANA_URL"),
    ("Kibana", "manage_search", "KIBANA_URL"),
)


def _item(title: str, icon: str, model: str, **more: str) -> dict[str, Any]:
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
    return [{"title": "Operators", "items": items}] if items else []


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
                "title": "Oversight",
                "items": [
                    {"title": "Today", "icon": "today", "link": reverse_lazy("admin:index")},
                    _item(
                        "Inbox",
                        "error",
                        "billing.failurecause",
                        badge="invoices.proving.admin.failures.open_failures",
                        badge_variant="primary",
                    ),
                    _item("Failures", "list", "billing.failure"),
                    _item(
                        "Approvals",
                        "approval",
                        "invoices.hold",
                        badge="invoices.issuing.admin.holds.waiting_holds",
                        badge_variant="primary",
                    ),
                    _item("Billing runs", "event_upcoming", "invoices.billingrun"),
                    _item("Waiting usage", "hourglass_empty", "billing.unattributedusage"),
                    _item("Events", "bolt", "billing.event"),
                    _item("Staff actions", "history", "billing.staffaction"),
                ],
            },
            {
                "title": "Documents",
                "items": [
                    _item("Invoices", "receipt_long", "invoices.invoice"),
                    _item("Charges", "sell", "invoices.charge"),
                    _item("Balances", "savings", "invoices.balancemovement"),
                    _item("Files", "description", "invoices.document"),
                    _item("Templates", "palette", "invoices.documenttemplate"),
                ],
            },
            {
                "title": "Delivery",
                "items": [
                    _item("Deliveries", "send", "invoices.delivery"),
                    _item("Download links", "link", "invoices.downloadlink"),
                    _item("Webhook endpoints", "webhook", "invoices.webhookendpoint"),
                    _item("Customers' wishes", "contact_mail", "invoices.deliverywish"),
                    _item("E-mail texts", "mail", "invoices.mailstyle"),
                ],
            },
            {
                "title": "Customers",
                "items": [
                    _item("Customers", "group", "billing.customer"),
                    _item("Contracts", "contract", "billing.contract"),
                    _item("Subscriptions", "autorenew", "billing.subscription"),
                    _item("Orders", "shopping_cart", "billing.order"),
                    _item("Usage", "speed", "billing.usagebucket"),
                ],
            },
            {
                "title": "Catalog",
                "items": [
                    _item("Products", "inventory_2", "billing.product"),
                    _item("Plans", "event_repeat", "billing.plan"),
                    _item("Prices", "payments", "billing.price"),
                    _item("Coupons", "local_activity", "billing.coupon"),
                    _item("Tax rates", "percent", "billing.taxrate"),
                    _item("Tax overrides", "rule", "billing.taxoverride"),
                    _item("VAT id checks", "verified", "billing.vatidcheck"),
                    _item("Exchange rates", "currency_exchange", "billing.exchangerate"),
                    _item("Own exchange rates", "price_change", "billing.ownexchangerate"),
                ],
            },
            {
                "title": "Books",
                "items": [
                    _item("Bookkeeping", "account_balance", "invoices.bookkeeping"),
                    _item("Account overrides", "swap_horiz", "invoices.accountoverride"),
                    _item("Customers' accounts", "person_book", "invoices.debtoraccount"),
                    _item("Charts of accounts", "list_alt", "invoices.account"),
                ],
            },
            {
                "title": "Seller",
                "items": [
                    _item("Sellers", "storefront", "billing.seller"),
                    _item("Approval rules", "policy", "invoices.holdrule"),
                    _item("VAT registrations", "public", "billing.sellerregistration"),
                    _item("Test clocks", "schedule", "billing.testclock"),
                    _item("API keys", "key", "billing.apikey"),
                    _item("Memberships", "badge", "billing.membership"),
                    _item("Users", "person", "auth.user"),
                    _item("Groups", "groups", "auth.group"),
                    _item("Failed sign-ins", "lock_clock", "axes.accessattempt"),
                ],
            },
            {
                "title": "API",
                "items": [
                    {"title": "Read", "icon": "menu_book", "link": reverse_lazy("redoc")},
                    {"title": "Try", "icon": "terminal", "link": reverse_lazy("docs")},
                ],
            },
            *_watched(),
        ],
    },
}
