"""What went wrong, why, and what people and the engine decided about it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.events.models.log import SELLER, Event
from billing.ids import new_id


def _optional(length: int, help_text: str) -> "models.CharField[str, str]":
    """Return a column of text that may be empty."""
    return models.CharField(
        max_length=length, blank=True, default="", db_default="", help_text=help_text
    )


class FailureCause(models.Model):
    """
    What failures of a seller have in common: one thing that someone mends, and all of them heal.

    It is a fact but for its probes: how often it was looked whether it has healed by itself, and
    when it is looked at next.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="+", db_index=False)
    fingerprint = models.UUIDField(
        help_text="Of class, place and what must be mended; the same at each seller."
    )
    code = models.CharField("class", max_length=60, help_text="What kind of failure it is.")
    place = _optional(200, "Where it failed: a function, an exception, a type of event.")
    pattern = models.TextField(blank=True, help_text="What it says, but for names and numbers.")
    mend_kind = _optional(30, "What must be mended: plan, customer, tax_rate …")
    mend_id = _optional(200, "Which of them, where it is known.")
    mend_part = _optional(500, "Which part of it.")
    first_seen_at = models.DateTimeField()
    next_probe_at = models.DateTimeField(
        null=True, help_text="When it is looked whether it has healed; empty: never."
    )
    probes = models.PositiveIntegerField(default=0, help_text="How often it was.")
    probed_event = models.ForeignKey(
        Event,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The event by which it is being looked.",
    )

    class Meta:
        verbose_name = "cause of failures"
        verbose_name_plural = "causes of failures"
        constraints = [
            models.UniqueConstraint(fields=["seller", "fingerprint"], name="failure_cause_once"),
        ]
        indexes = [
            # The scheduler's scan: its cost is the number of causes that are due.
            models.Index(
                fields=["next_probe_at"],
                name="failure_cause_to_probe",
                condition=Q(next_probe_at__isnull=False),
            ),
            # The scheduler: what became of the probes.
            models.Index(
                fields=["probed_event"],
                name="failure_cause_probed",
                condition=Q(probed_event__isnull=False),
            ),
            # What was recorded mends these.
            models.Index(
                fields=["seller", "mend_kind", "mend_id"],
                name="failure_cause_to_mend",
                condition=Q(next_probe_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.fingerprint}"


class Failure(models.Model):
    """An event that a human must look at, until it was retried, resolved or written off."""

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open"
        RETRIED = "retried", "retried: the event was sent again"
        RESOLVED = "resolved", "resolved: the retry succeeded"
        WRITTEN_OFF = "written_off", "written off"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="failures", db_index=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="failures")
    cause = models.ForeignKey(
        "billing.FailureCause", models.PROTECT, related_name="failures", db_index=False
    )
    is_new = models.BooleanField(
        "new", help_text="Whether its cause was never seen before at this seller."
    )
    code = models.CharField("class", max_length=60, help_text="What kind of failure it is.")
    reason = models.TextField(help_text="What is wrong, in plain words.")
    remedy = models.TextField(help_text="What to do about it.")
    money_at_stake_minor = models.BigIntegerField(
        null=True, help_text="Net, in minor units; empty where it can't be known."
    )
    currency = models.CharField(max_length=3, blank=True)
    priority = models.PositiveSmallIntegerField(
        help_text="0 to 100, as it was opened: by class and money; its cause's grows."
    )
    state = models.CharField(max_length=11, choices=State)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True, help_text="Who closed it.")
    closing_note = models.TextField(blank=True, help_text="Why it was closed.")

    class Meta:
        permissions = [("write_off_failure", "Can write off failures: events are never billed")]
        constraints = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(state="open"), name="failure_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(state__in=["retried", "resolved", "written_off"], closed_at__isnull=False),
                name="failure_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(priority__range=(0, 100)), name="failure_priority_in_range"
            ),
        ]
        indexes = [
            # Lists of a seller's failures, newest first; those in one state.
            models.Index(fields=["seller", "id"], name="failure_by_seller"),
            models.Index(fields=["seller", "state", "id"], name="failure_by_state"),
            # Open failures, most urgent first: a seller's, and all that an operator sees.
            models.Index(
                fields=["seller", "-priority", "opened_at"],
                name="failure_inbox",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=["-priority", "opened_at"],
                name="failure_inbox_of_all",
                condition=Q(state="open"),
            ),
            # All of a cause, newest first.
            models.Index(fields=["cause", "id"], name="failure_of_cause"),
            # What waits for a cause: how many, how much in each currency, since when.
            models.Index(
                fields=["cause", "currency"],
                include=["money_at_stake_minor", "opened_at", "is_new"],
                name="failure_open_of_cause",
                condition=Q(state="open"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class FailureNote(models.Model):
    """What someone said or decided about a cause, or about one of its failures: a fact."""

    class Kind(models.TextChoices):
        """What it is."""

        COMMENT = "comment"
        ASSIGNED = "assigned", "assigned: someone is to mend it"
        RETRY = "retry", "retry: all that were open"
        WRITE_OFF = "write_off", "write-off: of all that were open"
        HEALED = "healed", "healed: the engine found it mended"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="+", db_index=False)
    cause = models.ForeignKey(FailureCause, models.PROTECT, related_name="notes", db_index=False)
    failure = models.ForeignKey(
        Failure,
        models.PROTECT,
        null=True,
        related_name="notes",
        db_index=False,
        help_text="Empty where it is about all of the cause.",
    )
    kind = models.CharField(max_length=9, choices=Kind)
    text = models.TextField(blank=True)
    assignee = _optional(150, "Who is to mend it; of an assignment, empty: nobody.")
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["comment", "assigned", "retry", "write_off", "healed"]),
                name="failure_note_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="assigned") | Q(assignee=""), name="failure_note_assigns"
            ),
        ]
        indexes = [
            # The story of a cause, oldest first; who has it.
            models.Index(fields=["cause", "id"], name="failure_note_of_cause"),
            models.Index(
                fields=["failure"],
                name="failure_note_of_failure",
                condition=Q(failure__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.by}"


class FailureDecision(models.Model):
    """What is to become of some failures, at most a chunk: carried out by its event. A fact."""

    class Deed(models.TextChoices):
        """What is to be done with each that is open by then."""

        RETRY = "retry"
        WRITE_OFF = "write_off"
        PROBE = "probe", "probe: try it again, and leave it open until that went well"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="+", db_index=False)
    deed = models.CharField(max_length=9, choices=Deed)
    failure_ids = ArrayField(models.UUIDField())
    by = models.CharField(max_length=150)
    why = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(deed__in=["retry", "write_off", "probe"]),
                name="failure_decision_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} of {len(self.failure_ids)} by {self.by}"
