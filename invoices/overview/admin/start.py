"""The start page: what today brought, what needs somebody, and how the latest days went."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext

from billing.sellers.admin import link, money, sellers_of
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.overview.charts import Chart
from invoices.overview.queries.figures import DUE_DAYS, Figures, figures
from invoices.overview.queries.needs import (
    approvals,
    open_failures,
    running_runs,
    waiting_events,
    with_open_failures,
)
from invoices.overview.queries.uncounted import uncounted_documents

SELLERS_NAMED = 20

admin.site.index_template = "invoices/admin/start.html"


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the admin's first page for one of the user's sellers: see `DASHBOARD_CALLBACK`."""
    context = {**context, "title": gettext("Today")}
    own = sellers_of(request).order_by("is_test", "name")
    seller = _chosen(request) or own.first()
    if seller is None:
        return {**context, "seller": None}
    at = timezone.now()
    return {
        **context,
        "seller": seller,
        "sellers": list(own[: SELLERS_NAMED + 1]),
        "at": at,
        **_needs(request, seller, at=at),
        **_documents(request, seller, at=at),
    }


def _chosen(request: HttpRequest) -> Seller | None:
    """Return the seller that was asked for, if it is one of the user's."""
    try:
        wanted = UUID(request.GET.get("seller", ""))
    except ValueError:
        return None
    return sellers_of(request).filter(pk=wanted).first()


def _needs(request: HttpRequest, seller: Seller, *, at: datetime) -> dict[str, Any]:
    """Return what waits or needs somebody, as far as the user may see it."""
    found: dict[str, Any] = {}
    if _may(request, "billing.view_event"):
        found["waiting"] = waiting = waiting_events(seller)
        found["waiting_for"] = _span(at - waiting.since) if waiting.since else ""
        found["events_url"] = _list(seller, "billing_event", state__exact="waiting")
    if _may(request, "billing.view_failure"):
        found["failures"] = open_failures(seller)
        found["failures_url"] = _list(seller, "billing_failure")
        others = sellers_of(request).exclude(pk=seller.pk)
        found["failing_sellers"] = list(with_open_failures(others)[:SELLERS_NAMED])
    if _may(request, "invoices.view_hold"):
        found["approvals"] = approvals(seller)
        found["approvals_url"] = _list(seller, "invoices_hold")
    if _may(request, "invoices.view_billingrun"):
        found["runs"] = [(link(run), *_so_far(run)) for run in running_runs(seller)]
        found["runs_url"] = _list(seller, "invoices_billingrun")
    return found


def _documents(request: HttpRequest, seller: Seller, *, at: datetime) -> dict[str, Any]:
    """Return what was invoiced, and the charts; nothing to who may not see invoices."""
    if not _may(request, "invoices.view_invoice"):
        return {}
    found = figures(seller, on=today(seller, at=at))
    return {
        "found": found,
        "uncounted": uncounted_documents(seller),
        "today_url": _issued(seller, found.today, found.today),
        "due_until": found.today + timedelta(days=DUE_DAYS - 1),
        "due_url": _between(
            seller, "due_date", found.today, found.today + timedelta(days=DUE_DAYS - 1)
        ),
        "month_url": _issued(seller, found.today.replace(day=1), found.today),
        "charts": _charts(request, seller, found),
    }


def _charts(request: HttpRequest, seller: Seller, found: Figures) -> list[Chart]:
    charts = [
        Chart(
            name=gettext("Invoiced net, {currency}").format(currency=currency),
            days=found.days,
            values=values,
            shown=_money_in(currency),
            url=lambda day, currency=currency: _issued(seller, day, day, currency=currency),  # type: ignore[misc]
        )
        for currency, values in found.net.items()
    ]
    if _may(request, "billing.view_event"):
        url = _list(seller, "billing_event")
        charts.append(_counted(gettext("Events"), found, found.events, url=url, tone="plain"))
    if _may(request, "billing.view_failure"):
        url = _list(seller, "billing_failure", state="all")
        charts.append(_counted(gettext("Failures"), found, found.failures, url=url, tone="bad"))
    return charts


def _counted(name: str, found: Figures, values: Any, *, url: str, tone: str) -> Chart:
    return Chart(
        name=name, days=found.days, values=values, shown=_number, url=lambda _: url, tone=tone
    )


def _money_in(currency: str) -> Callable[[int], str]:
    return lambda amount_minor: money(amount_minor, currency)


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def _so_far(run: Any) -> tuple[str, str, str]:
    """Return how much of a run was done and had failed when it was counted last, and of what."""
    return _number(run.done or 0), _number(run.failed or 0), _number(run.total)


def _issued(seller: Seller, since: date, until: date, **more: str) -> str:
    return _between(seller, "issue_date", since, until, **more)


def _between(seller: Seller, name: str, since: date, until: date, **more: str) -> str:
    """Return where the invoices of some days are listed, the last one included."""
    days = {f"{name}__gte": str(since), f"{name}__lt": str(until + timedelta(days=1))}
    return _list(seller, "invoices_invoice", **days, **more)


def _list(seller: Seller, page: str, **asked: str) -> str:
    """Return where rows of a seller are listed."""
    return f"{reverse(f'admin:{page}_changelist')}?{urlencode({'seller': str(seller.pk), **asked})}"


def _may(request: HttpRequest, right: str) -> bool:
    return request.user.has_perm(right)


def _span(span: timedelta) -> str:
    """Return a time in its largest units."""
    minutes = int(span.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60
    if days:
        return gettext("{days} d {hours} h").format(days=days, hours=hours % 24)
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
