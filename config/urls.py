"""Addresses: the API of each stage, the admin, and what watches over the process."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from billing.api import health, problems
from billing.api.callers.access import refuse_unscoped
from billing.api.description.reading import ReadingView, index_of, openapi
from invoices.delivery.api import customer_urlpatterns
from invoices.issuing.api import preview_urlpatterns

api: list[URLPattern | URLResolver] = [
    path("", include("billing.api.sellers")),
    path("", include("billing.api.keys")),
    path("", include("invoices.balances.api")),  # Before customers: an external id has slashes.
    path("", include(customer_urlpatterns)),
    path("", include("billing.vat.api")),
    path("", include("billing.exchange.api")),
    path("", include("billing.customers.api")),
    path("", include("billing.catalog.api")),
    path("", include(preview_urlpatterns)),
    path("", include("billing.contracts.api")),
    path("", include("billing.orders.api")),
    path("", include("billing.simulation.api")),
    path("", include("billing.usage.api")),
    path("", include("invoices.delivery.api")),  # Before invoices: codes have slashes too.
    path("", include("invoices.credit_notes.api")),
    path("", include("invoices.runs.api")),
    path("", include("invoices.issuing.api")),
    path("", include("invoices.reports.api")),
    path("", include("invoices.proving.api")),
    path("openapi.json", openapi, name="openapi"),
    path("docs", ReadingView.as_view(template_name="billing/api/swagger.html"), name="docs"),
    path("redoc", ReadingView.as_view(template_name="billing/api/redoc.html"), name="redoc"),
]
refuse_unscoped(api)
api.append(path("", index_of(api), name="index"))

urlpatterns = [
    path("api/v1", RedirectView.as_view(pattern_name="index")),
    path("api/v1/", include(api)),
    path("admin/language/", set_language, name="set_language"),  # The theme's switch posts to it.
    path("admin/", admin.site.urls),
    path("", include("invoices.delivery.api.pages")),
    path("favicon.ico", RedirectView.as_view(url=static("billing/favicon.svg"))),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]

handler400 = problems.bad_request
handler404 = problems.page_not_found
handler500 = problems.server_error
