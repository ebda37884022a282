"""Folders, secrets and the lock of one stack."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

CHECKOUT = Path(__file__).resolve().parents[2]
TOOLS = CHECKOUT / ".stack"
DEFAULT_ROOT = CHECKOUT / ".stack"
LOCK_ATTEMPTS = 4


class Address(TypedDict):
    """A page a person may open, with the demo login that it asks for."""

    name: str
    url: str
    login: str


class Record(TypedDict):
    """What a running stack tells the commands that join it."""

    pid: int
    environ: dict[str, str]
    addresses: list[Address]
    processes: bool


class AlreadyRunning(Exception):
    """Another process runs the stack of this folder."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folder of one stack. It belongs to whoever holds its lock."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Places":
        """Return the places below `root`, a folder that is made if it is missing."""
        root = root.resolve()
        root.mkdir(parents=True, exist_ok=True)
        return cls(root=root)

    def folder(self, name: str) -> Path:
        """Return a folder below the root, made if it is missing."""
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def secret(self, name: str) -> str:
        """Return a random value that was made at first use and is kept from other users."""
        path = self.folder("secrets") / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(40))
        return path.read_text(encoding="ascii")

    def lock(self) -> int:
        """
        Take the stack for this process until `os.close`, or until the process ends in any way.

        :raises AlreadyRunning: if another process has it.
        """
        lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(LOCK_ATTEMPTS):  # Who only asks for the status holds it for a moment.
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.forget()
                return lock
            time.sleep(0.05)
        os.close(lock)
        raise AlreadyRunning(self.describe())

    def describe(self) -> str:
        """Return who runs the stack of this folder, and where, in one paragraph."""
        record = self.record()
        if record is None:
            return f"A stack is starting or stopping in {self.root}."
        lines = [f"The stack is already running in {self.root} (process {record['pid']}):"]
        lines += [f"  {address['name']:10} {address['url']}" for address in record["addresses"]]
        return "\n".join(lines)

    def publish(self, record: Record) -> None:
        """Tell other commands how to reach the stack that this process runs."""
        write_private(self.root / "running.json", json.dumps(record, indent=2))

    def forget(self) -> None:
        """Withdraw the record of the running stack."""
        (self.root / "running.json").unlink(missing_ok=True)

    def record(self) -> Record | None:
        """Return how to reach the stack that runs here; None if there is none, or not yet."""
        try:
            text = (self.root / "running.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        record: Record = json.loads(text)
        return record

    def clear(self) -> None:
        """Remove everything that a stack left here. Only for the holder of the lock."""
        for path in self.root.iterdir():
            if path.is_dir():
                shutil.rmtree(path.resolve())  # PostgreSQL's folder may be a link to elsewhere.
            if path.name != "lock" and (path.is_symlink() or path.exists()):
                path.unlink()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; a reader sees all of it or nothing."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
