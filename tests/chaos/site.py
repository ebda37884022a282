"""All that a round disturbs: processes, services, the disk, and the way to the broker."""

import shutil
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.db import connection
from django.test import override_settings

from billing.events.queues import create_queues
from config.stack import Services
from tests.chaos.disk import Disk
from tests.chaos.engine import Engine, free_port
from tests.chaos.proxy import BrokerProxy
from tests.conftest import empty_database

WORKERS = ("worker-1", "worker-2")
NAMES = (*WORKERS, "worker-3", "relay", "scheduler")
VISIBILITY_SECONDS = 6
# Short, so that what was lost or held comes back within a round.
IMPATIENT = {
    "BROKER_TRANSPORT_OPTIONS": '{"wait_time_seconds": 1}',
    "BROKER_VISIBILITY_SECONDS": str(VISIBILITY_SECONDS),
    "EVENT_RESEND_SECONDS": "1",
    "SCHEDULER_LOOK_SECONDS": "1",
    "SCHEDULER_LEASE_SECONDS": "2",
    "LOG_LEVEL": "INFO",
}


class Site:
    """The running system; between rounds everything runs, and nothing disturbs it."""

    def __init__(self, services: Services, logs: Path) -> None:
        """Nothing runs yet."""
        assert services.sqs is not None
        assert services.postgres is not None
        self.sqs, self.postgres = services.sqs, services.postgres
        broker = urlsplit(settings.CELERY_BROKER_URL)
        self.proxy = BrokerProxy(port=int(broker.port or 0), chance=Random(0))
        self.disk = Disk(logs / "documents", writers=self._writers)
        address = broker._replace(
            netloc=broker.netloc.replace(str(broker.port), f"{self.proxy.port}")
        )
        self.environ = {
            **IMPATIENT,
            "BROKER_URL": address.geturl(),
            "DOCUMENTS_ROOT": str(self.disk.folder),
        }
        self.engine = Engine(logs, self.environ, services.keeper.guard)
        self.port = free_port()
        self.ended: Counter[str] = Counter()  # Processes that ended though nobody killed them.
        # For `verify`, and for what this process sends.
        documents = {**settings.STORAGES["documents"], "OPTIONS": {"location": self.disk.folder}}
        self._settings = override_settings(
            STORAGES={**settings.STORAGES, "documents": documents},
            EVENT_RESEND_AFTER=timedelta(seconds=int(IMPATIENT["EVENT_RESEND_SECONDS"])),
            BROKER_VISIBILITY_SECONDS=VISIBILITY_SECONDS,
        )

    def open(self) -> None:
        """Start everything."""
        self._settings.enable()
        self.proxy.start()
        self._forget_messages()
        self.engine.start(*NAMES)
        self.engine.serve(self.port)

    def renew(self) -> None:
        """Start again with nothing of what went before: a round has failed."""
        self.engine.close()
        self._forget_messages()
        self.mend()
        empty_database()

    def close(self) -> None:
        """End everything."""
        with ExitStack() as last:
            for end in (self._settings.disable, self.disk.close, self.proxy.stop):
                last.callback(end)
            self.engine.close()

    def mend(self) -> None:
        """Start what is down, and end what disturbs."""
        self.proxy.faults.clear()
        self.disk.free()
        for service in (self.postgres, self.sqs):
            if service.pid is None:
                service.start()
        self.revive()
        missing = [name for name in NAMES if not self.engine.runs(name)]
        self.engine.start(*missing)
        if not self.engine.runs("web"):
            self.engine.serve_soon(self.port)
        connection.close()  # The database may have gone and come again.

    def revive(self) -> None:
        """Start again what ended by itself, as a supervisor would."""
        for name in self.engine.died():
            self.ended[name] += 1
            self.engine.kill(name)
            if name == "web":
                self.engine.serve_soon(self.port)
            else:
                self.engine.start(name)

    def _forget_messages(self) -> None:
        """Have the broker forget what former tests have left, on its disk too."""
        self.sqs.kill()
        shutil.rmtree(self.sqs.keeper.root / "sqs", ignore_errors=True)
        self.sqs.start()
        create_queues()

    def _writers(self) -> list[psutil.Process]:
        return self.engine.processes("worker-3")
