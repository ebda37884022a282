"""
Prometheus and promtool: those on PATH, else Debian's package, unpacked below `.stack/`.

There is no wheel of them. The package is fetched by apt and unpacked by dpkg, as whoever we are: it
is not installed, and asked for once.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
UNPACKED = CHECKOUT / ".stack" / "prometheus"
PROGRAMS = ("prometheus", "promtool")


class NoPrometheus(Exception):
    """There is no Prometheus on PATH, and no apt that could fetch one."""


def programs() -> dict[str, str]:
    """
    Return the paths of `prometheus` and `promtool`; they are fetched if they aren't there.

    :raises NoPrometheus: if they can't be.
    """
    on_path = {name: shutil.which(name) for name in PROGRAMS}
    if all(on_path.values()):
        return {name: str(path) for name, path in on_path.items()}
    if not _unpacked().exists():
        _fetch()
    return {name: str(UNPACKED / "usr" / "bin" / name) for name in PROGRAMS}


def _unpacked() -> Path:
    return UNPACKED / "usr" / "bin" / "promtool"


def _fetch() -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise NoPrometheus("No Prometheus on PATH, and no apt to fetch it: install it.")
    UNPACKED.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=UNPACKED.parent) as folder:
        package = _downloaded(Path(folder))
        subprocess.run(["dpkg", "-x", package, f"{folder}/files"], check=True)
        with contextlib.suppress(OSError):  # Another was quicker.
            Path(folder, "files").rename(UNPACKED)


def _downloaded(folder: Path) -> Path:
    """Return the package; what apt knows of packages is asked for if it knows nothing yet."""
    lists, cache = folder / "lists", folder / "cache"
    for path in (lists / "partial", cache / "archives" / "partial"):
        path.mkdir(parents=True)
    own = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
    said = ""
    for steps in ([["download"]], [["update", *own], ["download", *own]]):
        for step in steps:
            said = _apt(folder, step)
        if found := next(folder.glob("prometheus_*.deb"), None):
            return found
    raise NoPrometheus(f"apt gave no package `prometheus`: {said}")


def _apt(folder: Path, step: list[str]) -> str:
    verb, *options = step
    named = ["prometheus"] if verb == "download" else []
    user = ["-o", "APT::Sandbox::User="] if os.geteuid() == 0 else []
    done = subprocess.run(
        ["apt-get", "--quiet", *user, *options, verb, *named],
        cwd=folder, check=False, capture_output=True, text=True,
    )  # fmt: skip
    return done.stderr.strip()[-500:]


if __name__ == "__main__":
    try:
        sys.stdout.write("".join(f"{name} {path}\n" for name, path in programs().items()))
    except NoPrometheus as error:
        sys.exit(str(error))
