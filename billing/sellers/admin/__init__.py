"""
The admin of sellers, and what the admin pages of all stages share.

Whatever a page shows or takes belongs to a seller that the user works for: `scope` decides whose,
`base` applies it.
"""

from billing.sellers.admin import keys, sellers, users
from billing.sellers.admin.base import (
    FactAdmin,
    FactInline,
    LineInline,
    Lines,
    SellerScopedAdmin,
    StackedLineInline,
)
from billing.sellers.admin.display import (
    button,
    definitions,
    first_of,
    labelled,
    link,
    money,
    plain,
    table,
    transaction_link,
    unit_price,
)
from billing.sellers.admin.forms import OwnedForm, OwnedFormSet, OwnedLineForm
from billing.sellers.admin.pages import FormPage, PageForm, render_page
from billing.sellers.admin.recorded import Recorded
from billing.sellers.admin.scope import scoped, sellers_of
from billing.sellers.admin.shared import SharedRowsAdmin
from billing.sellers.admin.told import transaction_told_by

__all__ = [
    "FactAdmin",
    "FactInline",
    "FormPage",
    "LineInline",
    "Lines",
    "OwnedForm",
    "OwnedFormSet",
    "OwnedLineForm",
    "PageForm",
    "Recorded",
    "SellerScopedAdmin",
    "SharedRowsAdmin",
    "StackedLineInline",
    "button",
    "definitions",
    "first_of",
    "keys",
    "labelled",
    "link",
    "money",
    "plain",
    "render_page",
    "scoped",
    "sellers",
    "sellers_of",
    "table",
    "transaction_link",
    "transaction_told_by",
    "unit_price",
    "users",
]
