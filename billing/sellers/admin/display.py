"""How values look in the admin: money, ids, links, small tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django_stubs_ext import StrOrPromise
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from billing.amounts import NOTHING, money
from billing.money import UnknownCurrency, minor_digits

_Method = TypeVar("_Method", bound=Callable[..., Any])

__all__ = [
    "button", "definitions", "first_of", "labelled", "link", "money", "plain", "table",
    "transaction_link", "unit_price",
]  # fmt: skip


def plain(value: Decimal | None) -> str:
    """Return a decimal without trailing zeros."""
    if value is None:
        return NOTHING
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return format_html('<span class="anlass-number">{}</span>', text)


def unit_price(value: Decimal | None, currency: str) -> str:
    """Return a price of one unit, with all its digits but at least those of the currency."""
    if value is None:
        return NOTHING
    try:
        least = minor_digits(currency)
    except UnknownCurrency:
        least = 0
    _, _, fraction = format(value, "f").partition(".")
    digits = max(least, len(fraction.rstrip("0")))
    number = number_format(value, decimal_pos=digits, use_l10n=True, force_grouping=True)
    return format_html('<span class="anlass-money">{} {}</span>', number, currency)


def link(row: Model | None, text: object = None) -> str:
    """Return a link to a row's page, named by its text or `text`."""
    if row is None:
        return NOTHING
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a class="anlass-link" href="{}">{}</a>', url, text or row)


def transaction_link(transaction_id: UUID | None, text: str = "") -> str:
    """Return a link to the page that tells the transaction's story."""
    if transaction_id is None:
        return NOTHING
    url = reverse("admin:billing_event_transaction", args=[transaction_id])
    return format_html('<a class="anlass-link" href="{}">{}</a>', url, text or transaction_id)


def definitions(values: Mapping[str, object]) -> SafeString:
    """Return names and values as a list; empty ones are left out."""
    rows = [
        (gettext(name.replace("_", " ")) if name else "", value)
        for name, value in values.items()
        if value
    ]
    return format_html(
        '<dl class="anlass-definitions">{}</dl>',
        format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows),
    )


def first_of(count: int) -> str:
    """Return what stands below rows of which only the first are shown."""
    return gettext("These are the first {count}.").format(count=count)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> SafeString:
    """Return a small table; columns after the first are aligned to the right."""
    return format_html(  # Where it is scrolled, the keyboard must reach it.
        '<table class="anlass-table" tabindex="0"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table>",
        format_html_join("", "<th>{}</th>", ((name,) for name in head)),
        format_html_join(
            "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", _cells(row)),) for row in rows)
        ),
    )


def _cells(row: Sequence[object]) -> list[tuple[object]]:
    return [(value,) for value in row]


def labelled(
    description: StrOrPromise, *, colours: Mapping[str, str], ordering: str = ""
) -> Callable[[_Method], _Method]:
    """
    Mark a method of a list whose value is shown as a coloured label.

    The method returns (value, text); `colours` maps values to success, warning, danger or info.
    """
    decorate: Callable[[_Method], _Method] = display(
        description=description, ordering=ordering or None, label=dict(colours)
    )
    return decorate


def button(
    description: StrOrPromise, *, path: str, permission: str, icon: str, is_primary: bool = False
) -> Callable[[_Method], _Method]:
    """Mark a method that is a button on a row's page; it opens a page, and writes on POST only."""
    decorate: Callable[[_Method], _Method] = action(
        description=description,
        url_path=path,
        permissions=[permission],
        icon=icon,
        variant=ActionVariant.PRIMARY if is_primary else ActionVariant.DEFAULT,
    )
    return decorate
