"""What people who run the billing did: who, when, to what, and why."""

from django.db import models

from billing.ids import new_id

SELLER = "billing.Seller"  # A later stage: named, not imported.


class StaffAction(models.Model):
    """
    What someone of the staff did, or was refused: in the admin, by a command, signing in.

    Who did it and what it was done to are frozen as texts: users and rows may go, this stays.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        SELLER,
        models.PROTECT,
        null=True,
        related_name="staff_actions",
        db_index=False,
        help_text="Whom it concerns; empty: the installation as a whole.",
    )
    at = models.DateTimeField("when")
    user_id = models.BigIntegerField(
        "user's id", null=True, help_text="Empty where nobody was signed in."
    )
    who = models.CharField(max_length=200, help_text="The user's name, as it was then.")
    action = models.CharField(max_length=60, help_text="What was done: add, change, retry …")
    kind = models.CharField(
        max_length=100, blank=True, help_text="What it was done to: billing.customer …"
    )
    object_id = models.CharField("object's id", max_length=64, blank=True)
    object_text = models.CharField("object", max_length=200, blank=True)
    what = models.TextField("details", blank=True, help_text="Changed fields: old → new.")
    why = models.TextField("reason", blank=True, help_text="As it was given.")
    request_id = models.CharField(max_length=100, blank=True, help_text="As in the log.")
    address = models.GenericIPAddressField("network address", null=True)

    class Meta:
        permissions = [
            ("audit_installation", "Can see staff actions that concern no single seller"),
        ]
        indexes = [
            # Lists: a seller's, and those of the installation, newest first.
            models.Index(fields=["seller", "id"], name="staff_action_by_seller"),
            # What staff did with a row: its history.
            models.Index(fields=["kind", "object_id", "id"], name="staff_action_by_object"),
            # What somebody did.
            models.Index(fields=["who", "id"], name="staff_action_by_who"),
            # Days: the list's calendar, exports of a range.
            models.Index(fields=["at"], name="staff_action_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.who}: {self.action} {self.object_text}".strip()
