"""The embedded broker: an SQS-compatible server in a virtual environment of its own."""

import os
import signal
import urllib.error
import urllib.request

from config.stack.places import CHECKOUT, TOOLS
from config.stack.ports import HOST
from config.stack.program import Command, DidNotStart
from config.stack.service import Service

PYTHON = TOOLS / "venv-sqs" / "bin" / "python"
SERVER = CHECKOUT / "config" / "stack" / "sqs_server.py"


class Sqs(Service):
    """
    Keeps its queues when it is stopped, and forgets them when it is killed.

    After `kill` and `start` the caller makes the queues again: `manage.py queues --create`.
    """

    name = "sqs"

    def prepare(self) -> None:
        """Look whether `make setup` was run."""
        if not PYTHON.exists():
            raise DidNotStart(f"The broker is not installed ({PYTHON}): run `make setup`.")

    def command(self) -> Command:
        """Return how to start it: SQS alone, on loopback, saving its state at SIGTERM."""
        folder = self.keeper.root / "sqs"
        folder.mkdir(exist_ok=True)
        return Command(
            name=self.name,
            argv=[str(PYTHON), "-I", str(SERVER)],
            environ={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(folder),
                "TMPDIR": str(folder),
                "BIND_HOST": HOST,
                "MINISTACK_HOST": HOST,
                "GATEWAY_PORT": str(self.port),
                "SERVICES": "sqs",
                "PERSIST_STATE": "1",
                # The addresses of its queues name the port: with another one they are made anew.
                "STATE_DIR": str(folder / f"port-{self.port}"),
                "LOG_LEVEL": "WARNING",
                "PYTHONUNBUFFERED": "1",
            },
            cwd=folder,
            orphan_signal=signal.SIGTERM,
            is_muted_at_stop=True,  # It takes the end of its connections for errors.
        )

    def is_ready(self) -> bool:
        """Return whether it answers over HTTP."""
        return answers(f"http://{HOST}:{self.port}/_ministack/health")

    def environ(self) -> dict[str, str]:
        """Return the broker's address; the credentials in it are made up."""
        return {
            "BROKER_URL": f"sqs://anlass:anlass@{HOST}:{self.port}",
            "BROKER_TLS": "0",
            "BROKER_CREATES_QUEUES": "1",
        }


def answers(url: str) -> bool:
    """Return whether a page can be fetched, without any proxy that the environment names."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as response:
            return bool(response.status < 400)
    except (OSError, urllib.error.URLError):
        return False
