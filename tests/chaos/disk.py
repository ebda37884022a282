"""The disk of the documents: small, and full on demand."""

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

SIZE = "32m"
FILLER = "filler"


class Disk:
    """
    A small filesystem of its own, where we may mount one; else a folder beyond a limit of sizes.

    `writers` tells who writes there: their files may not grow while a folder counts as full.
    """

    def __init__(self, folder: Path, *, writers: Callable[[], Iterable[psutil.Process]]) -> None:
        """Make the folder, and mount if we may."""
        self.folder = folder
        self._writers = writers
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        self.is_mounted = os.geteuid() == 0 and _runs(mount)

    def fill(self) -> None:
        """Leave no room for a single byte."""
        if not self.is_mounted:
            self._limit(0)
            return
        with (self.folder / FILLER).open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Give the room back."""
        if self.is_mounted:
            (self.folder / FILLER).unlink(missing_ok=True)
        else:
            self._limit(resource.RLIM_INFINITY)

    def close(self) -> None:
        """Unmount it, with all that is on it."""
        if self.is_mounted:
            _runs(["umount", "--lazy", str(self.folder)])

    def _limit(self, size: int) -> None:
        for process in self._writers():
            with suppress(psutil.NoSuchProcess):
                process.rlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _runs(command: list[str]) -> bool:
    with suppress(FileNotFoundError):
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    return False
