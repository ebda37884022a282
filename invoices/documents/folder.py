"""The folder of documents: a file is there wholly and for good, or not at all."""

import os
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from billing.ids import new_id


class DocumentFolder(FileSystemStorage):
    """Writes beside the final name first, and waits for the disk: no crash leaves half a file."""

    def _save(self, name: str, content: File[Any]) -> str:
        part = Path(self.path(f"{name}.{new_id().hex}.part"))
        try:
            super()._save(  # type: ignore[misc]  # The stubs lack it.
                str(part.relative_to(self.location)), content
            )
            _flush(part)
            os.replace(part, self.path(name))
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _flush(part.parent)
        return name


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
