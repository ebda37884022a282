"""The engine's processes, as the stack runs them."""

import os
import re
import sys
from collections.abc import Mapping

from config.stack.environment import given
from config.stack.places import CHECKOUT, Address, Places
from config.stack.ports import HOST
from config.stack.program import Command, Keeper, Program
from config.stack.sqs import answers

FLOWER_LOGIN = "demo:demo"
# Processes that show their figures on a port of their own; the web shows its own itself.
MEASURED = ("scheduler", "relay", "worker-1", "worker-2", "worker-3", "exporter")
WORKERS = {"worker-1": "billing", "worker-2": "bulk", "worker-3": "documents,delivery"}
CONCURRENCY = {"worker-2": 2}  # How many things a worker does at a time, where not one.
# What is done before the processes start: Python's arguments, by name.
STEPS = {
    "migrate": ["manage.py", "migrate", "--no-input"],
    "queues": ["manage.py", "queues", "--create"],
}
DEMO_STEP = {"demo": ["-m", "config.demo.login"]}


class Process:
    """One process of the engine, and how to tell that it does its work."""

    def __init__(
        self, command: Command, keeper: Keeper, *, page: str | None = None, line: str | None = None
    ) -> None:
        """It is ready when `page` answers, or when it has written a line that matches `line`."""
        self.program = Program(command, keeper, listener=self._hear)
        self._page = page
        self._line = re.compile(line) if line else None
        self._heard = False

    @property
    def name(self) -> str:
        """The name in the log."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process id; None while it does not run."""
        return self.program.pid

    def start(self) -> None:
        """Start it. It is not ready yet."""
        self._heard = False
        self.program.start()

    def is_ready(self) -> bool:
        """Return whether it does its work."""
        return self._heard if self._line else bool(self._page and answers(self._page))

    def _hear(self, line: str) -> None:
        if self._line and self._line.search(line):
            self._heard = True


def step(name: str, arguments: list[str], environ: Mapping[str, str], keeper: Keeper) -> Program:
    """Return a program that is run to its end."""
    return Program(_command(name, arguments, environ), keeper)


def processes(
    environ: dict[str, str], keeper: Keeper, *, web: int, flower: int, metrics: Mapping[str, int]
) -> list[Process]:
    """
    Return the processes in the order in which they stop.

    `web` and `flower` are ports; `metrics` those where the others of `MEASURED` show their figures.
    """

    def command(name: str, arguments: list[str]) -> Command:
        return _command(name, arguments, environ | _watched(name, metrics.get(name), keeper))

    loops = [command(name, ["manage.py", name]) for name in ("exporter", "scheduler", "relay")]
    workers = [command(name, worker_arguments(name, queues)) for name, queues in WORKERS.items()]
    return [
        Process(command("web", _gunicorn(web)), keeper, page=f"http://{HOST}:{web}/healthz"),
        *(Process(loop, keeper, line=rf'\b{loop.name} ready("|$)') for loop in loops),
        *(Process(worker, keeper, line=r'\bready\.("|$)') for worker in workers),
        Process(
            _command("flower", _flower(flower, environ), {**environ, **_flower_login()}),
            keeper,
            page=f"http://{HOST}:{flower}/healthcheck",
        ),
    ]


def _watched(name: str, port: int | None, keeper: Keeper) -> dict[str, str]:
    """Return where a process shows its figures, has its children count, and beats its heart."""
    told = {"HEARTBEAT_FOLDER": str(keeper.root / "heartbeats")}
    if name == "web" or name in WORKERS:
        told["PROMETHEUS_MULTIPROC_DIR"] = str(keeper.root / "metrics" / name)
    return told | ({"METRICS_PORT": str(port)} if port else {})


def demo_logins(places: Places) -> dict[str, str]:
    """Return the settings of the login and the API key that are made to look around with."""
    return {
        "DEMO_PASSWORD": places.secret("demo-password")[:16],
        "DEMO_API_KEY": f"anl_test_{places.secret('demo-api-key')}",
    }


def addresses(*, web: int, flower: int, logins: Mapping[str, str], inbox: str) -> list[Address]:
    """
    Return the pages a person may open; `logins` are those of the demo, if it was made.

    `inbox` is the folder of the e-mails, empty if they go elsewhere.
    """
    site = f"http://{HOST}:{web}"
    user = f"demo:{logins['DEMO_PASSWORD']}" if logins else ""
    pages: list[Address] = [
        {"name": "Admin", "url": f"{site}/admin/", "login": user},
        {"name": "API", "url": f"{site}/api/v1/docs", "login": logins.get("DEMO_API_KEY", "")},
        {"name": "Flower", "url": f"http://{HOST}:{flower}/", "login": FLOWER_LOGIN},
    ]
    if inbox:
        pages.append({"name": "E-mails", "url": inbox, "login": ""})
    return pages


def _command(name: str, arguments: list[str], environ: Mapping[str, str]) -> Command:
    return Command(
        name=name,
        argv=[sys.executable, *arguments],
        environ={
            **os.environ,
            **environ,
            "LOG_FORMAT": given("LOG_FORMAT") or "ecs",
            "SERVICE_NODE_NAME": name,
        },
        cwd=CHECKOUT,
    )


def _gunicorn(port: int) -> list[str]:
    options = ["--bind", f"{HOST}:{port}", "--workers", "1", "--threads", "4"]
    options += ["--no-control-socket"]  # It would lie in the home folder, one for all stacks.
    return ["-m", "gunicorn", "config.wsgi", *options]


def worker_arguments(name: str, queues: str) -> list[str]:
    """Return Python's arguments for a worker of some queues."""
    options = ["--hostname", f"{name}@%h", "--queues", queues]
    options += ["--concurrency", str(CONCURRENCY.get(name, 1))]
    return [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config.celery",
        "worker",
        "--loglevel",
        "INFO",
        *options,
    ]


def _flower(port: int, environ: Mapping[str, str]) -> list[str]:
    broker = {**os.environ, **environ}["REDIS_URL"]
    options = ["flower", f"--address={HOST}", f"--port={port}"]
    return ["-m", "celery", "-A", "config.celery", "-b", broker, *options]


def _flower_login() -> dict[str, str]:
    return {"FLOWER_BASIC_AUTH": FLOWER_LOGIN}
