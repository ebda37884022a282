"""What happened and what failed: `/events`, `/transactions`, `/failures`, `/failure-causes`."""

from invoices.proving.api import causes, events, failures

urlpatterns = [*events.urlpatterns, *failures.urlpatterns, *causes.urlpatterns]
