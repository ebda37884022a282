"""
Periods and ratios that other billing systems assert in their own tests.

Theirs differ on purpose where an annual price has an anchor day (KB-PR-030, KB-PR-031: they wait
for that day near the end of the year, here the stub ends on the next such day of a month), in
arrears at a pause (KB-BX-015: charged at once, here at the period's end), and where the day of
the cancellation counts as used (OC-013, ER-005: here the day belongs to the new terms).
"""

from decimal import Decimal

import pytest

from billing.pricing.owed import owed
from billing.pricing.proration import Share
from tests.pure.story import Story, day, plan, price

# name, interval, anchor day, start, end, billed up to, (start, end, ratio) of each part
IN_ADVANCE = [
    ("KB-PR-002", "month", 15, "2011-01-01", "2011-02-27", "2011-01-15",
     [("2011-01-01", "2011-01-15", "0.451612903"), ("2011-01-15", "2011-02-15", "1")]),
    ("KB-PR-003", "month", 15, "2011-01-01", "2011-02-27", "2011-02-27",
     [("2011-01-01", "2011-01-15", "0.451612903"), ("2011-01-15", "2011-02-15", "1"),
      ("2011-02-15", "2011-02-27", "0.428571429")]),
    ("KB-PR-004", "month", 15, "2011-01-01", "2011-02-27", "2011-03-07",
     [("2011-01-01", "2011-01-15", "0.451612903"), ("2011-01-15", "2011-02-15", "1"),
      ("2011-02-15", "2011-02-27", "0.428571429")]),
    ("KB-PR-008", "month", 13, "2011-02-01", None, "2011-04-13",
     [("2011-02-01", "2011-02-13", "0.387096774"), ("2011-02-13", "2011-03-13", "1"),
      ("2011-03-13", "2011-04-13", "1"), ("2011-04-13", "2011-05-13", "1")]),
    ("KB-PR-010", "month", 17, "2010-06-17", "2010-07-25", "2010-06-20",
     [("2010-06-17", "2010-07-17", "1")]),
    ("KB-PR-013", "month", 3, "2011-02-17", None, "2011-03-03",
     [("2011-02-17", "2011-03-03", "0.5"), ("2011-03-03", "2011-04-03", "1")]),
    ("KB-PR-014", "month", 1, "2011-02-01", "2011-02-14", "2011-03-01",
     [("2011-02-01", "2011-02-14", "0.464285714")]),
    ("KB-PR-017", "month", 1, "2012-02-01", "2012-02-15", "2012-02-19",
     [("2012-02-01", "2012-02-15", "0.482758621")]),
    ("KB-PR-021", "month", 7, "2011-02-07", "2011-03-10", "2011-04-21",
     [("2011-02-07", "2011-03-07", "1"), ("2011-03-07", "2011-03-10", "0.096774194")]),
    ("KB-PR-023", "month", 7, "2011-01-31", "2011-03-10", "2011-04-21",
     [("2011-01-31", "2011-02-07", "0.225806452"), ("2011-02-07", "2011-03-07", "1"),
      ("2011-03-07", "2011-03-10", "0.096774194")]),
    ("KB-PR-024", "month", 15, "2010-12-15", "2011-03-17", "2011-03-15",
     [("2010-12-15", "2011-01-15", "1"), ("2011-01-15", "2011-02-15", "1"),
      ("2011-02-15", "2011-03-15", "1"), ("2011-03-15", "2011-03-17", "0.064516129")]),
    ("KB-PR-025", "quarter", 1, "2011-01-01", "2011-01-15", "2011-01-15",
     [("2011-01-01", "2011-01-15", "0.155555556")]),
    ("KB-PR-026", "year", 1, "2011-01-01", "2011-01-15", "2011-01-15",
     [("2011-01-01", "2011-01-15", "0.038356164")]),
    ("KB-PR-029", "quarter", 1, "2012-02-01", "2012-02-15", "2012-02-19",
     [("2012-02-01", "2012-02-15", "0.155555556")]),
    ("KB-PR-032", "year", 17, "2011-01-10", "2012-03-04", "2012-04-05",
     [("2011-01-10", "2011-01-17", "0.019178082"), ("2011-01-17", "2012-01-17", "1"),
      ("2012-01-17", "2012-03-04", "0.128415301")]),
    ("KB-PR-033", "year", 17, "2010-06-17", "2011-06-25", "2011-07-30",
     [("2010-06-17", "2011-06-17", "1"), ("2011-06-17", "2011-06-25", "0.021857923")]),
    ("OC-020", "month", None, "2019-01-05", "2019-01-15", "2019-01-05",
     [("2019-01-05", "2019-01-15", "0.322580645")]),
    ("KB-TR-003", "year", None, "2015-01-01", "2015-03-15", "2015-12-31",
     [("2015-01-01", "2015-03-15", "0.2")]),
]  # fmt: skip

