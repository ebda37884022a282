"""The Celery application: tasks over SQS, worker events and remote control over Redis."""

import os

from kombu.transport import TRANSPORT_ALIASES

from config.control_plane import ControlPlaneCelery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# By the address, not for the whole application: Flower connects to Redis.
TRANSPORT_ALIASES["sqs"] = "config.broker:Transport"

app = ControlPlaneCelery("anlass")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "billing.usage",
        "billing.vat",
        "invoices.issuing",
        "invoices.credit_notes",
        "invoices.documents",
        "invoices.delivery",
    ]
)
