"""Settings of the broker (SQS), the control plane (Redis protocol) and the dispatch of events."""

import json
from datetime import timedelta

from config import env

# Which tasks an event sets off: billing/events reads the table by this name.
EVENT_FLOW = "config.flow.FLOW"
# Says which types of public facts the apps of a seller want to be told of.
EVENTS_WANTED = "invoices.delivery.queries.wanted.wanted_types"

# A message names at most so many events; a bulk of events goes out in few messages.
EVENTS_PER_MESSAGE = 100
# Whoever is written to may be slow: each delivery has the time of a task for itself.
# Long documents take a second each; many workers share a month's end.
EVENTS_PER_MESSAGE_OF = {"delivery.deliver": 1, "documents.render": 10, "issuing.bill_due": 500}
# An event that is still waiting is sent again: first after this, then after twice that, and so on.
EVENT_RESEND_AFTER = timedelta(seconds=env.number("EVENT_RESEND_SECONDS", 30, at_least=1))
EVENT_RESEND_AT_MOST = timedelta(minutes=15)

# How often the scheduler looks what days that have come ask for.
SCHEDULER_LOOK_SECONDS = env.number("SCHEDULER_LOOK_SECONDS", 10, at_least=1)

BILLING_QUEUE = "billing"
# What the calendar makes due: the relay sends it in windows, and no order waits behind it.
BULK_QUEUE = "bulk"
# Each has workers of its own, so that documents and their delivery never hold up billing.
QUEUES = (BILLING_QUEUE, BULK_QUEUE, "documents", "delivery")
CELERY_TASK_ROUTES = {f"{queue}.*": {"queue": queue} for queue in ("documents", "delivery")}
CELERY_TASK_ROUTES["issuing.bill_due"] = {"queue": BULK_QUEUE}
CELERY_TASK_ROUTES["vat.*"] = {"queue": "delivery"}  # It waits for others, as deliveries do.
BROKER_QUEUE_PREFIX = env.text("BROKER_QUEUE_PREFIX", "anlass-")
BROKER_VISIBILITY_SECONDS = env.number("BROKER_VISIBILITY_SECONDS", 120, at_least=4)
# Only the embedded broker loses its queues; elsewhere the infrastructure makes them.
BROKER_CREATES_QUEUES = env.flag("BROKER_CREATES_QUEUES", default=False)
BROKER_RECEIVES_AT_MOST = 5  # Then the message goes to the dead-letter queue, and into a failure.

# So many events of a seller's bulk are on their way at most: sent, and not handled. Less while many
# sellers want to send: all together, so many.
BULK_WINDOW = env.number("BULK_WINDOW", 10_000, at_least=1000)
BULK_WINDOW_OF_ALL = env.number("BULK_WINDOW_OF_ALL", 40_000, at_least=1000)

# The API refuses facts (429) once so many events have waited so long for billing: first of who has
# the most of them. 0 seconds: never. A few that kill their workers are no reason to refuse others.
BACKPRESSURE_SECONDS = env.number("BACKPRESSURE_SECONDS", 60)
BACKPRESSURE_EVENTS = env.number("BACKPRESSURE_EVENTS", 100, at_least=1)
BACKPRESSURE_LOOK_SECONDS = 1.0

# Of one message, and of all that one call sends. SQS takes 1 MiB, and queues that were made before
# August 2025 a quarter of it, unless they were set right.
BROKER_MESSAGE_BYTES = env.number("BROKER_MESSAGE_BYTES", 256 * 1024, at_least=1024)

CELERY_BROKER_URL = env.text("BROKER_URL")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "region": env.text("AWS_REGION", "eu-central-1"),
    "is_secure": env.flag("BROKER_TLS", default=True),
    "visibility_timeout": BROKER_VISIBILITY_SECONDS,
    "wait_time_seconds": 10,
    "polling_interval": 0,
    "queue_name_prefix": BROKER_QUEUE_PREFIX,
    "message_bytes": BROKER_MESSAGE_BYTES,
    # Who states a fact must not wait for a broker that is away: fail soon, the relay sends it.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "client-config": {
        "connect_timeout": 1,
        "read_timeout": 5,
        "retries": {"total_max_attempts": 2},
    },
    **json.loads(env.text("BROKER_TRANSPORT_OPTIONS", "{}")),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# So many tasks use one connection to the database: a new one costs as much as 40 invoices.
CELERY_DB_REUSE_MAX = 10_000
CELERY_TASK_DEFAULT_QUEUE = BILLING_QUEUE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = False
CELERY_TASK_SOFT_TIME_LIMIT = BROKER_VISIBILITY_SECONDS // 2
CELERY_TASK_TIME_LIMIT = BROKER_VISIBILITY_SECONDS * 3 // 4  # Below the visibility timeout.
CELERY_TASK_SEND_SENT_EVENT = True
CELERY_TASK_PUBLISH_RETRY = False  # The relay sends again what was not sent.
CELERY_WORKER_PREFETCH_MULTIPLIER = 2
CELERY_WORKER_SEND_TASK_EVENTS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250_000  # KiB

# Worker events and remote control travel over Redis, since SQS has no fan-out.
CELERY_CONTROL_PLANE_URL = env.text("REDIS_URL")
