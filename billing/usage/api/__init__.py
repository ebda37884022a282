"""Usage: `/usage`."""

from billing.usage.api.usage import urlpatterns

__all__ = ["urlpatterns"]
