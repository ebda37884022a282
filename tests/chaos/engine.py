"""The engine's real processes, to be started, killed and stopped by tests."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

from config.stack.guard import Guard
from config.stack.sqs import answers

WEB = ["-m", "gunicorn", "config.wsgi", "--threads", "4", "--keep-alive", "75"]
WEB += ["--no-control-socket"]  # It would lie in the home folder, one for all.
WORKER = ["-m", "celery", "-A", "config.celery", "worker", "--concurrency", "1"]
COMMANDS = {
    "relay": ["manage.py", "relay"],
    "scheduler": ["manage.py", "scheduler"],
    "scheduler-2": ["manage.py", "scheduler"],
    "worker-1": [*WORKER, "-Q", "billing,bulk", "-n", "worker-1@%h"],
    "worker-2": [*WORKER, "-Q", "billing,bulk", "-n", "worker-2@%h"],
    "worker-3": [*WORKER, "-Q", "documents,delivery", "-n", "worker-3@%h"],
}
# Short, so that what a killed process held comes back within the test's time.
IMPATIENT = {"EVENT_RESEND_SECONDS": "3", "BROKER_VISIBILITY_SECONDS": "20", "LOG_LEVEL": "INFO"}


class Engine:
    """Processes of the engine on the tests' database and broker."""

    def __init__(
        self, logs: Path, environ: Mapping[str, str] = IMPATIENT, guard: Guard | None = None
    ) -> None:
        """
        Nothing runs yet; each process logs to a file of its own in `logs`.

        A guard ends them should this process be killed.
        """
        self._guard = guard
        self._logs = logs
        self._environ = environ
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start processes."""
        for name in names:
            self._spawn(name, COMMANDS[name])

    def serve(self, port: int | None = None) -> str:
        """Start the website, and return its address once it answers."""
        port = port or free_port()
        self._spawn("web", [*WEB, "--bind", f"127.0.0.1:{port}"])
        url = f"http://127.0.0.1:{port}"
        self.wait_until(lambda: answers(f"{url}/healthz"), within=60.0, what="the website answers")
        return url

    def serve_soon(self, port: int) -> None:
        """Start the website, and don't wait for it."""
        self._spawn("web", [*WEB, "--bind", f"127.0.0.1:{port}"])

    def runs(self, name: str) -> bool:
        """Return whether a process was started and neither killed nor stopped."""
        return name in self._running

    def pid(self, name: str) -> int:
        """Return the id of a process that runs."""
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """End a process and its children with SIGKILL, as a crash would."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """Ask a process to stop, and wait for it."""
        self._end(name, signal.SIGTERM)

    def kill_child(self, name: str) -> None:
        """End the newest child of a process with SIGKILL: of a worker, one that works."""
        with suppress(psutil.NoSuchProcess):
            for child in self.processes(name)[:0:-1][:1]:
                child.kill()

    def processes(self, name: str) -> list[psutil.Process]:
        """Return a process with its children; none if it doesn't run."""
        if name not in self._running:
            return []
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._running[name].pid)
            return [process, *process.children(recursive=True)]
        return []

    def freeze(self, name: str) -> None:
        """Stop a process and its children where they are."""
        os.killpg(self._running[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        os.killpg(self._running[name].pid, signal.SIGCONT)

    def died(self) -> list[str]:
        """Return the processes that ended though nobody killed them."""
        return [name for name, each in self._running.items() if each.poll() is not None]

    def close(self) -> None:
        """End what still runs."""
        for name in list(self._running):
            self.kill(name)

    def wait_until(self, is_so: Callable[[], bool], *, within: float, what: str) -> None:
        """Return when `is_so` says so; after `within` seconds fail, and show the latest lines."""
        deadline = time.monotonic() + within
        while not is_so():
            assert time.monotonic() < deadline, f"not within {within:.0f} s: {what}\n{self.tails()}"
            time.sleep(0.05)

    def tails(self) -> str:
        """Return the latest lines of all logs."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in sorted(self._logs.glob("*.log"))
        )

    def _spawn(self, name: str, arguments: list[str]) -> None:
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env={**os.environ, **self._environ, "DATABASE_URL": _test_database()},
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if self._guard:
            self._guard.watch(self._running[name].pid, signal.SIGKILL)

    def _end(self, name: str, number: signal.Signals) -> None:
        process = self._running.pop(name)
        if self._guard:
            self._guard.release(process.pid)
        if number is signal.SIGKILL:
            with suppress(ProcessLookupError):  # It ended by itself, with all its children.
                os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _test_database() -> str:
    given = connection.settings_dict
    password = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    return f"postgresql://{given['USER']}{password}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
