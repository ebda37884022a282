"""Deciding what is held, and stating what is to be held from now on."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.events import commands as events
from billing.money import UnknownCurrency, minor_digits
from billing.pricing.refused import Refused
from billing.sellers.models import Seller
from invoices.issuing.commands.settle import write_off
from invoices.issuing.models import Hold, HoldDecision, HoldRule
from invoices.issuing.queries.holds import causers


class DecisionRefused(Exception):
    """A hold can't be decided so, or not by this user; the text says why."""


class RuleRefused(Refused):
    """A rule on what is held can't be stated so; the text names the remedy."""


class RuleEndedAlready(Exception):
    """The end of a rule is set once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """The member of staff who decides."""

    user_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """
    A rule to be stated: of its kind's figures all, of the others none.

    `factor` says how many usual spreads from the median are usual, `tolerance_percent` how much of
    the median is usual in any case.
    """

    kind: str
    currency: str = ""
    limit_minor: int | None = None
    factor: Decimal | None = None
    tolerance_percent: Decimal | None = None


@transaction.atomic
def approve(*, hold_id: UUID, by: Decider, at: datetime, why: str = "") -> None:
    """
    Approve what is held: it is issued as it was shown, or held anew if it has changed since.

    :raises DecisionRefused: if it is decided already, or by who caused it.
    """
    hold = Hold.objects.select_related("event").get(pk=hold_id)
    if by.user_id in causers(hold):
        raise DecisionRefused(
            "You have stated what it rests on yourself: someone else must approve it."
        )
    if not events.retry(failure_ids=[hold.failure_id], by=by.name, at=at, why=why):
        raise _decided_already(hold)
    _decide(hold, HoldDecision.Kind.APPROVED, by=by, at=at, why=why)


@transaction.atomic
def reject(*, hold_id: UUID, by: Decider, at: datetime, why: str) -> None:
    """
    Reject what is held: its event is written off, and nothing is issued.

    What a contract owes stays owed, and comes with its next event: see `settle.write_off`.

    :raises DecisionRefused: if it is decided already, or no reason is given.
    """
    if not why.strip():
        raise DecisionRefused("Say why it is rejected: the reason is kept with it.")
    hold = Hold.objects.get(pk=hold_id)
    if not write_off(failure_ids=[hold.failure_id], by=by.name, at=at, why=why, held_too=True):
        raise _decided_already(hold)
    _decide(hold, HoldDecision.Kind.REJECTED, by=by, at=at, why=why)


def look_again(*, hold_id: UUID, by: str, at: datetime) -> None:
    """
    Have what is held billed anew, by the facts and rules as they are now.

    It is issued if no rule holds it any more. One that has ended does: just what it held before
    takes an approval all the same.

    :raises DecisionRefused: if it is decided already.
    """
    hold = Hold.objects.get(pk=hold_id)
    if not events.retry(failure_ids=[hold.failure_id], by=by, at=at, why="Looked at anew."):
        raise _decided_already(hold)


def state_rule(*, seller: Seller, new: NewRule, by: str, at: datetime) -> HoldRule:
    """
    Have documents of a seller held for approval from now on.

    :raises RuleRefused: if the rule isn't wholly said.
    :raises IntegrityError: `hold_rule_once`, if such a rule holds already.
    """
    _check(new)
    return HoldRule.objects.create(
        seller=seller,
        kind=new.kind,
        currency=new.currency,
        limit_minor=new.limit_minor,
        factor=new.factor,
        tolerance_percent=new.tolerance_percent,
        created_at=at,
        created_by=by,
    )


@transaction.atomic
def end_rule(*, rule_id: UUID, by: str, at: datetime) -> HoldRule:
    """
    End a rule: nothing is held by it any more. What is held stays so until it is decided.

    :raises RuleEndedAlready: if it has ended.
    """
    rule = HoldRule.objects.select_for_update().get(pk=rule_id)
    if rule.ended_at:
        raise RuleEndedAlready(f"It was ended by {rule.ended_by} already.")
    rule.ended_at, rule.ended_by = at, by
    rule.save(update_fields=["ended_at", "ended_by"])
    return rule


def _decide(hold: Hold, kind: str, *, by: Decider, at: datetime, why: str) -> None:
    HoldDecision.objects.create(
        seller_id=hold.seller_id,
        hold=hold,
        kind=kind,
        reason=why,
        decided_by=by.name,
        decided_by_id=by.user_id,
        decided_at=at,
    )


def _decided_already(hold: Hold) -> DecisionRefused:
    made = HoldDecision.objects.filter(hold=hold).first()
    if made:
        return DecisionRefused(f"{made.decided_by} has {made.kind} it already.")
    return DecisionRefused(
        "It doesn't wait for a decision any more: it was retried or written off."
    )


def _check(new: NewRule) -> None:
    if new.kind in (HoldRule.Kind.AMOUNT, HoldRule.Kind.CREDIT_NOTE):
        if new.limit_minor is None or new.limit_minor < 0:
            raise RuleRefused("Give the amount above which it is held.", field="limit")
        try:
            minor_digits(new.currency)
        except UnknownCurrency as unknown:
            raise RuleRefused(str(unknown), field="currency") from None
        return
    if new.limit_minor is not None or new.currency:
        raise RuleRefused(
            "Such a rule knows no amount: leave it and the currency out.", field="limit"
        )
    if new.kind != HoldRule.Kind.UNUSUAL:
        return
    if new.factor is None or new.factor <= 0:
        raise RuleRefused("Give how many usual spreads are usual, for example 3.", field="factor")
    if new.tolerance_percent is None or new.tolerance_percent < 0:
        raise RuleRefused(
            "Give how many percent of the median are usual in any case, for example 20.",
            field="tolerance_percent",
        )
