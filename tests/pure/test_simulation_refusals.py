"""What is wrong in a scenario is refused with its place and the remedy."""

from decimal import Decimal

import pytest

from billing.simulation.reading import read_json, read_yaml
from billing.simulation.reading.cases import scenario_of
from billing.simulation.run import run
from billing.simulation.scenario import BadScenario
from tests.pure.telling import (
    TEXT,
    body,
    refusal_in,
    refusal_of,
    with_price,
    with_row,
    with_top,
    with_usage,
)

RECORD = '{at: "2026-01-05T10:00:00+01:00", meter: calls, '
TWO = [{"on": "2026-01-01", "do": "start", "plan": "basic", "subscription": name} for name in "ab"]


def test_the_text_to_start_from_is_right():
    assert read_yaml(TEXT, file="a.yaml").refusal is None
    assert read_json(body()).refusal is None


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (TEXT.replace("until:", "untill:"), "a.yaml:19: a scenario has no key 'untill': did you"),
        (TEXT.replace("interval: month\n", "intervall: month\n", 1), "mean 'interval'?"),
        (TEXT.replace("amount:", "amuont:", 1), "a.yaml:9: a price has no key 'amuont': did you"),
        (with_row("{on: 2026-01-09, do: cancel, quantity: 2}"), "a row with do: cancel has no key"),
        (with_usage(f"{RECORD}kye: x}}"), "a.yaml:19: a usage record has no key 'kye'"),
        (with_top("expect: {invoices: [{nett: 3}]}"), "no key 'nett': did you mean 'net'?"),
        (with_top("expect: {invoices: [{lines: [{sum: 3}]}]}"), "an expected line has no key"),
        (with_top("expect: {}"), "a.yaml:20: expect holds either invoices"),
        (TEXT.replace("until: 2026-01-31\n", ""), "a.yaml:1: a scenario lacks the key 'until'"),
        (TEXT.replace("title: A month in advance\n", ""), "lacks the key 'title'"),
        (TEXT.replace("do: start, plan: basic", "do: start"), "a.yaml:16: a row with do: start"),
        (TEXT.replace(", key: u-1", ""), "a.yaml:18: a usage record lacks the key 'key'"),
    ],
)
def test_keys_that_are_unknown_or_missing(text, refusal):
    assert refusal in refusal_of(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (TEXT.replace('"30.00"', "thirty"), "amount must be a decimal number such as"),
        (TEXT.replace('"30.00"', "1e3"), "amount must be a decimal number"),
        (TEXT.replace('"30.00"', "0x10"), "not '0x10'"),
        (TEXT.replace('"30.00"', ".inf"), "not '.inf'"),
        (TEXT.replace('"30.00"', '"1,50"'), "not '1,50'"),
        (TEXT.replace('"30.00"', "true"), "not true"),
        (TEXT.replace('"30.00"', "[1]"), "not a list"),
        (TEXT.replace('"30.00"', '"1234567890123"'), "too many digits: at most 12 before"),
        (TEXT.replace("2026-01-31", "2026-02-30"), "until must be a day of the calendar such as"),
        (TEXT.replace("2026-01-31", "20260131"), "a.yaml:19: until must be a day"),
        (TEXT.replace("2026-01-31", "1899-01-31"), "must lie in the years 2000 to 2099"),
        (TEXT.replace("10:00:00+01:00", "10:00:00"), "a.yaml:18: at lacks its offset from UTC"),
        (TEXT.replace("2026-01-05T10", "2026-01-32T10"), "at must be a time with offset such as"),
        (TEXT.replace("do: start", "do: begin"), "do must be one of start, change_plan"),
        (TEXT.replace("do: start", "do: strat"), "(did you mean start?)"),
        (TEXT.replace("model: flat", "model: flatt", 1), "model must be one of flat, per_unit"),
        (with_row("{on: 2026-01-09, do: index_prices}"), "do must be one of"),
        (with_top("customer: {kind: firm}"), "kind must be one of business, consumer"),
        (with_top("seller: {currency: EURO}"), "'EURO' is not an ISO 4217 code"),
        (with_top("seller: {country: Germany}"), "give an ISO 3166 code such as DE"),
        (with_top("seller: {timezone: Europe/Berln}"), "did you mean 'Europe/Berlin'?"),
        (with_top("seller: {timezone: ../../etc/passwd}"), "there is no time zone"),
        (with_top("seller: {oss: 'yes'}"), "oss must be true or false, not 'yes'"),
        (with_top("contract: {invoice_day: 32}"), "must be a day of a month, 1 to 31"),
        (with_top("contract: {term: {initial_months: 1.5}}"), "must be a whole number from 0 on"),
        (with_top('seller: {currency: "E\\nU"}'), "one line of 1 to 300 printable characters"),
        (TEXT.replace("timeline:\n  - ", "timeline:\n  "), "timeline must be a list"),
        (TEXT.replace("plan: basic}", "plan: basic, quantity: -1}"), "must not be negative"),
        (with_row("{on: 2026-01-09, do: set_anchor_day, anchor_day: 0}"), "from 1 on"),
    ],
)
def test_values_of_the_wrong_kind(text, refusal):
    assert refusal in refusal_of(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (TEXT.replace("plan: basic}", "plan: basix}"), "no plan 'basix' is defined: did you mean"),
        (TEXT.replace("meter: calls, model", "meter: cals, model"), "no meter 'cals' is defined"),
        (TEXT.replace("meter: calls, value", "meter: cals, value"), "a.yaml:18: no meter 'cals'"),
        (
            with_row("{on: 2026-01-09, do: override_price, price: bse, amount: 1}"),
            "a.yaml:17: no price 'bse' is defined: did you mean 'base'?",
        ),
        (with_row("{on: 2026-01-09, do: discount, percent: 5, prices: [x]}"), "no price 'x'"),
        (with_row("{on: 2026-01-09, do: discount}"), "exactly one of percent, amount, not none"),
        (
            with_row("{on: 2026-01-09, do: discount, percent: 5, amount: 5}"),
            "not percent and amount",
        ),
        (
            with_row("{on: 2026-01-09, do: discount, percent: 5, periods: 99999}"),
            "leave periods out for ever",
        ),
        (
            TEXT.replace("interval: month", "interval: year\n    interval_count: 101", 1),
            "100 years",
        ),
        (with_row("{on: 2026-01-09, do: undo, when: period_end}"), "leave out when: period_end"),
        (with_price("{code: base, charge: recurring, model: flat, amount: 1}"), "is there already"),
        (
            with_price(
                "{code: base, charge: once, model: flat, amount: 1, valid_from: 2026-02-01}"
            ),
            "the versions of the price base are charged differently",
        ),
        (with_price("{code: s, charge: recurring, model: flat}"), "the model flat needs amount"),
        (
            with_price("{code: s, charge: recurring, model: graduated, tiers: [{up_to: 1}]}"),
            "a.yaml:11: Price s: tiers leave a gap above 1",
        ),
        (
            with_price("{code: s, charge: usage, meter: calls, model: dynamic, timing: advance}"),
            "always charged in arrears",
        ),
        (
            with_price("{code: s, charge: recurring, model: flat, amount: 1, round: up}"),
            "the model flat has no round",
        ),
        (
            with_usage(f"{RECORD}value: 119, key: u-1}}"),
            "a.yaml:19: the key 'u-1' belongs to another record of meter calls (a.yaml:18)",
        ),
        (
            with_price("{code: d, charge: usage, meter: calls, model: dynamic}"),
            "the price d charges the amount of each record",
        ),
        (
            TEXT.replace("calls: {aggregation: sum}", "calls: {aggregation: max, property: gb}"),
            "a.yaml:18: The record u-1 lacks the property gb",
        ),
        (with_top("orders: [{on: 2026-01-02, lines: []}]"), "an order needs lines"),
        (
            with_row('{on: 2026-01-09, do: discount, amount: "0.005"}'),
            "a.yaml:17: a discount of 0.005 EUR can't be paid: give 2 decimals at most",
        ),
        (
            TEXT.replace("interval: month", "interval: month\n    minimum_commitment: 1.005", 1),
            "a minimum_commitment of 1.005 EUR can't be paid",
        ),
    ],
)
def test_what_does_not_fit_together(text, refusal):
    assert refusal in refusal_of(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("title: [1", "a.yaml:1: this is not YAML"),
        ("title: a: b", "a.yaml:1: this is not YAML"),
        ("title: \x01", "a.yaml: this is not YAML"),
        ("title: 1\n--- \ntitle: 2\n", "this is not YAML: but found another document"),
        ("title: a\ntitle: b\n", "a.yaml:2: the key 'title' is given twice"),
        ("? [a]\n: b\n", "a key must be a word"),
        ("title: !!python/name:os.system x", "the tag"),
        ("&a [*a]", "nested too deeply or repeats itself"),
        ("[" * 3000, "nested too deeply"),
        ("", "a scenario must be keys with values, not nothing"),
        ("- a", "a scenario must be keys with values, not a list"),
    ],
)
def test_texts_that_are_no_scenario(text, refusal):
    assert refusal in refusal_of(text)


