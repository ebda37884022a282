"""The Celery application: tasks over SQS, worker events and remote control over Redis."""

import logging.config
import os
from contextlib import ExitStack
from typing import Any

from celery import Task
from celery.signals import setup_logging, task_postrun, task_prerun, worker_init
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from billing.events.running import STORY, running
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


# What a task that runs has bound, until it ends: one at a time in a process.
_running: dict[str, ExitStack] = {}


@setup_logging.connect
def _set_up_log(**_: Any) -> None:
    """Keep the log as the settings want it: Celery would add handlers and forms of its own."""
    logging.config.dictConfig(settings.LOGGING)


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
def _begin(task_id: str, task: "Task[..., Any]", kwargs: dict[str, Any], **_: Any) -> None:
    """
    Let the task's lines bear its story, and its first query see whether there is a connection.

    A task that is called in its caller's process shares the caller's connection and transaction.
    """
    if not task.request.is_eager:
        close_old_connections()
    _running[task_id] = opened = ExitStack()
    story = getattr(task.request, STORY, None)
    opened.enter_context(running(task.name, task_id, kwargs, story=story))


@task_postrun.connect
def _end(task_id: str, state: str | None = None, retval: Any = None, **_: Any) -> None:
    """Tell that the task has ended, and how."""
    if opened := _running.pop(task_id, None):
        error = retval if isinstance(retval, BaseException) else None
        opened.__exit__(type(error) if error else None, error, None)
