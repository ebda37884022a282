"""The engine's real processes on a database that really commits."""

from tests.chaos.conftest import engine

__all__ = ["engine"]
