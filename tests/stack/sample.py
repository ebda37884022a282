"""A Celery application of the tests: tasks over SQS, events and control over Redis."""

import os
import time

from config.control_plane import ControlPlaneCelery

app = ControlPlaneCelery("sample")
app.conf.update(
    broker_url=os.environ.get("BROKER_URL", "sqs://none:none@127.0.0.1:1"),
    broker_transport_options={
        "region": "eu-central-1",
        "is_secure": False,
        "wait_time_seconds": 2,
        "polling_interval": 0,
        "client-config": {"connect_timeout": 2, "read_timeout": 10},
    },
    broker_connection_retry_on_startup=True,
    control_plane_url=os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0"),
    task_default_queue="sample",
    task_ignore_result=True,
    task_acks_late=True,
    task_send_sent_event=True,
    worker_send_task_events=True,
    worker_hijack_root_logger=False,
)


@app.task(name="sample.note")
def note(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


@app.task(name="sample.sleep")
def sleep(path: str, seconds: float) -> None:
    time.sleep(seconds)
    note(path, "slept")
