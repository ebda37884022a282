"""Whom PostgreSQL runs as, since it refuses root, and where that user can go."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from config.stack.program import Account

LASTING_TEMP = Path("/var/tmp")  # noqa: S108  Only as the parent of a folder made by mkdtemp.


def unprivileged(data: Path) -> Account | None:
    """Return whom the server of `data` runs as; None: as ourselves, since we are not root."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(user=data.stat().st_uid, group=data.stat().st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user=entry.pw_uid, group=entry.pw_gid)
    raise LookupError("PostgreSQL refuses to run as root, and there is no user `nobody`.")


def can_run(argv: list[str], account: Account | None) -> bool:
    """Return whether the user can run a program, and it succeeds."""
    try:
        done = subprocess.run(
            argv,
            check=False,
            capture_output=True,
            cwd="/",
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
    except OSError:
        return False
    return done.returncode == 0


def reachable_folder(wanted: Path, account: Account | None) -> Path:
    """
    Return a folder that the user can reach: `wanted`, or one elsewhere that `wanted` links to.

    The checkout may lie below a home folder that nobody else can pass.
    """
    if wanted.is_symlink() and not wanted.exists():
        wanted.unlink()  # What it led to was cleared away.
    if wanted.exists():
        return wanted.resolve()
    wanted.mkdir()
    if account is None or can_run([_test(), "-x", str(wanted)], account):
        return wanted
    wanted.rmdir()
    parent = LASTING_TEMP if LASTING_TEMP.is_dir() else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="anlass-", dir=parent))
    folder.chmod(0o711)
    wanted.symlink_to(folder)
    return folder


def _test() -> str:
    return shutil.which("test") or "/bin/test"
