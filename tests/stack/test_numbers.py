"""Settings that are whole numbers."""

import pytest

from config import env


class TestNumber:
    @pytest.mark.parametrize(
        ("value", "says"),
        [("999", "BULK_WINDOW must be at least 1000, not 999"), ("many", "a whole number")],
    )
    def test_what_can_not_be_meant_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, value: str, says: str
    ) -> None:
        monkeypatch.setenv("BULK_WINDOW", value)

        with pytest.raises(env.SettingMissing, match=says):
            env.number("BULK_WINDOW", 10_000, at_least=1000)

    def test_none_is_less_than_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BILLING_SPREAD_MINUTES", "-5")

        with pytest.raises(env.SettingMissing, match="at least 0, not -5"):
            env.number("BILLING_SPREAD_MINUTES", 0)