IN_ARREARS = [
    ("KB-LI-007", 17, "2012-07-16", "2012-10-16",
     [("2012-07-16", "2012-07-17"), ("2012-07-17", "2012-08-17"), ("2012-08-17", "2012-09-17")]),
    ("KB-LI-009", 31, "2025-03-31", "2025-05-30", [("2025-03-31", "2025-04-30")]),
    ("KB-AR-005", 18, "2012-01-16", "2012-02-18",
     [("2012-01-16", "2012-01-18"), ("2012-01-18", "2012-02-18")]),
]  # fmt: skip


def _ratio(portion: Share) -> Decimal:
    return round(Decimal(portion.used) / portion.whole, 9)


@pytest.mark.parametrize("case", IN_ADVANCE, ids=lambda case: case[0])
def test_parts_in_advance(case):
    _, interval, anchor, start, end, until, parts = case
    story = Story().do(start, "start", plan("p", "1.00", interval=interval, anchor_day=anchor))
    if end:
        story.do(end, "cancel", recorded=start)

    items = owed(story.timeline, until=day(until))

    assert [
        (str(item.starts_on), str(item.ends_on), _ratio(item.reckoning.portion)) for item in items
    ] == [(first, last, Decimal(ratio)) for first, last, ratio in parts]


@pytest.mark.parametrize("case", IN_ARREARS, ids=lambda case: case[0])
def test_parts_in_arrears(case):
    _, anchor, start, until, parts = case
    monthly = plan("p", price(amount="1.00", timing="arrears"), anchor_day=anchor)
    story = Story().do(start, "start", monthly)

    items = owed(story.timeline, until=day(until))

    assert [(str(i.starts_on), str(i.ends_on)) for i in items] == parts


@pytest.mark.parametrize("timing", ["advance", "arrears"])
def test_a_term_that_ends_in_mid_period(timing):
    every_two_years = plan(
        "p", price(amount="40.00", timing=timing), interval="year", interval_count=2
    )
    story = Story().do("2021-12-01", "start", every_two_years)

    story.do("2024-12-01", "cancel", recorded="2021-12-01").bill("2026-01-01")

    assert story.lines == [  # KB-BX-020, KB-BX-021: 40 x 366/731 = 20.027
        ("base", "2021-12-01", "2023-12-01", "40.00"),
        ("base", "2023-12-01", "2024-12-01", "20.03"),
    ]


def test_seats_change_on_the_turn_of_the_period():
    story = Story().do("2022-11-27", "start", plan("p", price(unit_price="29.95")), quantity="7")

    story.do("2022-12-27", "change_quantity", "10").bill("2023-01-26")

    assert story.lines == [  # KB-BX-024
        ("base", "2022-11-27", "2022-12-27", "209.65"),
        ("base", "2022-12-27", "2023-01-27", "299.50"),
    ]


def test_the_rest_of_a_pause_by_subtraction():
    story = Story().do("2019-04-27", "start", plan("p", "29.95"))

    story.do("2019-05-03", "pause").bill("2019-06-30")

    assert story.lines[1:] == [  # KB-TR-005: 29.95 x 6/30 = 5.99 kept
        ("base", "2019-05-03", "2019-05-27", "-23.96")
    ]


def test_an_addon_that_starts_before_the_anchor_and_ends_after_one():
    addon = plan("addon", "20.00", anchor_day=10)
    story = Story().do("2011-06-21", "start", addon)

    story.do("2011-10-07", "cancel").bill("2011-11-01")

    assert story.sums[0] == ("2011-06-21", "12.67")  # KB-IN-007: 20 x 19/30
    assert story.sums[-1] == ("2011-10-07", "-2.00")  # 20 - 20 x 27/30


def test_calendar_months_from_the_first_day_to_the_last():
    story = Story().do("2018-01-05", "start", plan("p", "100.00", alignment="calendar"))

    story.do("2018-03-16", "cancel", recorded="2018-01-05").bill("2018-06-01")

    assert [line[1:3] for line in story.lines] == [  # OC-031, ends made exclusive
        ("2018-01-05", "2018-02-01"),
        ("2018-02-01", "2018-03-01"),
        ("2018-03-01", "2018-03-16"),
    ]


def test_a_calendar_quarter_begins_in_its_middle():
    quarterly = plan("p", "90.00", interval="quarter", alignment="calendar")

    story = Story().do("2018-01-15", "start", quarterly).bill("2018-03-31")

    assert story.lines == [("base", "2018-01-15", "2018-04-01", "76.00")]  # ER-002: 90 x 76/90
