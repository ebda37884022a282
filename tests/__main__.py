"""
`make test`: the tests in two sessions beside each other; arguments go to both.

Each session has services of its own (`plugin_stack`). What the second one says is kept in
`.stack/test-beside.log`, and follows when both are through.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

CHECKOUT = Path(__file__).resolve().parents[1]
LOG = CHECKOUT / ".stack" / "test-beside.log"
# Folders that take about half of the time. The first session runs all others, new ones too.
BESIDE = ("pure", "documents", "admin", "api")
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NO_TESTS = 5  # pytest's answer if none is left of those that were asked for.


class Sessions:
    """Sessions of pytest that run at the same time."""

    def __init__(self) -> None:
        """None runs yet. Whichever way we are asked to end, they end as after Ctrl-C."""
        self._running: list[subprocess.Popen[bytes]] = []
        for number in ENDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)

    def start(self, *arguments: str, output: IO[bytes] | None = None) -> None:
        """Start one, in a group of its own: so that Ctrl-C reaches it once, by us."""
        command = [sys.executable, "-m", "pytest", *arguments]
        self._running.append(
            subprocess.Popen(command, cwd=CHECKOUT, stdout=output, stderr=output, process_group=0)
        )

    def failed(self) -> bool:
        """Wait for all, and return whether one failed, or none found a test."""
        codes = {session.wait() for session in self._running}
        return codes == {NO_TESTS} or not codes <= {0, NO_TESTS}

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        for session in self._running:
            session.send_signal(signal.SIGINT)


def main(arguments: list[str]) -> int:
    """Run all, tell what came of it, and return 0 if nothing failed."""
    begun = time.monotonic()
    folders = [f"tests/{name}" for name in BESIDE]
    LOG.parent.mkdir(exist_ok=True)
    sessions = Sessions()
    with LOG.open("wb") as log:
        # Two would overwrite each other's note of what failed: the cache is the first one's.
        sessions.start(*folders, "-p", "no:cacheprovider", *arguments, output=log)
        sessions.start(*(f"--ignore={folder}" for folder in folders), *arguments)
        failed = sessions.failed()
    sys.stdout.write(f"\nBeside them, {' '.join(folders)}:\n")
    sys.stdout.write(LOG.read_text(encoding="utf-8", errors="replace"))
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    told = "Not all passed" if failed else "All passed"
    sys.stdout.write(f"\n{told}, in {minutes}:{seconds:02} minutes.\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
