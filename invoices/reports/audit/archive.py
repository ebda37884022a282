"""A folder or ZIP file that is written once, file by file, with the hash of each; pure."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self

HASHES = "SHA256SUMS"
_THE_SAME_ALWAYS = (1980, 1, 1, 0, 0, 0)  # Two archives of the same content are the same bytes.


class TargetTaken(Exception):
    """Something lies where the archive is to be written: it is never written over."""


class Archive:
    """
    An archive that is being written: a ZIP file if its name ends so, else a folder.

    Memory doesn't grow with the files of a folder; the list of a ZIP file's does, by about a
    kilobyte each. At the end `SHA256SUMS` names each file with its hash, as `sha256sum -c` reads.
    """

    def __init__(self, target: Path) -> None:
        """Begin it; nothing may lie there, but an empty folder."""
        taken = any(target.iterdir()) if target.is_dir() else target.exists()
        if taken:
            raise TargetTaken(f"{target} is there already: name a new folder or file.")
        self._target = target
        self._zip: zipfile.ZipFile | None = None
        if target.suffix.lower() == ".zip":
            target.parent.mkdir(parents=True, exist_ok=True)
            self._zip = zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED)
        else:
            target.mkdir(parents=True, exist_ok=True)
        self._hashes = tempfile.TemporaryFile("w+b")  # noqa: SIM115  (closed by __exit__)

    def __enter__(self) -> Self:
        """Write into it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the hashes, unless it failed."""
        try:
            if kind is None:
                self._hashes.seek(0)
                with self._open(HASHES) as file:
                    while part := self._hashes.read(1 << 16):
                        file.write(part)
        finally:
            self._hashes.close()
            if self._zip:
                self._zip.close()

    @contextmanager
    def file(self, name: str) -> Iterator["HashedFile"]:
        """Open a new file of the archive for writing; its hash is kept."""
        path = PurePosixPath(name)
        assert not path.is_absolute(), name
        assert ".." not in path.parts, name
        with self._open(name) as raw:
            hashed = HashedFile(raw)
            yield hashed
        self._hashes.write(f"{hashed.hexdigest()}  {name}\n".encode())

    def add(self, name: str, content: bytes) -> None:
        """Write a file at once."""
        with self.file(name) as file:
            file.write(content)

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        if self._zip:
            entry = zipfile.ZipInfo(name, _THE_SAME_ALWAYS)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with self._zip.open(entry, "w", force_zip64=True) as raw:
                yield raw
            return
        path = self._target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            yield file


class HashedFile:
    """A file that is being written, whose SHA-256 is computed on the way."""

    def __init__(self, raw: IO[bytes]) -> None:
        """Write to `raw`."""
        self._raw, self._hash = raw, hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Write some bytes."""
        self._raw.write(content)
        self._hash.update(content)

    def hexdigest(self) -> str:
        """Return the hash of what was written."""
        return self._hash.hexdigest()
