"""What was charged, and what would be: `/invoices`, and the previews of changes."""

from invoices.issuing.api import invoices, previews

# Before the addresses of what is previewed: external ids may contain slashes.
preview_urlpatterns = previews.urlpatterns
urlpatterns = invoices.urlpatterns
