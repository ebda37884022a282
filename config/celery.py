"""The Celery application: tasks over SQS, worker events and remote control over Redis."""

import os
from typing import Any

from celery import Task
from celery.signals import task_prerun, worker_init
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from billing.monitoring import processes
from config.control_plane import ControlPlaneCelery
from config.liveness import HeartbeatStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# By the address, not for the whole application: Flower connects to Redis.
TRANSPORT_ALIASES["sqs"] = "config.broker:Transport"

app = ControlPlaneCelery("anlass")
app.steps["consumer"].add(HeartbeatStep)
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


@worker_init.connect
def _show_figures(**_: Any) -> None:
    """
    Show the figures of the worker's children, which do the work, from its main process.

    Children know nothing of each other: without a folder for their figures there would be none.
    """
    if settings.METRICS_PORT and not os.environ.get(processes.FOLDER):
        raise SystemExit(f"METRICS_PORT needs {processes.FOLDER}, where children count.")
    processes.serve(
        processes.registry(), port=settings.METRICS_PORT, address=settings.METRICS_ADDRESS
    )


@task_prerun.connect
def _look_at_connections(task: "Task[..., Any]", **_: Any) -> None:
    """
    Let the task's first query see whether the connection still is one, as a request's does.

    A task that is called in its caller's process shares the caller's connection and transaction.
    """
    if not task.request.is_eager:
        close_old_connections()