def test_aliases_that_multiply_are_stopped():
    levels = [
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 9)
    ]

    assert "repeats itself" in refusal_of("\n".join(["a0: &a0 [1]", *levels]))


class TestJson:
    @pytest.mark.parametrize(
        ("value", "refusal"),
        [
            (body(until="x"), "until: until must be a day of the calendar"),
            (body(plans={"basic": {}}), "plans.basic: plan basic lacks the key 'prices'"),
            (
                body(timeline=[{"on": "2026-01-01", "do": "start", "plan": "x"}]),
                "timeline[0].plan: no plan 'x' is defined: known are basic",
            ),
            (body(timeline=[*TWO, {"on": "2026-01-09", "do": "pause"}]),
             "timeline[2]: it is unclear which subscription is meant"),
            (
                body(timeline=[*TWO, {"on": "2026-01-09", "do": "pause", "subscription": "c"}]),
                "timeline[2]: no subscription 'c' is defined",
            ),
            (body(seller={"oss": 1.5}), "seller.oss: a float can't be told exactly"),
            (body(title=Decimal("1E+999999")), "title: this number is too long"),
            (body(title="\ud800"), "title: title must be one line"),
            (body(meters={"": {"aggregation": "sum"}}), "meters.: meters must be one line"),
            (7, "a scenario must be keys with values, not '7'"),
        ],
    )  # fmt: skip
    def test_the_path_is_named(self, value, refusal):
        assert refusal in refusal_in(value)

    def test_depth_has_an_end(self):
        value: list[object] = []
        for _ in range(900):
            value = [value]

        assert "nested too deeply" in refusal_in(body(usage=value))


