"""Heartbeats: a process touches a file each time its main loop goes round; see `is_alive`."""

import contextlib
import os
import re
from pathlib import Path

FOLDER = "HEARTBEAT_FOLDER"


def beat(name: str) -> None:
    """Tell that a process goes on; nothing happens where no folder for that is given."""
    if folder := os.environ.get(FOLDER):
        with contextlib.suppress(OSError):  # Who watches is told by the file's age.
            Path(folder).mkdir(parents=True, exist_ok=True)
            heartbeat_file(folder, name).touch()


def heartbeat_file(folder: str, name: str) -> Path:
    """Return the file that a process touches."""
    return Path(folder) / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.alive"
