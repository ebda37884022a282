"""Pages of tax rates."""

from django.contrib import admin

from billing.catalog.models import TaxRate
from billing.sellers.admin import SharedRowsAdmin


@admin.register(TaxRate)
class TaxRateAdmin(SharedRowsAdmin):
    """Tax rates are the law's."""

    list_display = ("country", "tax_class", "category", "percent", "valid_from", "valid_until")
    list_filter = ("country", "tax_class")
    search_fields = ("country", "source")
    ordering = ("country", "tax_class", "-valid_from")
