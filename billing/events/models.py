"""The log: what happened, who tried to act on it, and what went wrong."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Coalesce

from billing.ids import new_id

SELLER = "billing.Seller"  # A later stage: named, not imported.

# Always true. Who asks by the indexes `event_unsettled` and `event_by_state` says it: so the
# planner can't take them for what waits in a stream, which it does of a table that has just grown,
# and reads all of it.
OF_UNSETTLED = Q(sends__gte=0)
# One of each, or nearly, for every invoice.
COMMON_TYPES = ("documents.rendered", "invoice.issued", "period.ended")


class Event(models.Model):
    """
    Something that happened and wants an answer: the log and the outbox in one.

    A message to the broker only says "look at these events". What happened never changes; how far
    it got (`state`) and when it was sent (`published_at`, `next_send_at`, `sends`) do.
    """

    class State(models.TextChoices):
        """How far an event got."""

        NOTED = "noted", "noted: no task listens"
        WAITING = "waiting"
        HANDLED = "handled"
        FAILED = "failed", "failed: see its failure"
        WRITTEN_OFF = "written_off", "written off by a human"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="events", db_index=False)
    transaction_id = models.UUIDField(
        help_text="Id of the event that began the story; its own where it is the first."
    )
    position = models.BigIntegerField(
        editable=False,
        db_default=Func(Value("billing_event_position"), function="nextval"),
        help_text="Order of appending.",
    )
    type = models.CharField(max_length=50)
    stream_id = models.UUIDField(help_text="The row whose events are handled in order.")
    payload = models.JSONField(help_text="Ids only.")
    as_of_date = models.DateField(help_text="The seller's day as of which it is handled.")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    idempotency_key = models.CharField(max_length=120)
    queue = models.CharField(
        max_length=20, blank=True, help_text="The broker's, of its messages; empty if none listens."
    )
    state = models.CharField(max_length=11, choices=State)
    published_at = models.DateTimeField(
        null=True, help_text="When it was last sent alone; empty if with others of a bulk."
    )
    next_send_at = models.DateTimeField(
        null=True,
        help_text="When to send it again, if it still waits; of a bulk its message says that.",
    )
    sends = models.PositiveIntegerField(default=0, help_text="How often it was sent alone.")
    retried_at = models.DateTimeField(
        null=True, help_text="When a failure of it was last retried: it waits since then."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "idempotency_key"], name="event_once"),
            models.CheckConstraint(
                condition=Q(state__in=["noted", "waiting", "handled", "failed", "written_off"]),
                name="event_state_known",
            ),
        ]
        indexes = [
            # The relay's `sweep`: what is to be sent now, but for the bulk.
            models.Index(
                fields=["next_send_at"],
                name="event_to_send",
                condition=Q(state="waiting") & ~Q(queue=settings.BULK_QUEUE),
            ),
            # `sweep_lost`: those of the bulk's queue that no message of a bulk names.
            models.Index(
                fields=["next_send_at"],
                name="event_bulk_to_send",
                condition=Q(state="waiting", queue=settings.BULK_QUEUE, next_send_at__isnull=False),
            ),
            # `refuse_if_too_busy`: since when the longest waiting facts wait, and whose they are.
            models.Index(
                Coalesce("retried_at", "recorded_at"),
                name="event_waiting_since",
                condition=Q(state="waiting", queue=settings.BILLING_QUEUE),
            ),
            # bill(): what of a stream waits, in order. Holds only what waits.
            models.Index(
                fields=["stream_id", "position"],
                name="event_waiting_in_stream",
                condition=Q(state="waiting"),
            ),
            # How far a billing run got; whether a seller's events wait. Holds what isn't settled.
            models.Index(
                fields=["seller", "type", "occurred_at", "state"],
                name="event_unsettled",
                condition=Q(state__in=["waiting", "failed"]) & OF_UNSETTLED,
            ),
            # The story of a transaction.
            models.Index(fields=["transaction_id"], name="event_of_transaction"),
            # Lists of a seller's events, newest first.
            models.Index(fields=["seller", "position"], name="event_by_seller"),
            # Those of one type. Of the common ones there are some on every page of all, and a
            # month's end needn't write an entry for each of its invoices.
            models.Index(
                fields=["seller", "type", "position"],
                name="event_by_type",
                condition=~Q(type__in=COMMON_TYPES),
            ),
            # Those in a state that is rare: holds no others.
            models.Index(
                fields=["seller", "state", "position"],
                name="event_by_state",
                condition=Q(state__in=["failed", "written_off"]) & OF_UNSETTLED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class BulkMessage(models.Model):
    """
    A message that names many events of a seller: one row for all, until a worker is done with it.

    It says for its events what each other event says of itself: whether it was sent, and when to
    send it again.
    """

    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="+", db_index=False)
    type = models.CharField(max_length=50, help_text="Of the events.")
    event_ids = ArrayField(models.UUIDField())
    size = models.PositiveIntegerField(help_text="How many events it names.")
    published_at = models.DateTimeField(null=True, help_text="When it was last sent.")
    next_send_at = models.DateTimeField(help_text="When to send it, or to send it again.")
    sends = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            # `take_unsent`: which sellers have something to send, and a seller's next.
            models.Index(
                fields=["seller", "next_send_at"], name="bulk_message_unsent", condition=Q(sends=0)
            ),
            # `take_unsent`: how much of a seller is on its way.
            models.Index(
                fields=["seller", "size"], name="bulk_message_sent", condition=Q(sends__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size} x {self.type}"


class Attempt(models.Model):
    """One try of a worker to act on an event: a fact."""

    class Outcome(models.TextChoices):
        """How the try ended."""

        SUCCEEDED = "succeeded"
        FAILED = "failed"

    event = models.ForeignKey(
        Event,
        models.PROTECT,
        related_name="attempts",
        db_index=False,  # The unique constraint begins with it.
    )
    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="+", db_index=False)
    task = models.CharField(max_length=80)
    worker = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome)
    error_class = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            # Tries that failed hold null in it, of which there may be many: so one index refuses
            # a second success, and finds all tries of an event.
            models.UniqueConstraint(
                "event",
                "task",
                Case(When(outcome="succeeded", then=True), output_field=models.BooleanField()),
                name="event_handled_once_per_task",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["succeeded", "failed"]) & Q(ended_at__gte=F("started_at")),
                name="attempt_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task}: {self.outcome}"


class AttemptArchive(models.Model):
    """
    A file with all tries of a stretch of a seller's log, which the database let go: a fact.

    The stretches of a seller follow each other without a gap, from the first event on. All events
    in them are settled: none is tried again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(SELLER, models.PROTECT, related_name="+", db_index=False)
    after_position = models.BigIntegerField(help_text="Of the latest event before the stretch.")
    until_position = models.BigIntegerField(help_text="Of the latest event in it.")
    attempts = models.PositiveBigIntegerField(help_text="How many tries the file holds.")
    storage_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, help_text="Of the file.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "after_position"], name="attempt_archive_once"
            ),
            models.CheckConstraint(
                condition=Q(until_position__gt=F("after_position")), name="attempt_archive_forward"
            ),
        ]

    def __str__(self) -> str:
        return self.storage_name


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
    code = models.CharField("class", max_length=60, help_text="What kind of failure it is.")
    reason = models.TextField(help_text="What is wrong, in plain words.")
    remedy = models.TextField(help_text="What to do about it.")
    money_at_stake_minor = models.BigIntegerField(
        null=True, help_text="Net, in minor units; empty where it can't be known."
    )
    currency = models.CharField(max_length=3, blank=True)
    priority = models.PositiveSmallIntegerField(help_text="0 to 100; the highest comes first.")
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
            # The inbox: a seller's open failures, most urgent first.
            models.Index(
                fields=["seller", "-priority"], name="failure_inbox", condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class Lease(models.Model):
    """
    That one of several processes does what only one needs to do, until an instant of the database.

    `token` grows with each holder: who held it before knows by it that it was taken over.
    """

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=200, help_text="Host, process, and a number of its own.")
    token = models.BigIntegerField(help_text="How often it changed hands.")
    until = models.DateTimeField(help_text="By the clock of the database.")

    def __str__(self) -> str:
        return f"{self.name} of {self.holder}"
