"""The admin's first page, its search, and what pages tell beside their rows."""

from invoices.overview.admin import neighbours
from invoices.overview.admin.search import search_page
from invoices.overview.admin.start import start_page

__all__ = ["neighbours", "search_page", "start_page"]
