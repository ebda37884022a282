"""What a customer's and a contract's page tell beside their rows: money, time, what comes next."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.contracts.admin import ContractAdmin
from billing.contracts.models import Contract, SubscriptionChange
from billing.customers.admin import CustomerAdmin
from billing.customers.models import Customer
from billing.sellers.admin import link, money, plain, table, transaction_link
from billing.sellers.queries import today
from invoices.balances.queries import balances
from invoices.issuing.queries.drafts import Draft
from invoices.overview.queries.happenings import Happening, changes, happenings
from invoices.runs.queries import next_document


@admin.display(description=_("balance"), empty_value="-")
def balance(_page: Any, customer: Customer) -> SafeString | None:
    """Show what the customer has with the seller, by currency."""
    on = today(customer.seller, at=timezone.now())
    found = [money(each.balance_minor, each.currency) for each in balances(customer, on=on)]
    return format_html_join(SafeString("<br>"), "{}", ((each,) for each in found)) or None


@admin.display(description=_("latest happenings"), empty_value="-")
def latest(_page: Any, customer: Customer) -> SafeString | None:
    """Show the customer's latest happenings."""
    return _timeline(happenings(customer), timezone_of=customer)


@admin.display(description=_("changes"), empty_value="-")
def timeline(_page: Any, contract: Contract) -> SafeString | None:
    """Show what became of the contract's subscriptions."""
    return _timeline(changes(contract), timezone_of=contract)


@admin.display(description=_("next invoice"), empty_value="-")
def next_invoice(_page: Any, contract: Contract) -> SafeString | str | None:
    """Show what the next day on which something is due would bring, by what is known today."""
    day = contract.next_billing_date
    if day is None:
        return None
    on = today(contract.seller, at=timezone.now())
    found = next_document(contract, until=day, on=max(day, on))
    when = date_format(day, "DATE_FORMAT")
    if found is None:
        return format_html(gettext("{}: nothing would be owed, what failed aside."), when)
    if isinstance(found, Draft):
        return format_html("<p>{}</p>{}", when, _draft(found, contract.currency))
    return format_html(gettext("{}: it would fail. {}"), when, found)


def _draft(found: Draft, currency: str) -> SafeString:
    rows = [
        (charge.text, plain(charge.quantity), money(charge.amount_minor, currency))
        for charge in found.charges(currency=currency)
    ]
    totals = found.taxed.totals
    sums = (
        (gettext("Net"), "", money(totals.net_minor, currency)),
        (gettext("Tax"), "", money(totals.tax_minor, currency)),
        (gettext("Gross"), "", money(totals.gross_minor, currency)),
    )
    return table((gettext("Line"), gettext("Quantity"), gettext("Net")), [*rows, *sums])


def _timeline(found: Iterable[Happening], *, timezone_of: Any) -> SafeString | None:
    zone = timezone_of.seller.timezone
    rows = format_html_join(
        "",
        '<li><time datetime="{}">{}</time> {} {}</li>',
        ((each.at.isoformat(), _when(each, zone), _what(each), _story(each)) for each in found),
    )
    return format_html('<ol class="anlass-timeline">{}</ol>', rows) if rows else None


def _when(each: Happening, zone: str) -> str:
    with timezone.override(zone):
        return date_format(timezone.localtime(each.at), "SHORT_DATETIME_FORMAT")


def _what(each: Happening) -> SafeString:
    """Say what happened, with a link to its row."""
    row: Any = each.row
    if not isinstance(row, SubscriptionChange):
        return format_html("{}: {}", gettext(each.kind), link(row))
    said = [row.get_kind_display().lower(), str(row.plan or ""), plain(row.quantity)]
    if row.quantity is None:
        said.pop()
    return format_html(
        gettext("{}: {}, from {}"),
        link(row.subscription),
        format_html_join(" ", "{}", ((part,) for part in said if part)),
        date_format(row.effective_on, "DATE_FORMAT"),
    )


def _story(each: Happening) -> str:
    return transaction_link(each.transaction_id, gettext("story")) if each.transaction_id else ""


CustomerAdmin.also_tell(_("Money here"), needs="invoices.view_balancemovement", balance=balance)
CustomerAdmin.also_tell(_("What was"), needs="invoices.view_invoice", latest=latest)
ContractAdmin.also_tell(
    _("What was, and what comes"),
    needs="invoices.view_invoice",
    next_invoice=next_invoice,
    timeline=timeline,
)
