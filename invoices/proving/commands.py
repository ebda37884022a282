"""Keeping what a proof of the books came to."""

from datetime import datetime, timedelta

from invoices.proving.models import Verification
from invoices.proving.queries.verification import Verification as Proof


def record_verification(proof: Proof, *, at: datetime) -> Verification:
    """Record what a proof of all sellers' books found, which began at an instant."""
    return Verification.objects.create(
        began_at=at,
        ended_at=at + timedelta(seconds=proof.seconds),
        is_proven=proof.is_proven,
        checked=proof.checked,
        found={result.check.name: result.found for result in proof.results},
    )
