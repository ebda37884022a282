"""Settings and arguments that can't be meant are refused at the start."""

from argparse import ArgumentTypeError

import pytest

from billing.management import arguments
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


class TestFlag:
    @pytest.mark.parametrize(("value", "means"), [("Yes", True), ("off", False), ("", False)])
    def test_it_is_read(self, monkeypatch: pytest.MonkeyPatch, value: str, means: bool) -> None:
        monkeypatch.setenv("BROKER_TLS", value)

        assert env.flag("BROKER_TLS", default=True) is means

    def test_what_is_neither_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BROKER_TLS", "ture")

        with pytest.raises(env.SettingMissing, match="BROKER_TLS must be yes or no, not 'ture'"):
            env.flag("BROKER_TLS", default=False)


class TestArguments:
    @pytest.mark.parametrize("text", ["1.2.2026", "2026-02-30", "today"])
    def test_a_day_is_wanted(self, text: str) -> None:
        with pytest.raises(ArgumentTypeError, match=f"{text}: give a day as YYYY-MM-DD"):
            arguments.day(text)

    @pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
    def test_a_whole_number_is_wanted(self, text: str) -> None:
        with pytest.raises(ArgumentTypeError, match=f"{text}: give a whole number of at least 1"):
            arguments.number(text)
        assert arguments.number("12") == 12
