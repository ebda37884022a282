"""Answers to writing requests, kept so that a repeated one gets the same."""

from django.db import models

from billing.sellers.models import Seller


class IdempotentRequest(models.Model):
    """A writing request that was carried out under an Idempotency-Key, with its answer."""

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField(help_text="HTTP status of the answer.")
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "key"], name="idempotency_key_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_request_age")]

    def __str__(self) -> str:
        return self.key
