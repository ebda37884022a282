"""Writes about staff: what they did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from billing.staff.models import StaffAction
from billing.staff.origins import Actor

AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """
    What was done: to which row, and why.

    `action` is a short word (add, change, retry); `what` tells more in plain words, never a secret.
    """

    action: str
    seller_id: UUID | None = None
    kind: str = ""
    object_id: str = ""
    object_text: str = ""
    what: str = ""
    why: str = ""


def deed_on(row: Model, *, action: str, what: str = "", why: str = "") -> Deed:
    """Return what was done to a row, for its seller."""
    return Deed(
        action=action,
        seller_id=seller_of(row),
        kind=row._meta.label_lower,
        object_id=str(row.pk),
        object_text=str(row),
        what=what,
        why=why,
    )


def seller_of(row: Model) -> UUID | None:
    """Return whose row it is; None if it belongs to no single seller."""
    own: UUID | None = row.pk if row._meta.label_lower == "billing.seller" else None
    found: UUID | None = getattr(row, "seller_id", own)
    return found


def record(deeds: Iterable[Deed], *, by: Actor, at: datetime) -> Sequence[StaffAction]:
    """Record what somebody did. Call it in the transaction that does it."""
    return StaffAction.objects.bulk_create(
        [_row(deed, by=by, at=at) for deed in deeds], batch_size=AT_ONCE
    )


def _row(deed: Deed, *, by: Actor, at: datetime) -> StaffAction:
    return StaffAction(
        seller_id=deed.seller_id,
        at=at,
        user_id=by.user_id,
        who=_cut(by.name, StaffAction.who),
        action=_cut(deed.action, StaffAction.action),
        kind=deed.kind,
        object_id=deed.object_id,
        object_text=_cut(deed.object_text, StaffAction.object_text),
        what=_stored(deed.what),
        why=_stored(deed.why),
        request_id=by.origin.request_id,
        address=by.origin.address,
    )


def _cut(text: str, column: Any) -> str:
    return _stored(text)[: column.field.max_length]


def _stored(text: str) -> str:
    return text.replace("\0", "�")  # PostgreSQL keeps no such character.
