"""Options of the chaos suite, and its summary at the end of the session."""

import pytest

LINES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a round be replayed, or many be played."""
    group = parser.getgroup("chaos", "rounds of disturbances (tests/chaos)")
    group.addoption("--chaos-seed", type=int, help="play the round of this seed, and no others")
    group.addoption("--chaos-rounds", type=int, help="play so many rounds, from the seed on")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what the rounds came to."""
    if lines := config.stash.get(LINES, []):
        terminalreporter.section("chaos")
        for line in lines:
            terminalreporter.line(line)
