"""Every scenario comes out as it expects, without a database."""

from pathlib import Path

import pytest

from billing.simulation.comparing import differences
from billing.simulation.output import tell
from billing.simulation.reading import read_yaml

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FILES = sorted(SCENARIOS.glob("*.yaml"))


class TestScenarios:
    def test_there_are_as_many_as_were_told(self) -> None:
        assert len(FILES) >= 500

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
    def test_what_comes_of_it_is_as_expected(self, file: Path) -> None:
        case = read_yaml(file.read_text(encoding="utf-8"), file=file.name)

        assert case.expect, "a scenario here says what must come of it"
        assert differences(case.expect, tell(case)) == []
