"""Entries of a story as they look on the page: icon, colour, figures and links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from invoices.proving.queries.entries import Entry

ICONS = {
    "order": "shopping_cart",
    "change": "edit_calendar",
    "correction": "undo",
    "event": "bolt",
    "follow_up": "bolt",
    "sent": "send",
    "attempt": "build",
    "failure": "error",
    "failure_closed": "task_alt",
    "charge": "sell",
    "invoice": "receipt_long",
    "balance": "savings",
    "document": "description",
    "delivery": "send",
    "try": "outgoing_mail",
}
# Name of an id of an entry → the admin page of its row. Ids without a page are not listed.
PAGES = {
    "order": "billing_order",
    "subscription": "billing_subscription",
    "contract": "billing_contract",
    "customer": "billing_customer",
    "event": "billing_event",
    "failure": "billing_failure",
    "charge": "invoices_charge",
    "price": "billing_price",
    "invoice": "invoices_invoice",
    "movement": "invoices_balancemovement",
    "document": "invoices_document",
    "delivery": "invoices_delivery",
}

# What figures of entries, and links to rows, are called; most are fields of tables as well.
WORDS = (
    "answer", "attempt", "cause", "change", "charge", "code", "correction", "duration ms", "format",
    "gross", "is credit", "lines", "message id", "money at stake", "movement", "net", "number",
    "order", "order line", "payload", "prepaid", "payable", "product", "size", "status",
    "succeeded", "failed", "unknown", "sent", "withheld", "refused", "noted", "waiting", "handled",
    "written off", "tax", "try", "worker", "why plain", "invoice", "document", "delivery", "event",
    "failure", "price", "subscription", "contract", "customer",
    # What explains a charge, and what events tell of.
    "change id", "contract id", "subscription id", "plan id", "due on", "days used", "begun price",
    "owed minor", "counted minor", "charged before minor", "counted quantity", "full price",
    "exact amount", "price valid from", "days of period", "period starts on", "period ends on",
    "stretch starts on", "stretch ends on", "change kind", "change effective on",
    "change recorded on", "share used", "share whole", "steps", "indexes", "discounts",
    "measured before", "trial ended on", "vat id", "up to", "flat", "value",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """An entry as the page shows it."""

    at: datetime
    after: str  # How long after what stands before it; empty: at the same moment, or the first.
    kind: str
    icon: str
    title: str
    tone: str
    figures: Sequence[tuple[str, object]]
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[object]]]]
    links: Sequence[tuple[str, str]]


def chapters(entries: Sequence[Entry]) -> list[Chapter]:
    """Return entries as the page shows them, in their order."""
    befores = [None, *entries]
    return [
        chapter(entry, after=_between(before.at, entry.at) if before else "")
        for before, entry in zip(befores, entries, strict=False)
    ]


def chapter(entry: Entry, *, after: str = "") -> Chapter:
    """Return an entry as the page shows it."""
    figures: list[tuple[str, object]] = []
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[object]]]] = []
    for name, value in entry.details.items():
        if _is_rows(value):
            tables.append((_words(name), *_table(value)))
        elif value not in (None, "", [], {}):
            figures.append((_words(name), _shown(value)))
    return Chapter(
        at=entry.at,
        after=after,
        kind=entry.kind,
        icon=ICONS.get(entry.kind, "circle"),
        title=entry.title,
        tone=_tone(entry),
        figures=figures,
        tables=tables,
        links=[
            (_words(name), reverse(f"admin:{PAGES[name]}_change", args=[row_id]))
            for name, row_id in entry.ids.items()
            if name in PAGES
        ],
    )


def _between(before: datetime, at: datetime) -> str:
    """Return the time between two instants in its largest unit that says enough; empty: none."""
    seconds = (at - before).total_seconds()
    if seconds <= 0:
        return ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds:,.0f} s"
    return f"{seconds * 1000:.3g} ms"


def _tone(entry: Entry) -> str:
    outcome = str(entry.details.get("outcome") or entry.details.get("state") or "")
    if entry.kind == "failure" or outcome in {"failed", "given_up"}:
        return "bad"
    is_done = entry.kind in {"invoice", "document", "failure_closed"}
    return "good" if is_done or outcome in {"succeeded", "sent", "handled"} else "plain"


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _table(rows: object) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
    assert isinstance(rows, list)
    names = [name for name in rows[0] if any(row.get(name) not in (None, "") for row in rows)]
    return [_words(name) for name in names], [[_shown(row[name]) for name in names] for row in rows]


def _shown(value: object) -> object:
    if isinstance(value, Mapping):
        return _shown_mapping(value)
    if isinstance(value, list):
        return ", ".join(str(_shown(part)) for part in value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "-" if value is None else value


def _shown_mapping(value: Mapping[str, object]) -> str:
    if value.keys() == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    return ", ".join(f"{_words(name)}: {_shown(part)}" for name, part in value.items())


def _words(name: str) -> str:
    return gettext(name.replace("_", " "))
