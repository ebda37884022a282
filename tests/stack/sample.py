"""A small application: tasks over SQS, events and control over Redis. Workers run it by name."""

import os
import time
from pathlib import Path

from config.control_plane import ControlPlaneCelery


def application(*, broker: str, control_plane: str) -> ControlPlaneCelery:
    """Return the application on a broker and a control plane."""
    app = ControlPlaneCelery("sample", set_as_current=False)
    app.conf.update(
        broker_url=broker,
        broker_transport_options={
            "region": "eu-central-1",
            "is_secure": False,
            "wait_time_seconds": 2,
            "polling_interval": 0,
            "client-config": {"connect_timeout": 2, "read_timeout": 10},
        },
        broker_connection_retry_on_startup=True,
        control_plane_url=control_plane,
        task_default_queue="sample",
        task_ignore_result=True,
        task_acks_late=True,
        task_send_sent_event=True,
        task_publish_retry=False,
        worker_send_task_events=True,
        worker_hijack_root_logger=False,
    )
    app.task(name="sample.note")(note)
    return app


def note(path: str, text: str) -> None:
    """Append a line to a file."""
    time.sleep(0.01)
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


app = application(
    broker=os.environ.get("BROKER_URL", "sqs://none:none@127.0.0.1:1"),
    control_plane=os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0"),
)
