"""
Which documents a seller wants to see approved before they are issued, and why.

As many queries for many documents as for one; one query where the seller has no rules.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from billing.contracts.models import Contract
from billing.copying import uuid_array
from billing.customers.models import Customer
from billing.mending import Mend, Mendable
from billing.money import from_minor, minor_digits, plain_decimal
from billing.pricing.usual import usual
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Hold, HoldDecision, HoldRule
from invoices.issuing.queries.content import canonical

HISTORY = 12  # So many of a contract's latest invoices say what is usual.
LEAST_HISTORY = 4  # Of fewer nothing can be said.
_TOLD = ("rule_id", "kind", "says")  # Of a finding as it is kept; the others are its figures.


class Held(Mendable):
    """Documents of an event want to be approved before they are issued; the text says why."""

    def __init__(self, findings: Sequence["Finding"], drafts: Sequence["Drafted"]) -> None:
        """Name what was found, of which documents: all those of the event."""
        super().__init__(" ".join(each.says for each in findings))
        self.findings = findings
        kinds = sorted({each.rule.kind for each in findings})
        self.mend = Mend("hold", part=", ".join(kinds).replace("_", " "))
        self.drafts = drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A document as it would be issued: all but its number."""

    kind: str
    customer: Customer
    contract: Contract | None
    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    taxes: Sequence[Mapping[str, Any]]
    lines: Sequence[Charge]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """By which rule a document is held, in plain words and by figures."""

    rule: HoldRule
    says: str
    figures: Mapping[str, str]

    def stored(self) -> dict[str, Any]:
        """Return it as it is kept with the hold."""
        return {
            "rule_id": str(self.rule.pk),
            "kind": self.rule.kind,
            "says": self.says,
            **self.figures,
        }


def findings(seller: Seller, drafts: Sequence[Drafted]) -> dict[int, list[Finding]]:
    """Return why documents are held, by their places in `drafts`; of those that are."""
    rules = list(HoldRule.objects.filter(seller=seller, ended_at__isnull=True).order_by("kind"))
    if not rules:
        return {}
    past = _Past(drafts, kinds={rule.kind for rule in rules})
    found: dict[int, list[Finding]] = {}
    for place, each in enumerate(drafts):
        mine = [finding for rule in rules if (finding := _FINDS[rule.kind](rule, each, past))]
        if mine:
            found[place] = mine
    return found


def held_before(event_id: UUID, drafts: Sequence[Drafted]) -> list[Finding]:
    """
    Return why just these documents of an event were held before, by rules that have ended since.

    Who ends a rule doesn't set free what it held: that is approved, or rejected.
    """
    hold = Hold.objects.filter(event=event_id, digest=digest(drafts)).order_by("-pk").first()
    if hold is None:
        return []
    ended = HoldRule.objects.filter(ended_at__isnull=False)
    rules = ended.in_bulk([each["rule_id"] for each in hold.findings])
    return [
        Finding(
            rule=rules[UUID(each["rule_id"])],
            says=each["says"],
            figures={name: said for name, said in each.items() if name not in _TOLD},
        )
        for each in hold.findings
        if UUID(each["rule_id"]) in rules
    ]


def is_approved(event_id: UUID, drafts: Sequence[Drafted]) -> bool:
    """Return whether just these documents of an event were approved."""
    approved = HoldDecision.objects.filter(hold__event=event_id, hold__digest=digest(drafts))
    return approved.filter(kind=HoldDecision.Kind.APPROVED).exists()


def shown(draft: Drafted) -> dict[str, Any]:
    """Return a document as plain values: what is kept, shown and approved."""
    return {
        "kind": draft.kind,
        "customer_id": str(draft.customer.pk),
        "contract_id": str(draft.contract.pk) if draft.contract else None,
        "currency": draft.currency,
        "net_minor": draft.net_minor,
        "tax_minor": draft.tax_minor,
        "gross_minor": draft.gross_minor,
        "taxes": [dict(tax) for tax in draft.taxes],
        "lines": [_line(line) for line in draft.lines],
    }


def digest(drafts: Iterable[Drafted]) -> str:
    """Return the SHA-256, in hex, of documents; their order doesn't matter."""
    parts = sorted(canonical(shown(draft)) for draft in drafts)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _line(line: Charge) -> dict[str, Any]:
    return {
        "text": line.text,
        "starts_on": line.starts_on.isoformat(),
        "ends_on": line.ends_on.isoformat() if line.ends_on else None,
        "quantity": plain_decimal(line.quantity),
        "unit": line.unit,
        "unit_price": None if line.unit_price is None else plain_decimal(line.unit_price),
        "amount_minor": line.amount_minor,
        "tax_category": line.tax_category,
        "tax_percent": plain_decimal(line.tax_percent),
    }


