"""A scenario to start from, as text and as parsed JSON, and how it is changed for a test."""

from typing import Any

from billing.simulation.reading import read_json, read_yaml, scenario_of

TEXT = """\
title: A month in advance
meters:
  calls: {aggregation: sum}
  jobs: {aggregation: count}
plans:
  basic:
    interval: month
    prices:
      - {code: base, charge: recurring, timing: advance, model: flat, amount: "30.00"}
      - {code: calls, charge: usage, meter: calls, model: per_unit, unit_price: 0.10}
  pro:
    interval: month
    prices:
      - {code: base, charge: recurring, model: flat, amount: "60.00"}
timeline:
  - {on: 2026-01-01, do: start, plan: basic}
usage:
  - {at: "2026-01-05T10:00:00+01:00", meter: calls, value: "120", key: u-1}
until: 2026-01-31
"""


def of_text(text):
    return scenario_of(read_yaml(text, file="a.yaml"))


def with_row(row, *, after="do: start, plan: basic}"):
    """The text with one more row of the timeline: on line 17."""
    return TEXT.replace(after, f"{after}\n  - {row}")


def with_usage(row):
    """The text with one more record: on line 19."""
    return TEXT.replace("key: u-1}", f"key: u-1}}\n  - {row}")


def with_price(price):
    """The text with one more price of the plan basic: on line 11."""
    anchor = "unit_price: 0.10}"
    return TEXT.replace(anchor, f"{anchor}\n      - {price}")


def with_top(lines):
    """The text with more keys, on lines after the 19th."""
    return f"{TEXT}{lines}\n"


def refusal_of(text):
    """Why a text is refused."""
    return str(read_yaml(text, file="a.yaml").refusal)


def body(**changes: Any) -> dict[str, Any]:
    """The scenario as parsed JSON."""
    price = {"code": "base", "charge": "recurring", "model": "flat", "amount": "30.00"}
    return {
        "title": "A month in advance",
        "plans": {"basic": {"interval": "month", "prices": [price]}},
        "timeline": [{"on": "2026-01-01", "do": "start", "plan": "basic"}],
        "until": "2026-01-31",
        **changes,
    }


def refusal_in(value):
    """Why parsed JSON is refused."""
    return str(read_json(value).refusal)
