"""The embedded database: a real PostgreSQL server."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from config.stack import accounts, binaries, leftovers
from config.stack.places import Places, write_private
from config.stack.ports import HOST
from config.stack.program import MARK, Command, DidNotStart, Keeper
from config.stack.service import Service

NAME = "anlass"  # Of the database, and of its owner.
BUFFERS_MIB = 128, 1024


class Postgres(Service):
    """Listens on loopback alone, asks for a generated password, and recovers from any kill."""

    name = "postgres"

    def __init__(self, keeper: Keeper, *, port: int) -> None:
        """Nothing runs yet: `start` does it."""
        super().__init__(keeper, port=port)
        self._password = Places.at(keeper.root).secret("database")
        self._room = keeper.root / "postgres"

    @property
    def data(self) -> Path:
        """The folder of the server's data."""
        return self._room / "data"

    def prepare(self) -> None:
        """Find the programs and a folder for the server's user, and make the database once."""
        self._account = accounts.unprivileged(self.data)
        self._room = accounts.reachable_folder(self.keeper.root / "postgres", self._account)
        self._bin = binaries.find(self._account, room=self._room)
        if not self.data.exists():
            self._create()
        # Sessions outlive a killed server for a moment, and a new one would refuse to start.
        leftovers.end_database(self.data)

    def command(self) -> Command:
        """Return how to start it."""
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": f"{_buffers_mib()}MB",
            "max_connections": "200",
            "track_commit_timestamp": "on",
            "log_checkpoints": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Further settings, for measurements: POSTGRES_SETTINGS="name=value name=value".
            **dict(each.split("=", 1) for each in os.environ.get("POSTGRES_SETTINGS", "").split()),
        }
        argv = [str(self._bin / "postgres"), "-D", str(self.data)]
        return Command(
            name=self.name,
            argv=argv + [part for k, v in settings.items() for part in ("-c", f"{k}={v}")],
            environ=self._environ(),
            account=self._account,
            stop_signal=signal.SIGINT,  # "Fast": ends the sessions, then saves and stops.
            orphan_signal=signal.SIGINT,
        )

    def kill(self) -> None:
        """End the server and all its sessions with SIGKILL, as a crash would."""
        super().kill()
        leftovers.end_database(self.data)

    def is_ready(self) -> bool:
        """Return whether it takes connections: the server's own lock file says so."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def environ(self) -> dict[str, str]:
        """Return the database's address."""
        return {"DATABASE_URL": f"postgresql://{NAME}:{self._password}@{HOST}:{self.port}/{NAME}"}

    def _create(self) -> None:
        # In a folder that gets its name at the end: a start that is cut short leaves nothing.
        new = self._room / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password = self._room / "password"
        write_private(password, self._password)
        if self._account:
            for path in (new, password):
                os.chown(path, self._account.user, self._account.group)
        options = ["-A", "scram-sha-256", "--pwfile", str(password), "--encoding=UTF8"]
        options += ["--data-checksums", *self._locale()]
        self._run(["initdb", "-D", str(new), "-U", NAME, *options])
        password.unlink()
        self._run(["postgres", "--single", "-D", str(new), "postgres"], f'CREATE DATABASE "{NAME}"')
        new.rename(self.data)

    def _locale(self) -> list[str]:
        if binaries.version(self._bin) >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=en_US.UTF-8" if sys.platform == "darwin" else "--locale=C.UTF-8"]

    def _run(self, argv: list[str], text: str = "") -> None:
        done = subprocess.run(
            [str(self._bin / argv[0]), *argv[1:]],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",
            env=self._environ(),
            user=self._account.user if self._account else None,
            group=self._account.group if self._account else None,
            extra_groups=[] if self._account else None,
        )
        if done.returncode != 0:
            raise DidNotStart(f"{argv[0]} failed.\n{done.stdout}")

    def _environ(self) -> dict[str, str]:
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "TZ": "UTC", MARK: str(self.keeper.root)}


def _buffers_mib() -> int:
    """Return how much the server keeps in memory: a sixteenth of it, for there is more to run."""
    least, most = BUFFERS_MIB
    sixteenth: int = psutil.virtual_memory().total // 16 // 2**20
    return min(max(sixteenth, least), most)
