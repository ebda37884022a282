"""The Celery application: tasks over SQS, worker events and remote control over Redis."""

import os
from typing import Any

from celery import Task
from celery.signals import task_prerun
from django.db import close_old_connections
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


@task_prerun.connect
def _look_at_connections(task: "Task[..., Any]", **_: Any) -> None:
    """
    Let the task's first query see whether the connection still is one, as a request's does.

    A task that is called in its caller's process shares the caller's connection and transaction.
    """
    if not task.request.is_eager:
        close_old_connections()
