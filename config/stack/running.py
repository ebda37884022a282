"""`make run`: the whole stack in a terminal until Ctrl-C."""

import signal
import sys
from pathlib import Path

from config.stack.places import Address
from config.stack.services import Services
from config.stack.signals import Stopped
from config.stack.supervisor import Supervisor


def run_stack(root: Path) -> int:
    """
    Run everything until Ctrl-C or SIGTERM, then stop it in order.

    :raises AlreadyRunning: if the stack of this folder runs already.
    """
    supervisor = Supervisor(Services(root, terminal=sys.stdout), demo=True)
    try:
        with supervisor:
            _show(supervisor.addresses, log=supervisor.services.keeper.output.path)
            while True:
                signal.pause()
    except (KeyboardInterrupt, Stopped):
        print("Stopped.")
    return 0


def _show(addresses: list[Address], *, log: Path) -> None:
    lines = [f"{page['name']:8} {page['url']:34} {page['login']}".rstrip() for page in addresses]
    lines += [f"{'Log':8} {log}", "", "Ctrl-C stops everything; the data stay."]
    width = max(map(len, lines))
    print("\n".join(["", "-" * width, *lines, "-" * width, ""]), flush=True)
