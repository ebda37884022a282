"""Keys by which apps act for a seller."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from billing.columns import NetworkField
from billing.ids import new_id
from billing.scopes import ALL_SCOPES, EVERYTHING
from billing.sellers.models.sellers import Seller


def everything() -> list[str]:
    """Return the scopes of a key that may do all."""
    return [EVERYTHING]


class ApiKey(models.Model):
    """A secret by which an app acts for a seller; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What uses it.")
    prefix = models.CharField(max_length=24, unique=True, help_text="The part that may be shown.")
    secret_hash = models.CharField(max_length=64, help_text="SHA-256 of the whole key, in hex.")
    scopes = ArrayField(
        models.CharField(max_length=40),
        default=everything,
        db_default=everything(),
        help_text="What it may do.",
    )
    allowed_networks = ArrayField(
        NetworkField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="Where requests may come from, as 198.51.100.0/24 or 2001:db8::/32; none: "
        "from anywhere.",
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="From when on it is refused; empty: never."
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    last_used_ip = models.GenericIPAddressField("last used from", null=True, blank=True)
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        help_text="The key in whose place it came, which ends once the two have overlapped.",
    )

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=list(ALL_SCOPES)), name="api_key_scopes_known"
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="api_key_has_scopes"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                name="api_key_expires_after_creation",
                violation_error_message="It must expire after it was made.",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("id")),
                name="api_key_replaces_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"
