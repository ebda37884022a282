"""What people say about causes of failures, who is to mend them; and what a proof came to."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model

from billing.events.models import Failure, FailureCause, FailureNote
from billing.pricing.refused import Refused
from invoices.proving.models import Verification
from invoices.proving.queries.verification import Verification as Proof


class NotOfTheSeller(Refused):
    """Someone who doesn't work for the seller can't mend anything of it."""


def comment(
    cause: FailureCause, *, text: str, by: str, at: datetime, failure: Failure | None = None
) -> FailureNote:
    """Say something about a cause, or about one failure of it."""
    return FailureNote.objects.create(
        seller_id=cause.seller_id,
        cause=cause,
        failure=failure,
        kind=FailureNote.Kind.COMMENT,
        text=text,
        by=by,
        at=at,
    )


def assign(cause: FailureCause, *, to: str, by: str, at: datetime, text: str = "") -> FailureNote:
    """
    Say who is to mend a cause, by user name; empty: nobody any more.

    :raises NotOfTheSeller: if there is no such user among those who work for the seller.
    """
    if to and to not in colleagues(cause):
        raise NotOfTheSeller(f"{to} doesn't work for the seller: name one who does.", field="to")
    return FailureNote.objects.create(
        seller_id=cause.seller_id,
        cause=cause,
        kind=FailureNote.Kind.ASSIGNED,
        assignee=to,
        text=text,
        by=by,
        at=at,
    )


def colleagues(cause: FailureCause) -> list[str]:
    """Return the names of the users who work for a cause's seller."""
    users = get_user_model()._default_manager.filter(
        is_active=True, seller_memberships__seller=cause.seller_id
    )
    return list(users.order_by("username").values_list("username", flat=True))


def record_verification(proof: Proof, *, at: datetime) -> Verification:
    """Record what a proof of all sellers' books found, which began at an instant."""
    return Verification.objects.create(
        began_at=at,
        ended_at=at + timedelta(seconds=proof.seconds),
        is_proven=proof.is_proven,
        checked=proof.checked,
        found={result.check.name: result.found for result in proof.results},
    )