class TestRefusedCase:
    def test_it_keeps_its_title_and_what_it_expects(self):
        case = read_yaml(with_top("expect: {error: no plan}\nextra: 1"), file="a.yaml")

        assert case.scenario is None
        assert (case.title, case.expect) == ("A month in advance", {"error": "no plan"})

    def test_without_title_it_is_called_like_its_file(self):
        assert read_yaml("a: [", file="a.yaml").title == "a.yaml"


def run_refused(value: object) -> str:
    """Why a scenario that can be read can't be run."""
    with pytest.raises(BadScenario) as refused:
        run(scenario_of(read_json(value)))
    return str(refused.value)


TERM = {"initial_months": 12, "renewal_months": 12, "notice_months": 1}
DISCOUNT = {"on": "2026-01-09", "do": "discount", "percent": "101"}


class TestRuns:
    @pytest.mark.parametrize(
        ("value", "refusal"),
        [
            (
                body(timeline=[*body()["timeline"], DISCOUNT]),
                "timeline[1].percent: A discount of 101 percent: use more than 0",
            ),
            (
                body(timeline=[*body()["timeline"], {"on": "2026-01-09", "do": "resume"}]),
                "timeline[1]: The subscription is not paused",
            ),
            (
                body(customer={"kind": "consumer"}, contract={"term": TERM}),
                "contract.term.renewal_months: A consumer's contract can have a renewal",
            ),
            (body(seller={"country": "US"}), "seller: "),
            (body(seller={"country": "US"}, customer={"country": "DE"}), "customer: "),
        ],
    )
    def test_the_path_is_named(self, value, refusal):
        assert run_refused(value).startswith(refusal)

    def test_the_line_is_named(self):
        case = read_yaml(with_top("seller: {country: US}"), file="a.yaml")

        with pytest.raises(BadScenario, match=r"^a\.yaml:20: "):
            run(scenario_of(case))
