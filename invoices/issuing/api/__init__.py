"""What was charged, waits to be, and would be: `/invoices`, `/charges` and previews."""

from invoices.issuing.api import charges, invoices, previews, waiting

# Before the addresses of what is previewed: external ids may contain slashes.
preview_urlpatterns = previews.urlpatterns
urlpatterns = [*invoices.urlpatterns, *charges.urlpatterns, *waiting.urlpatterns]
