"""Why a line stands on an invoice: one paragraph."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from billing.wording.english import ENGLISH
from billing.wording.facts import Facts
from billing.wording.german import GERMAN
from billing.wording.language import Language
from billing.wording.line import ExplainedLine
from billing.wording.price import AGREED_BY, price_told
from billing.wording.steps import ONE, Telling

LONGEST = 700  # Characters; a longer paragraph tells fewer steps singly.
_STEPS = (60, 12, 6, 3, 1)


def language_of(locale: str) -> Language:
    """Return the language of a locale such as de-AT; English where there is no other."""
    return GERMAN if locale.replace("_", "-").split("-")[0].lower() == "de" else ENGLISH


def explained(explanation: Mapping[str, object], *, locale: str, line: ExplainedLine) -> str:
    """Return why a line stands on an invoice, in the language of the locale."""
    facts, language = Facts(explanation), language_of(locale)
    told = ""
    for most_steps in _STEPS:
        telling = Telling(facts, language, line.currency, most_steps)
        told = " ".join(_Paragraph(telling, line).sentences())
        if len(told) < LONGEST:
            break
    return told


class _Paragraph:
    def __init__(self, telling: Telling, line: ExplainedLine) -> None:
        self.telling, self.facts, self.line = telling, telling.facts, line
        self.say = telling.say
        self.priced_minor = line.net_minor
        if self.facts.has("owed_minor"):
            owed = self.facts.minor("owed_minor")
            self.priced_minor = owed - self.facts.minor("charged_before_minor")

    def sentences(self) -> Iterator[str]:
        if self.facts.has("corrected_number"):
            yield from self._corrected()
            return
        if not self.facts.has("kind"):
            yield self._order()
            if before := self.facts.minor("charged_before_minor"):
                yield self.say("ordered_rest", before=self._minor(before))
            return
        if self.facts.is_true("rate_changed"):
            yield from self._at_other_rate()
        elif self.telling.is_correction:
            yield self._opening()
            yield from self._causes()
            days_owed = self._when_owed() if self.facts.is_part else ""
            yield from price_told(self.telling, days_owed)
            yield self._difference()
        else:
            yield self._opening()
            yield from price_told(self.telling)
            yield from self._causes()
        if self.priced_minor != self.line.net_minor:
            yield self.say("tax_included", net=self._minor(self.line.net_minor))

    def _corrected(self) -> Iterator[str]:
        """Tell what someone had taken back of a line, and why."""
        facts, taken = self.facts, self.facts.minor("amount_minor")
        units, day = facts.number("quantity"), facts.day("corrected_on")
        name = "corrected" if units is None else "corrected_units"
        yield self.say(
            name if taken > 0 else "corrected_minus",
            position=facts.text("corrected_position"),
            number=facts.text("corrected_number"),
            day=self.telling.language.day_of(day) if day else "",
            amount=self._minor(abs(taken)),
            units="" if units is None else self.telling.units(units),
            reason=facts.text("reason"),
        )
        if -taken != self.line.net_minor:
            yield self.say("tax_included", net=self._minor(self.line.net_minor))

    def _order(self) -> str:
        what = self._price()
        if steps := self._steps_of_order():
            what = self.say("of_order_by", what=what, steps=steps)
        if self.line.starts_on:
            day = self.telling.language.day_of(self.line.starts_on)
            what = self.say("of_order", what=what, day=day)
        name = "ordered"
        if self.facts.has("tax_included"):
            is_gross = self.priced_minor != self.line.net_minor
            name = "ordered_gross" if is_gross else "ordered_net"
        net = self._minor(self.line.net_minor)
        return self.say(name, amount=self._minor(self.priced_minor), net=net, what=what)

    def _steps_of_order(self) -> str:
        facts = self.facts
        quantity, unit_price = facts.sum("quantity"), facts.number("unit_price")
        if facts.text("model") == "flat" or unit_price is None or quantity == ONE:
            return ""
        units, price = self.telling.units(quantity), self.telling.price(unit_price)
        return self.say("step_each", units=units, price=price)

    def _at_other_rate(self) -> Iterator[str]:
        """Tell of a credit and a new charge, since the rates of tax of their last days differ."""
        is_credit = bool(self.facts.minor("charged_before_minor"))
        when = self._span() if is_credit else self._when_owed()
        amount = self._minor(self.priced_minor)
        yield self.say("charged", amount=amount, when=when, what=self._what())
        if is_credit:
            before = self._minor(self.facts.minor("charged_before_minor"))
            yield self.say("rate_changed_credit", before=before)
            yield from self._causes()
        else:
            yield from price_told(self.telling)
            yield self.say("rate_changed_anew")

    def _opening(self) -> str:
        what = self._what()
        if self.telling.is_correction:
            name = "credited" if self.priced_minor < 0 else "charged_more"
            return self.say(name, when=self._span(), what=what)
        amount = self._minor(self.priced_minor)
        return self.say("charged", amount=amount, when=self._when_owed(), what=what)

    def _what(self) -> str:
        plan = self.line.plan_name or _worded(self.facts.text("plan"))
        if self.facts.is_commitment:
            name = "minimum_commitment_of_plan" if plan else "minimum_commitment"
            return self.say(name, plan=plan)
        if not plan or re.search(rf"\b{re.escape(plan)}\b", self.line.text, re.IGNORECASE):
            return self._price()
        return self.say("price_of_plan", price=_worded(self.line.text), plan=plan)

    def _price(self) -> str:
        return self.say("price_alone", price=_worded(self.line.text))

    def _span(self) -> str:
        return self._for(self.line.starts_on, self.line.ends_on)

    def _for(self, starts_on: date | None, ends_on: date | None) -> str:
        return self.telling.language.span(starts_on, ends_on) if starts_on and ends_on else ""

    def _when_owed(self) -> str:
        """Return the days that are owed, and what part of the billing period they are."""
        facts = self.facts
        starts_on, ends_on = facts.day("stretch_starts_on"), facts.day("stretch_ends_on")
        when = self._for(starts_on, ends_on)
        if facts.text("kind") == "once" and starts_on:
            return self.say("once", day=self.telling.language.day_of(starts_on))
        if facts.is_part:
            return self._part(when)
        if facts.is_usage or not starts_on or not ends_on or (ends_on - starts_on).days == 1:
            return when
        is_month = starts_on.day == ends_on.day == 1 and (ends_on - starts_on).days <= 31
        return self.say("whole_month" if is_month else "whole_period", when=when)

    def _part(self, when: str) -> str:
        return self.say(
            f"part_{self.facts.text('proration')}",
            when=when,
            used=self.telling.language.number(self.facts.sum("share_used")),
            whole=self.telling.language.number(self.facts.sum("share_whole")),
        )

    def _causes(self) -> Iterator[str]:
        """Yield which changes begin and end the terms, where the line's days tell of them."""
        facts = self.facts
        if facts.has("reason_change_id"):
            yield self.say("caused", change=self._change("reason_change"))
        elif not self._is_late():
            yield from self._bounds()

    def _is_late(self) -> bool:
        """Return whether it charges usage that became known late, and is told as such."""
        before = self.facts.number("measured_before")
        return before is not None and before < self.facts.sum("quantity")

    def _bounds(self) -> Iterator[str]:
        facts = self.facts
        first = last = ""
        if facts.has("change_id") and self._is_begun_by_change():
            if facts.text("change_kind") != "start":
                first = self._change("change")
            elif self._is_start_told():
                yield self._dated("started", "change")
        ends = facts.day("ended_by_change_effective_on") == facts.day("stretch_ends_on")
        if ends and facts.has("ended_by_change_id"):
            last = self._change("ended_by_change")
        if first and last and not self.telling.is_correction:
            yield self.say("begins_and_ends", first=first, last=last)
        elif first or last:
            yield self.say("ends" if last else "begins", change=last or first)

    def _is_begun_by_change(self) -> bool:
        """Return whether the change of that day is one of this price."""
        facts = self.facts
        if facts.day("change_effective_on") != facts.day("stretch_starts_on"):
            return False
        kind = facts.text("change_kind")
        if kind == "discount":
            return bool(facts.discounts)
        if kind == "change_quantity" and facts.text("model") == "flat":
            return facts.is_commitment  # It costs the same, however many.
        tags = facts.text("tag").split()
        return all(kind != agreed or name in tags for name, agreed in AGREED_BY.items())

    def _is_start_told(self) -> bool:
        """Return whether the start is what makes a first period short, or was told late."""
        if self.facts.minor("charged_before_minor"):
            return False
        effective_on = self.facts.day("change_effective_on")
        recorded_on = self.facts.day("change_recorded_on")
        is_late = bool(effective_on and recorded_on and recorded_on > effective_on)
        return self.facts.is_part or is_late

    def _change(self, name: str) -> str:
        """Return a change with the day of its effect, and the day it became known if another."""
        kind = self.say(f"change_{self.facts.text(f'{name}_kind')}")
        return self._dated("change", name, change=kind)

    def _dated(self, text: str, name: str, **gaps: str) -> str:
        facts, written = self.facts, self.telling.language.day_of
        effective_on = facts.day(f"{name}_effective_on")
        recorded_on = facts.day(f"{name}_recorded_on")
        assert effective_on
        assert recorded_on
        if recorded_on != effective_on:
            text += "_recorded" if recorded_on > effective_on else "_announced"
        return self.say(text, day=written(effective_on), recorded=written(recorded_on), **gaps)

    def _difference(self) -> str:
        owed, before = self.facts.minor("owed_minor"), self.facts.minor("charged_before_minor")
        if self.facts.has("conceded_minor"):
            return self.say(
                "conceded",
                conceded=self._minor(self.facts.minor("conceded_minor")),
                before=self._minor(before),
                amount=self._minor(self.priced_minor),
            )
        return self.say(
            "difference" if owed else "nothing_owed",
            owed=self._minor(owed),
            before=self._minor(before),
            amount=self._minor(self.priced_minor),
        )

    def _minor(self, amount_minor: int) -> str:
        return self.telling.language.minor(amount_minor, self.line.currency)


def _worded(text: str) -> str:
    """Return a code as words; a text that somebody wrote stays as it is."""
    return text.replace("_", " ") if text == text.lower() and " " not in text else text
