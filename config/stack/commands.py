"""The command line of the stack."""

import argparse
import os
import sys
from pathlib import Path

from config.stack.joining import run_command
from config.stack.places import DEFAULT_ROOT, AlreadyRunning, Places
from config.stack.program import DidNotStart
from config.stack.running import run_stack
from config.stack.signals import Stopped, raise_on_stop

NOT_RUNNING = 3


def main() -> None:
    """Do what the command line says and exit with its code."""
    arguments = _parser().parse_args()
    raise_on_stop()
    try:
        code = _do(arguments)
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        code = 1
    except DidNotStart as error:
        print(f"{error}\nThe log: {arguments.root}/log/anlass.log", file=sys.stderr)
        code = 1
    except PermissionError as error:
        print(f"{error}. Does {arguments.root} belong to another user?", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except Stopped:
        code = 143
    sys.exit(code)


def _do(arguments: argparse.Namespace) -> int:
    if arguments.action == "run":
        return run_stack(arguments.root)
    if arguments.action == "exec":
        return run_command(
            arguments.command,
            root=arguments.root,
            processes=arguments.processes,
            fresh=arguments.fresh,
        )
    return _status(arguments.root)


def _status(root: Path) -> int:
    places = Places.at(root)
    try:
        os.close(places.lock())
    except AlreadyRunning as running:
        print(running)
        return 0
    print(f"The stack of {places.root} is not running.")
    return NOT_RUNNING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m config.stack", description="The embedded development stack."
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("run", help="start everything and stay until Ctrl-C")
    actions.add_parser("status", help="say where the stack runs (exit code 3: it doesn't)")
    inside = actions.add_parser("exec", help="run a command with the services up")
    inside.add_argument("--processes", action="store_true", help="web, relay, workers … as well")
    inside.add_argument("--fresh", action="store_true", help="clear the stack's folder first")
    inside.add_argument("command", nargs="+", metavar="COMMAND")
    for action in actions.choices.values():
        action.add_argument("--root", type=Path, default=DEFAULT_ROOT, help="folder of the stack")
    return parser
