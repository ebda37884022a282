"""What proofs of the books came to."""

from django.db import models
from django.db.models import F, Q

from billing.ids import new_id


class Verification(models.Model):
    """That the books of all sellers were proven, or what was wrong with them: a fact."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    began_at = models.DateTimeField(help_text="The moment that was looked at.")
    ended_at = models.DateTimeField()
    is_proven = models.BooleanField()
    checked = models.JSONField(help_text="How many rows were looked at, by what they are.")
    found = models.JSONField(help_text="How many were wrong, by check.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("began_at")), name="verification_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}: {'proven' if self.is_proven else 'NOT proven'}"
