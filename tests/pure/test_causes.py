"""What failures have in common: patterns of messages, places in the code, fingerprints."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.events.causes import (
    HEALING,
    IN_WORDS,
    LONGEST_PATTERN,
    distance,
    fingerprint,
    in_words,
    pattern_of,
    place_of,
)
from billing.events.priorities import CLASS_POINTS
from billing.mending import NOTHING, Mend, mend_of
from billing.money import UnknownCurrency, minor_digits
from billing.pricing.refused import Refused
from billing.pricing.taxes import TaxDataMissing

# Messages of defects and refusals, as libraries and we write them: each twice, of two events.
ALIKE = [
    (
        "KeyError: '0193f6a2-7a10-7d6e-9c1b-0a4f2f6f3f10'",
        "KeyError: '0193f6a2-9999-7d6e-8c1b-ffffffffffff'",
    ),
    (
        "Event matching query 0193f6a2-7a10-7d6e-9c1b-0a4f2f6f3f10 does not exist.",
        "Event matching query 01900000-7a10-7000-9c1b-0a4f2f6f3f99 does not exist.",
    ),
    (
        "DataError: numeric field overflow\nDETAIL:  A field with precision 24, scale 12 must round"
        " to an absolute value less than 10^12.",
        "DataError: numeric field overflow\nDETAIL:  A field with precision 14, scale 2 must round"
        " to an absolute value less than 10^9.",
    ),
    (
        "UniqueViolation: Key (seller_id, number)=(0193f6a2-7a10-7d6e-9c1b-0a4f2f6f3f10, R2026-1)"
        " already exists.",
        "UniqueViolation: Key (seller_id, number)=(0193f6a2-7a10-7d6e-9c1b-0a4f2f6f3f11, R2026-77)"
        " already exists.",
    ),
    (
        "Product 'T-Shirt rot, Größe 7' has no price in EUR on sale on 2026-01-31.",
        "Product 'Tasse' has no price in EUR on sale on 2026-02-01.",
    ),
    ('The colour "#fff" is too pale.', 'The colour "#eeeeee" is too pale.'),
    ("Die Datei „Müller.pdf“ fehlt.", "Die Datei „Schulz & Söhne.pdf“ fehlt."),
    ("The customer «Dupont» has no street.", "The customer «Durand et fils» has no street."),
    (
        "ConnectError: https://app.example/hooks?id=1 answered 500",
        "ConnectError: https://other.example:8443/x answered 503",
    ),
    ("550 no such user ada@shop.example", "550 no such user bob.b+x@mail.shop.example"),
    ("It was due at 2026-01-31T12:00:00Z.", "It was due at 2026-02-28 23:59:59.123+01:00."),
    ("No rate is known for the month 2026-01.", "No rate is known for the month 2025-12."),
    ("Stichtag war der 31.01.2026.", "Stichtag war der 1.2.2026."),
    ("1 record waits since 3 days", "7 record waits since 4 days"),
    ("An amount of 1.234,56 EUR is negative", "An amount of 7,00 EUR is negative"),
    ("An amount of -1,234.56 is too much: 19%", "An amount of 12.5 is too much: 7.5%"),
    ("OSError: [Errno 28] /srv/documents/ab/cd.pdf", "OSError: [Errno 28] /srv/documents/x/1.pdf"),
    ("object at 0x7f1c2a3b4c5d", "object at 0x7ffff0000000"),
    ("SHA-256 should be 9f86d081884c7d659a2feaa0c55ad015", "SHA-256 should be 60303ae22b998861bce"),
    ("overflow at 1.5e+27", "overflow at 2E-9"),
    ("line  one\n  and two", "line one and\ttwo"),
    ("`anlass-billing` takes nothing", "`anlass-bulk` takes nothing"),
]  # fmt: skip
# Each is another cause than all the others, whatever names and numbers are taken out.
UNLIKE = [
    "KeyError: 'customer_id'", "ValueError: not a number", "numeric field overflow",
    "The seller has no VAT id.", "The seller has no postcode.",
    "The customer has no VAT id.", "The customer's address isn't complete",
    "connection refused", "connection reset by peer", "No rate of USD is known.",
    "No rate of CHF is known.", "No tax rate is recorded for DE, class standard",
    "No tax rate is recorded for FR, class standard",
    "No tax rate is recorded for FR, class reduced",
]  # fmt: skip


class TestPatterns:
    @pytest.mark.parametrize(("one", "other"), ALIKE)
    def test_what_differs_between_events_is_taken_out(self, one: str, other: str) -> None:
        assert pattern_of(one) == pattern_of(other)

    def test_what_tells_causes_apart_stays(self) -> None:
        assert len({pattern_of(text) for text in UNLIKE}) == len(UNLIKE)

    def test_it_stays_readable(self) -> None:
        told = pattern_of("Product 'Cup' has no price in EUR on sale on 2026-01-31, only 7.")

        assert told == "Product {name} has no price in EUR on sale on {date}, only {number}."

    def test_an_apostrophe_begins_no_name(self) -> None:
        told = pattern_of("The customer's tax isn't known, the seller's is.")

        assert told == "The customer's tax isn't known, the seller's is."

    @given(st.text(max_size=2000))
    def test_any_text_has_a_short_one(self, text: str) -> None:
        assert len(pattern_of(text)) <= LONGEST_PATTERN

    @given(st.integers(0, 10**12), st.uuids(), st.dates())
    def test_numbers_ids_and_days_never_matter(
        self, number: int, uuid: object, day: object
    ) -> None:
        assert pattern_of(f"{uuid} owes {number} since {day}") == "{id} owes {number} since {date}"


class TestPlaces:
    def test_a_defect_lies_in_the_innermost_function_of_ours(self) -> None:
        def outer(name: str) -> None:
            minor_digits(name)

        with pytest.raises(UnknownCurrency) as met:
            outer("???")
        with pytest.raises(re.error) as alien:
            re.compile("(")

        assert place_of(met.value) == "billing.money.minor_digits"
        assert place_of(alien.value) == ""

    def test_a_method_is_named_with_its_class(self) -> None:
        with pytest.raises(AttributeError) as met:
            Mend.of(None, 1)  # type: ignore[arg-type]

        assert place_of(met.value) == "billing.mending.Mend.of"


class TestFingerprints:
    PLAN, OTHER = Mend("plan", "1", "base EUR"), Mend("plan", "2", "base EUR")

    def of(self, mend: Mend = PLAN, reason: str = "", **given: str) -> object:
        told = {"code": "price_missing", "place": "PriceMissing", **given}
        return fingerprint(mend=mend, reason=reason, **told)

    def test_one_plan_without_a_price_is_one_cause_whoever_meets_it(self) -> None:
        assert self.of(reason="Contract 1 on 2026-01-01") == self.of(reason="Contract 2, later")

    def test_two_plans_without_a_price_are_two(self) -> None:
        assert self.of(self.PLAN) != self.of(self.OTHER)

    def test_so_are_two_prices_of_a_plan_and_two_currencies(self) -> None:
        parts = ("base EUR", "base USD", "seats EUR", "base seats EUR")

        assert len({self.of(Mend("plan", "1", part)) for part in parts}) == len(parts)

    def test_what_names_nothing_is_told_by_its_pattern(self) -> None:
        one = self.of(NOTHING, "KeyError: 'x' of 7")

        assert one == self.of(NOTHING, "KeyError: 'y' of 9")
        assert one != self.of(NOTHING, "ValueError: 'x' of 7")

    @pytest.mark.parametrize("given", [{"code": "defect"}, {"place": "elsewhere"}])
    def test_class_and_place_tell_apart_too(self, given: dict[str, str]) -> None:
        assert self.of() != self.of(**given)

    def test_parts_can_t_be_mistaken_for_each_other(self) -> None:
        assert self.of(Mend("a", "b", "c")) != self.of(Mend("a", "bc", ""))

    def test_it_is_the_same_in_each_process(self) -> None:
        told = fingerprint(code="defect", place="x", reason="y")

        assert str(told) == "4731edf5-e230-f852-3327-6aaf2fd75f33"


class TestWhatNamesItsCause:
    def test_exceptions_say_what_must_be_mended(self) -> None:
        missing = Refused("None.", mend=Mend("plan", "1", "base EUR"))

        assert mend_of(missing) == Mend("plan", "1", "base EUR")
        assert mend_of(TaxDataMissing("None.", country="DE", tax_class="standard")) == Mend(
            "tax_rate", part="DE standard"
        )
        assert mend_of(Refused("Wrong.")) == NOTHING
        assert mend_of(KeyError("x")) == NOTHING

    def test_a_row_that_was_named_stays_named(self) -> None:
        assert Mend("customer", "7").of(8) == Mend("customer", "7")
        assert Mend("customer").of(8) == Mend("customer", "8")


class TestClasses:
    def test_all_that_are_known_have_words(self) -> None:
        assert set(CLASS_POINTS) | HEALING <= set(IN_WORDS)
        assert in_words("never_heard_of") == "Never heard of"

    def test_what_is_delivered_and_what_is_a_defect_is_not_probed(self) -> None:
        assert not {code for code in HEALING if "given_up" in code or "webhook" in code}
        assert "defect" not in HEALING

    def test_probes_grow_apart_up_to_a_day(self) -> None:
        hours = [distance(probes) / timedelta(hours=1) for probes in (0, 1, 2, 3, 4, 99)]

        assert hours == [0.25, 1, 6, 24, 24, 24]