class _Past:
    """What was issued before to whom the documents go: read where a rule asks for it."""

    def __init__(self, drafts: Sequence[Drafted], *, kinds: Iterable[str]) -> None:
        invoices = [each for each in drafts if each.kind == "invoice"]
        self.customers: set[UUID] = set()
        self.nets: Mapping[tuple[UUID, str], Sequence[int]] = {}
        if HoldRule.Kind.FIRST_INVOICE in kinds:
            self.customers = _with_invoices({each.customer.pk for each in invoices})
        if HoldRule.Kind.UNUSUAL in kinds:
            self.nets = _latest_nets({each.contract.pk for each in invoices if each.contract})


def _with_invoices(customer_ids: Iterable[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_INVOICED, [uuid_array(customer_ids)])
        return {customer_id for (customer_id,) in cursor.fetchall()}


def _latest_nets(contract_ids: Iterable[UUID]) -> dict[tuple[UUID, str], list[int]]:
    found: defaultdict[tuple[UUID, str], list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [HISTORY, uuid_array(contract_ids)])
        for contract_id, currency, net_minor in cursor.fetchall():
            found[contract_id, currency].append(net_minor)
    return found


# By index: invoice_by_customer and invoice_by_contract, from their ends.
_INVOICED = """
    SELECT given.id FROM unnest(%s::uuid[]) AS given(id)
    WHERE EXISTS (SELECT FROM invoices_invoice i
                  WHERE i.customer_id = given.id AND i.kind = 'invoice')
"""
_LATEST = """
    SELECT contract_id, currency, net_minor
    FROM (SELECT %s::int AS many) AS asked, unnest(%s::uuid[]) AS given(id)
    CROSS JOIN LATERAL (
        SELECT contract_id, currency, net_minor FROM invoices_invoice i
        WHERE i.contract_id = given.id AND i.kind = 'invoice'
        ORDER BY i.id DESC LIMIT asked.many
    ) AS latest
"""


def _above(rule: HoldRule, draft: Drafted, _past: _Past) -> Finding | None:
    wanted = "credit_note" if rule.kind == HoldRule.Kind.CREDIT_NOTE else "invoice"
    limit_minor = rule.limit_minor
    if draft.kind != wanted or draft.currency != rule.currency or limit_minor is None:
        return None
    if abs(draft.gross_minor) <= limit_minor:
        return None
    name = "credit note" if draft.kind == "credit_note" else "invoice"
    gross, limit = (_said(amount, rule.currency) for amount in (draft.gross_minor, limit_minor))
    return Finding(
        rule=rule,
        says=f"The {name} comes to {gross} gross: above {limit} it must be approved.",
        figures={"gross": gross, "limit": limit},
    )


def _first(rule: HoldRule, draft: Drafted, past: _Past) -> Finding | None:
    if draft.kind != "invoice" or draft.customer.pk in past.customers:
        return None
    return Finding(rule=rule, says="It is the first invoice of the customer.", figures={})


def _unusual(rule: HoldRule, draft: Drafted, past: _Past) -> Finding | None:
    """Hold what lies further from the median than the contract's invoices usually do."""
    if draft.kind != "invoice" or draft.contract is None:
        return None
    before = past.nets.get((draft.contract.pk, draft.currency), ())
    if len(before) < LEAST_HISTORY or rule.factor is None or rule.tolerance_percent is None:
        return None
    least, middle, most = usual(
        before, factor=rule.factor, tolerance_percent=rule.tolerance_percent
    )
    if least <= draft.net_minor <= most:
        return None
    figures = {
        name: _said(amount, draft.currency)
        for name, amount in {
            "net": draft.net_minor, "median": middle, "least": least, "most": most,
        }.items()
    }  # fmt: skip
    return Finding(
        rule=rule,
        says=f"The invoice comes to {figures['net']} net. Of the contract's latest {len(before)} "
        f"invoices the median is {figures['median']}: usual is {figures['least']} to "
        f"{figures['most']}.",
        figures={**figures, "invoices": str(len(before))},
    )


def _said(amount_minor: int, currency: str) -> str:
    return f"{from_minor(amount_minor, currency):,.{minor_digits(currency)}f} {currency}"


_FINDS: dict[str, Callable[[HoldRule, Drafted, _Past], Finding | None]] = {
    HoldRule.Kind.AMOUNT: _above,
    HoldRule.Kind.CREDIT_NOTE: _above,
    HoldRule.Kind.FIRST_INVOICE: _first,
    HoldRule.Kind.UNUSUAL: _unusual,
}
