"""
The embedded development stack: everything Anlass needs, on one machine, as an ordinary user.

`python -m config.stack` is its command line; `Services` is what tests use.
"""

from config.stack.places import DEFAULT_ROOT, AlreadyRunning
from config.stack.program import DidNotStart
from config.stack.services import Services

__all__ = ["DEFAULT_ROOT", "AlreadyRunning", "DidNotStart", "Services"]
