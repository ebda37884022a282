# ruff: noqa: RUF001 (the minus sign is meant)
"""What a line says of itself, in both languages."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest

from billing.pricing.explanation import explain
from billing.pricing.owed import owed
from billing.pricing.prices import Aggregation, PriceModel, Proration
from billing.pricing.terms import ChangeKind
from billing.simulation.reading.cases import read_yaml, scenario_of
from billing.simulation.run import run
from billing.simulation.scenario import BadScenario, DocumentLine
from billing.wording.english import ENGLISH
from billing.wording.german import GERMAN
from billing.wording.language import Language
from billing.wording.line import ExplainedLine
from billing.wording.paragraph import LONGEST, explained, language_of
from billing.wording.steps import MODELS
from tests.pure.test_indexation import indexed
from tests.pure.wording_cases import CASES, FEE, SEATS, START, Case, story

SCENARIOS = sorted(Path("tests/scenarios").rglob("*.yaml"))
LANGUAGES = (GERMAN, ENGLISH)


def lines(text: str, name: str) -> Iterator[tuple[DocumentLine, str]]:
    """The lines of a story with their currency; none if the story is refused."""
    try:
        documents = run(scenario_of(read_yaml(text, file=name)))
    except BadScenario:
        return
    for document in documents:
        for line in document.lines:
            yield line, document.currency


def told(line: DocumentLine, currency: str, locale: str) -> str:
    return explained(
        line.explanation,
        locale=locale,
        line=ExplainedLine(
            text=line.text,
            currency=currency,
            net_minor=line.net_minor,
            quantity=line.quantity,
            starts_on=line.starts_on,
            ends_on=line.ends_on,
        ),
    )


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


class TestTexts:
    def test_both_languages_have_the_same(self) -> None:
        assert set(ENGLISH.texts) == set(GERMAN.texts)

    @pytest.mark.parametrize("name", sorted(ENGLISH.texts))
    def test_no_gap_is_known_in_one_language_only(self, name: str) -> None:
        optional = {"recorded"}  # An announced start is told without.

        assert gaps(ENGLISH.texts[name]) ^ gaps(GERMAN.texts[name]) <= optional

    def test_everything_that_is_told_by_name_has_its_text(self) -> None:
        simple = {Aggregation.SUM, Aggregation.COUNT}
        names = {f"aggregation_{each}" for each in Aggregation if each not in simple}
        names |= {f"part_{each}" for each in Proration}
        names |= {f"change_{each}" for each in ChangeKind if each is not ChangeKind.START}

        assert names <= set(ENGLISH.texts)
        assert set(MODELS) == set(PriceModel)


class TestLanguage:
    @pytest.mark.parametrize(
        ("locale", "language"),
        [("de", GERMAN), ("de-AT", GERMAN), ("DE_ch", GERMAN), ("en", ENGLISH), ("fr", ENGLISH)],
    )
    def test_it_is_that_of_the_locale(self, locale: str, language: Language) -> None:
        assert language_of(locale) is language

    @pytest.mark.parametrize(
        ("value", "currency", "english", "german"),
        [
            ("1234.56", "EUR", "€1,234.56", "1.234,56 €"),
            ("-0.5", "EUR", "−€0.50", "−0,50 €"),
            ("1234567", "JPY", "¥1,234,567", "1.234.567 ¥"),
            ("0.497", "KWD", "KWD 0.497", "0,497 KWD"),
            ("0.0000025", "CHF", "CHF 0.0000025", "0,0000025 CHF"),
            ("1000", "USD", "$1,000.00", "1.000,00 $"),
        ],
    )
    def test_money(self, value: str, currency: str, english: str, german: str) -> None:
        amount = Decimal(value)

        assert ENGLISH.price(amount, currency) == english
        assert GERMAN.price(amount, currency) == german

    def test_a_reckoned_amount_has_no_more_than_six_places(self) -> None:
        assert ENGLISH.amount(Decimal("14.516129032258"), "EUR") == "€14.516129"
        assert ENGLISH.amount(Decimal("14.5000000001"), "EUR") == "€14.50"

    @pytest.mark.parametrize(
        ("starts_on", "ends_on", "english", "german"),
        [
            ("2026-03-01", "2026-04-01", "for March 2026", "für März 2026"),
            ("2026-02-01", "2026-02-02", "for 1 Feb 2026", "für den 01.02.2026"),
            ("2026-04-01", "2026-07-01", "for the second quarter of 2026",
             "für das 2. Quartal 2026"),
            ("2026-01-01", "2027-01-01", "for the year 2026", "für das Jahr 2026"),
            ("2026-02-01", "2026-05-01", "for 1 Feb 2026 to 30 Apr 2026",
             "für die Zeit vom 01.02.2026 bis 30.04.2026"),
            ("2026-12-31", "2027-01-31", "for 31 Dec 2026 to 30 Jan 2027",
             "für die Zeit vom 31.12.2026 bis 30.01.2027"),
        ],
    )  # fmt: skip
    def test_days(self, starts_on: str, ends_on: str, english: str, german: str) -> None:
        days = date.fromisoformat(starts_on), date.fromisoformat(ends_on)

        assert (ENGLISH.span(*days), GERMAN.span(*days)) == (english, german)


class TestExplained:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_word_by_word(self, case: Case) -> None:
        line, currency = list(lines(case.story, case.name))[case.line]

        assert told(line, currency, "en") == case.english
        assert told(line, currency, "de") == case.german

    @pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
    def test_every_line_of_every_scenario(self, path: Path) -> None:
        for line, currency in lines(path.read_text(encoding="utf-8"), path.name):
            for language in LANGUAGES:
                text = told(line, currency, language.code)

                assert language.minor(line.net_minor, currency) in text
                assert not re.search(r"None|_|\{|\}|  |\.\.|: \.", text), text
                assert len(text) < LONGEST

    def test_many_groups_are_summed_up(self) -> None:
        rows = [
            {"units": "1", "amount": "2", "unit_price": "2", "group": f"host h{number}"}
            for number in range(500)
        ]
        facts = {
            "kind": "usage", "model": "per_unit", "price": "hosts", "quantity": "500",
            "full_price": "1000", "steps": rows, "owed_minor": 100000, "charged_before_minor": 0,
            "stretch_starts_on": "2026-01-01", "stretch_ends_on": "2026-02-01",
        }  # fmt: skip
        line = ExplainedLine(text="Hosts", currency="EUR", net_minor=100000, quantity=Decimal(500))

        text = explained(facts, locale="en", line=line)

        assert len(text) < LONGEST
        assert "host h0: 1 unit at €2.00 = €2.00; " in text
        assert "; 488 more = €976.00." in text

    def test_an_explanation_of_few_facts_is_enough(self) -> None:
        line = ExplainedLine(text="Fee", currency="EUR", net_minor=990, quantity=Decimal(1))

        assert explained({}, locale="de", line=line) == "9,90 €: „Fee“."


class TestReasons:
    """Which facts of a day a line names."""

    def test_of_two_changes_of_a_day_the_plan_matters(self) -> None:
        told_ = self.of(
            "{on: 2026-02-01, do: change_plan, plan: small}",
            "{on: 2026-02-01, do: change_quantity, quantity: '3'}",
        )

        assert "begin with the change of plan on 1 Feb 2026" in told_[-1]

    def test_a_flat_price_does_not_change_with_the_quantity(self) -> None:
        told_ = self.of("{on: 2026-02-01, do: change_quantity, quantity: '3'}")

        assert [("change of quantity" in text) for text in told_] == [False, False, False, True]

    def test_an_undo_is_the_reason_of_what_it_corrects(self) -> None:
        told_ = self.of(
            "{on: 2026-02-15, recorded: 2026-01-10, do: cancel}", "{on: 2026-02-05, do: undo}"
        )

        assert "That follows from the withdrawal of a change on 5 Feb 2026." in told_[-1]

    def test_a_discount_that_takes_nothing_off_is_not_told(self) -> None:
        told_ = self.of("{on: 2026-02-01, do: discount, amount: '31.00', prices: [fee, seats]}")

        assert told_[-1] == "€5.00 for February 2026, the whole month: “seats” of plan “pro”."

    def test_late_usage_is_not_explained_by_what_ends_its_days(self) -> None:
        calls = "{code: calls, charge: usage, meter: calls, model: per_unit, unit_price: '1'}"
        at = 'at: "2026-01-05T10:00:00+01:00", meter: calls'
        late = f"usage: [{{{at}, key: a, value: '2'}}, {{{at}, key: b, recorded: 2026-02-10}}]"
        end = "{on: 2026-02-01, recorded: 2026-01-20, do: cancel}"

        text = list(self.told(story(calls, timeline=f"{START}, {end}") + late))[-1]

        assert "Of these, 1 unit became known later." in text
        assert "cancellation" not in text

    @pytest.mark.parametrize(
        ("percent", "english", "german"),
        [
            ("2.5", "raised by 2.5% on 1 Feb 2026", "zum 01.02.2026 vereinbarungsgemäß um 2,5 %"),
            ("-2.5", "lowered by 2.5% on 1 Feb 2026", "um 2,5 % gesenkt"),
        ],
    )
    def test_an_index_is_told_with_its_percent(
        self, percent: str, english: str, german: str
    ) -> None:
        timeline = indexed(("2026-02-01", percent))
        items = owed(timeline, until=date(2026, 3, 1))
        line = ExplainedLine(text="Fee", currency="EUR", net_minor=3075, quantity=Decimal(1))

        for item in items[1:]:
            why = explain(item, 0, known=timeline)
            assert english in explained(why, locale="en", line=line)
            assert german in explained(why, locale="de", line=line)

    def of(self, *rows: str) -> list[str]:
        return list(
            self.told(story(FEE, SEATS, timeline=", ".join([START, *rows]), until="2026-02-10"))
        )

    def told(self, text: str) -> Iterator[str]:
        for line, currency in lines(text, "a story"):
            yield told(line, currency, "en")
