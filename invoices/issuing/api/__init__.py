"""What was charged, waits to be, and would be: `/invoices`, `/waiting-charges` and previews."""

from invoices.issuing.api import invoices, previews, waiting

# Before the addresses of what is previewed: external ids may contain slashes.
preview_urlpatterns = previews.urlpatterns
urlpatterns = [*invoices.urlpatterns, *waiting.urlpatterns]
