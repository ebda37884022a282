"""Commands of `manage.py` are told by a line each, where nobody looks at the terminal."""

import logging
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from billing.happenings.context import Value
from billing.happenings.lines import Action, Outcome, Stopwatch, tell


@contextmanager
def told(named: Sequence[str], *, pure: Collection[str]) -> Iterator[None]:
    """Run a command and tell how it ended; nothing of one that is `pure`, and needs no services."""
    watch, outcome = Stopwatch(), Outcome.SUCCESS
    try:
        yield
    except SystemExit as ended:
        outcome = Outcome.FAILURE if ended.code else Outcome.SUCCESS
        raise
    except BaseException:
        outcome = Outcome.FAILURE
        raise
    finally:
        name = next(iter(named), "")
        if name and name not in pure and not sys.stderr.isatty() and _is_set_up():
            fields: dict[str, Value] = {"anlass.command": name, **watch.fields}
            tell(Action.COMMAND_RUN, f"manage.py {name} ran", fields, outcome=outcome)


def _is_set_up() -> bool:
    """Return whether lines are written as the settings say: not before they were read."""
    return bool(logging.getLogger().handlers)
