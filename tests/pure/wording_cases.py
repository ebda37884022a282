# ruff: noqa: RUF001 (the minus sign is meant)
"""Lines of small stories, and what they say in both languages, word by word."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Case:
    """The text of one of a story's lines, counted from 0."""

    name: str
    story: str
    line: int
    english: str
    german: str


def story(*prices: str, timeline: str = "", until: str = "2026-03-01", plan: str = "") -> str:
    """A customer on the plan pro from 1 January 2026 on; `plan` holds its other terms."""
    return f"""
title: a story
meters: {{calls: {{aggregation: sum}}, peak: {{aggregation: max}}}}
plans:
  pro: {{interval: month, {plan} prices: [{", ".join(prices)}]}}
  small: {{interval: month, prices: [{{code: fee, charge: recurring, amount: "10", model: flat}}]}}
timeline: [{timeline or START}]
until: {until}
"""


def used(*rows: str) -> str:
    """What was used on 5 January: rows of a key, a value, and what else there is to say."""
    at = 'at: "2026-01-05T10:00:00+01:00"'
    return "usage: [" + ", ".join(f"{{{at}, {row}}}" for row in rows) + "]"


START = "{on: 2026-01-01, do: start, plan: pro}"
FEE = '{code: fee, charge: recurring, model: flat, amount: "31.00"}'
SEATS = '{code: seats, charge: recurring, model: per_unit, unit_price: "5.00"}'
TIERS = '[{up_to: "100", unit_price: "0"}, {up_to: null, unit_price: "0.02", flat: "1.00"}]'
CALLS = f"{{code: api_calls, charge: usage, meter: calls, model: graduated, tiers: {TIERS}}}"
FLAT_TIER = CALLS.replace('"0"}', '"0", flat: "4.00"}')
PACKAGES = """{code: calls, charge: usage, meter: calls, model: package, amount: "10.00",
  size: "1000", free_units: "500"}"""
PERCENT = """{code: payments, charge: usage, meter: calls, model: percentage, rate: "1.3",
  fixed_fee: "0.25", free_events: 1, max_per_event: "5.00"}"""
BOUNDED = """{code: calls, charge: usage, meter: calls, model: per_unit, unit_price: "1.00",
  minimum: "50.00", maximum: "60.00"}"""
PEAK = """{code: peak, charge: usage, meter: peak, model: volume,
  tiers: [{up_to: "10", unit_price: "2.00"}, {up_to: null, unit_price: "1.50"}]}"""
DEARER = '{code: fee, charge: recurring, model: flat, amount: "40.00", valid_from: 2026-02-01}'
DISCOUNT = ', {on: 2026-01-01, do: discount, percent: "10", prices: [calls]}'
OVERRIDE = """, {on: 2026-01-11, do: override_price, price: fee, amount: "62.00",
  recorded: 2026-01-05}"""
ORDER = """
title: a story
orders:
  - on: 2026-02-03
    lines: [{text: Training, quantity: "2", unit_price: "1190.00", tax_included: true}]
until: 2026-02-03
"""

CASES = (
    Case(
        name="a whole month",
        story=story(FEE),
        line=0,
        english="€31.00 for January 2026, the whole month: “fee” of plan “pro”.",
        german="31,00 € für Januar 2026, den ganzen Monat: „fee“ im Tarif „pro“.",
    ),
    Case(
        name="seats",
        story=story(SEATS, timeline='{on: 2026-01-01, do: start, plan: pro, quantity: "3"}'),
        line=0,
        english=(
            "€15.00 for January 2026, the whole month: “seats” of plan “pro”. 3 units at €5.00 "
            "each."
        ),
        german=(
            "15,00 € für Januar 2026, den ganzen Monat: „seats“ im Tarif „pro“. 3 Einheiten zu je"
            " 5,00 €."
        ),
    ),
    Case(
        name="a part of a month",
        story=story(
            FEE, timeline="{on: 2026-01-17, do: start, plan: pro}", plan="alignment: calendar,"
        ),
        line=0,
        english=(
            "€15.00 for 17 Jan 2026 to 31 Jan 2026, 15 of 31 days of the billing period: “fee” of"
            " plan “pro”. A whole billing period costs €31.00. The subscription began on 17 Jan "
            "2026."
        ),
        german=(
            "15,00 € für die Zeit vom 17.01.2026 bis 31.01.2026, 15 von 31 Tagen des "
            "Abrechnungszeitraums: „fee“ im Tarif „pro“. Ein ganzer Abrechnungszeitraum kostet "
            "31,00 €. Das Abonnement begann am 17.01.2026."
        ),
    ),
    Case(
        name="a cancellation",
        story=story(FEE, timeline=START + ", {on: 2026-01-11, do: cancel}"),
        line=1,
        english=(
            "Credit for 11 Jan 2026 to 31 Jan 2026: “fee” of plan “pro”. These terms end with the"
            " cancellation on 11 Jan 2026. A whole billing period costs €31.00. Owed for 1 Jan "
            "2026 to 10 Jan 2026, 10 of 31 days of the billing period. So €10.00 is owed; €31.00 "
            "was charged before; difference −€21.00."
        ),
        german=(
            "Erstattung für die Zeit vom 11.01.2026 bis 31.01.2026: „fee“ im Tarif „pro“. Diese "
            "Bedingungen enden mit der Kündigung am 11.01.2026. Ein ganzer Abrechnungszeitraum "
            "kostet 31,00 €. Geschuldet für die Zeit vom 01.01.2026 bis 10.01.2026, 10 von 31 "
            "Tagen des Abrechnungszeitraums. Geschuldet sind demnach 10,00 €; bereits berechnet "
            "wurden 31,00 €; Differenz −21,00 €."
        ),
    ),
    Case(
        name="a backdated change of plan",
        story=story(
            FEE,
            timeline=START
            + ", {on: 2026-01-21, do: change_plan, plan: small, recorded: 2026-01-25}",
        ),
        line=2,
        english=(
            "€3.55 for 21 Jan 2026 to 31 Jan 2026, 11 of 31 days of the billing period: “fee” of "
            "plan “small”. A whole billing period costs €10.00. These terms begin with the change"
            " of plan on 21 Jan 2026 (recorded on 25 Jan 2026)."
        ),
        german=(
            "3,55 € für die Zeit vom 21.01.2026 bis 31.01.2026, 11 von 31 Tagen des "
            "Abrechnungszeitraums: „fee“ im Tarif „small“. Ein ganzer Abrechnungszeitraum kostet "
            "10,00 €. Diese Bedingungen beginnen mit dem Tarifwechsel am 21.01.2026 (erfasst am "
            "25.01.2026)."
        ),
    ),
    Case(
        name="a charge taken back wholly",
        story=story(FEE, timeline=START + ", {on: 2026-01-11, do: cancel, credit: full}"),
        line=1,
        english=(
            "Credit for January 2026: “fee” of plan “pro”. That follows from the cancellation on "
            "11 Jan 2026. Nothing is owed for it any more; €31.00 was charged before; difference "
            "−€31.00."
        ),
        german=(
            "Erstattung für Januar 2026: „fee“ im Tarif „pro“. Das folgt aus der Kündigung am "
            "11.01.2026. Dafür ist nichts mehr geschuldet; bereits berechnet wurden 31,00 €; "
            "Differenz −31,00 €."
        ),
    ),
    Case(
        name="tiers of usage",
        story=story(CALLS) + used('meter: calls, key: a, value: "1234.5"'),
        line=0,
        english=(
            "€23.69 for January 2026: “api calls” of plan “pro”. 1,234.5 units used: 100 units "
            "free of charge; 1,134.5 units at €0.02 each plus €1.00 = €23.69."
        ),
        german=(
            "23,69 € für Januar 2026: „api calls“ im Tarif „pro“. Verbrauch 1.234,5 Einheiten: "
            "100 Einheiten kostenfrei; 1.134,5 Einheiten zu je 0,02 € zuzüglich 1,00 € = 23,69 €."
        ),
    ),
    Case(
        name="late usage",
        story=story(CALLS)
        + used(
            'meter: calls, key: a, value: "150"',
            'meter: calls, key: b, value: "50", recorded: 2026-02-10',
        ),
        line=1,
        english=(
            "Additional charge for January 2026: “api calls” of plan “pro”. 200 units used: 100 "
            "units free of charge; 100 units at €0.02 each plus €1.00 = €3.00. Of these, 50 units"
            " became known later. So €3.00 is owed; €2.00 was charged before; difference €1.00."
        ),
        german=(
            "Nachberechnung für Januar 2026: „api calls“ im Tarif „pro“. Verbrauch 200 Einheiten:"
            " 100 Einheiten kostenfrei; 100 Einheiten zu je 0,02 € zuzüglich 1,00 € = 3,00 €. "
            "Davon erst später bekannt: 50 Einheiten. Geschuldet sind demnach 3,00 €; bereits "
            "berechnet wurden 2,00 €; Differenz 1,00 €."
        ),
    ),
    Case(
        name="no usage but a flat amount",
        story=story(FLAT_TIER),
        line=0,
        english=(
            "€4.00 for January 2026: “api calls” of plan “pro”. Nothing was used; due all the "
            "same: a flat €4.00."
        ),
        german=(
            "4,00 € für Januar 2026: „api calls“ im Tarif „pro“. Es gab keinen Verbrauch; "
            "gleichwohl fällig: pauschal 4,00 €."
        ),
    ),
    Case(
        name="packages",
        story=story(PACKAGES) + used('meter: calls, key: a, value: "2600"'),
        line=0,
        english=(
            "€30.00 for January 2026: “calls” of plan “pro”. 2,600 units used: 3 packages of "
            "1,000 units at €10.00 each. The first 500 units are free of charge."
        ),
        german=(
            "30,00 € für Januar 2026: „calls“ im Tarif „pro“. Verbrauch 2.600 Einheiten: 3 Pakete"
            " mit 1.000 Einheiten zu je 10,00 €. Die ersten 500 Einheiten sind kostenfrei."
        ),
    ),
    Case(
        name="percentages within bounds",
        story=story(PERCENT)
        + used(
            'meter: calls, key: a, value: "100"',
            'meter: calls, key: b, value: "1000"',
            'meter: calls, key: c, value: "200"',
        ),
        line=0,
        english=(
            "€8.10 for January 2026: “payments” of plan “pro”. 1,300 units used: 1.3% of 1,200 "
            "within the bounds of each record = €7.60; 2 fees of €0.25 each = €0.50. The first "
            "record is free of charge. Each record costs at most €5.00."
        ),
        german=(
            "8,10 € für Januar 2026: „payments“ im Tarif „pro“. Verbrauch 1.300 Einheiten: 1,3 % "
            "von 1.200 in den Grenzen je Vorgang = 7,60 €; 2 Gebühren von je 0,25 € = 0,50 €. Der"
            " erste Vorgang ist kostenfrei. Jeder Vorgang kostet höchstens 5,00 €."
        ),
    ),
    Case(
        name="a minimum less a discount",
        story=story(BOUNDED, timeline=START + DISCOUNT) + used('meter: calls, key: a, value: "10"'),
        line=0,
        english=(
            "€45.00 for January 2026: “calls” of plan “pro”. 10 units at €1.00 each = €10.00. "
            "That is less than the minimum agreed for this time, €50.00, which applies. Less a "
            "discount of 10%: €5.00. These terms begin with the discount on 1 Jan 2026."
        ),
        german=(
            "45,00 € für Januar 2026: „calls“ im Tarif „pro“. 10 Einheiten zu je 1,00 € = 10,00 "
            "€. Das liegt unter dem für diese Zeit vereinbarten Mindestbetrag von 50,00 €; dieser"
            " gilt. Abzüglich 10 % Rabatt: 5,00 €. Diese Bedingungen beginnen mit dem Rabatt am "
            "01.01.2026."
        ),
    ),
    Case(
        name="a minimum commitment",
        story=story(CALLS, plan='minimum_commitment: "100.00",')
        + used('meter: calls, key: a, value: "600"'),
        line=1,
        english=(
            "€89.00 for January 2026, the whole month: minimum commitment of plan “pro”. Agreed "
            "€100.00, counted €11.00, missing €89.00."
        ),
        german=(
            "89,00 € für Januar 2026, den ganzen Monat: Mindestumsatz im Tarif „pro“. Vereinbart "
            "100,00 €, angerechnet 11,00 €, es fehlen 89,00 €."
        ),
    ),
    Case(
        name="an individually agreed price",
        story=story(FEE, timeline=START + OVERRIDE),
        line=2,
        english=(
            "€42.00 for 11 Jan 2026 to 31 Jan 2026, 21 of 31 days of the billing period: “fee” of"
            " plan “pro”. A whole billing period costs €62.00. These terms begin with the "
            "individually agreed price on 11 Jan 2026 (announced on 5 Jan 2026)."
        ),
        german=(
            "42,00 € für die Zeit vom 11.01.2026 bis 31.01.2026, 21 von 31 Tagen des "
            "Abrechnungszeitraums: „fee“ im Tarif „pro“. Ein ganzer Abrechnungszeitraum kostet "
            "62,00 €. Diese Bedingungen beginnen mit dem gesondert vereinbarten Preis am "
            "11.01.2026 (angekündigt am 05.01.2026)."
        ),
    ),
    Case(
        name="a new version of a price",
        story=story(FEE, DEARER),
        line=1,
        english=(
            "€40.00 for February 2026, the whole month: “fee” of plan “pro”. This price has been "
            "valid since 1 Feb 2026."
        ),
        german=(
            "40,00 € für Februar 2026, den ganzen Monat: „fee“ im Tarif „pro“. Dieser Preis gilt "
            "seit dem 01.02.2026."
        ),
    ),
    Case(
        name="the end of a trial",
        story=story(FEE, plan="trial_days: 14, alignment: calendar,"),
        line=0,
        english=(
            "€17.00 for 15 Jan 2026 to 31 Jan 2026, 17 of 31 days of the billing period: “fee” of"
            " plan “pro”. A whole billing period costs €31.00. The trial period ended on 14 Jan "
            "2026."
        ),
        german=(
            "17,00 € für die Zeit vom 15.01.2026 bis 31.01.2026, 17 von 31 Tagen des "
            "Abrechnungszeitraums: „fee“ im Tarif „pro“. Ein ganzer Abrechnungszeitraum kostet "
            "31,00 €. Der Testzeitraum endete am 14.01.2026."
        ),
    ),
    Case(
        name="a gross price",
        story=story(FEE.replace("}", ", tax_included: true}")),
        line=0,
        english=(
            "€31.00 for January 2026, the whole month: “fee” of plan “pro”. VAT is included; net "
            "€26.05."
        ),
        german=(
            "31,00 € für Januar 2026, den ganzen Monat: „fee“ im Tarif „pro“. Umsatzsteuer ist "
            "enthalten; netto 26,05 €."
        ),
    ),
    Case(
        name="another rate of tax",
        story=story(
            FEE,
            timeline="{on: 2020-06-15, do: start, plan: pro}, {on: 2020-06-25, do: cancel}",
            until="2020-07-01",
        ),
        line=1,
        english=(
            "−€31.00 for 15 Jun 2020 to 14 Jul 2020: “fee” of plan “pro”. The tax rate has "
            "changed since: the whole charge of €31.00 is taken back, and the part that was used "
            "is charged anew. These terms end with the cancellation on 25 Jun 2020."
        ),
        german=(
            "−31,00 € für die Zeit vom 15.06.2020 bis 14.07.2020: „fee“ im Tarif „pro“. Der "
            "Steuersatz hat sich inzwischen geändert: Die Berechnung von 31,00 € wird ganz "
            "zurückgenommen und der genutzte Teil neu berechnet. Diese Bedingungen enden mit der "
            "Kündigung am 25.06.2020."
        ),
    ),
    Case(
        name="an order at gross prices",
        story=ORDER,
        line=0,
        english="€2,380.00 including VAT, €2,000.00 net: “Training”, 2 units at €1,190.00 each.",
        german=(
            "2.380,00 € einschließlich Umsatzsteuer, 2.000,00 € netto: „Training“, 2 Einheiten zu"
            " je 1.190,00 €."
        ),
    ),
    Case(
        name="a pause by the second",
        story=story(
            FEE.replace("}", ", proration: second}"),
            timeline=START + ", {on: 2026-01-11, do: pause}",
        ),
        line=1,
        english=(
            "Credit for 11 Jan 2026 to 31 Jan 2026: “fee” of plan “pro”. These terms end with the"
            " pause on 11 Jan 2026. A whole billing period costs €31.00. Owed for 1 Jan 2026 to "
            "10 Jan 2026, 864,000 of 2,678,400 seconds of the billing period. So €10.00 is owed; "
            "€31.00 was charged before; difference −€21.00."
        ),
        german=(
            "Erstattung für die Zeit vom 11.01.2026 bis 31.01.2026: „fee“ im Tarif „pro“. Diese "
            "Bedingungen enden mit der Pause am 11.01.2026. Ein ganzer Abrechnungszeitraum kostet"
            " 31,00 €. Geschuldet für die Zeit vom 01.01.2026 bis 10.01.2026, 864.000 von "
            "2.678.400 Sekunden des Abrechnungszeitraums. Geschuldet sind demnach 10,00 €; "
            "bereits berechnet wurden 31,00 €; Differenz −21,00 €."
        ),
    ),
    Case(
        name="the highest value",
        story=story(PEAK)
        + used('meter: peak, key: a, value: "7"', 'meter: peak, key: b, value: "12"'),
        line=0,
        english=(
            "€18.00 for January 2026: “peak” of plan “pro”. Highest value: 12 units at €1.50 each"
            " (top tier)."
        ),
        german=(
            "18,00 € für Januar 2026: „peak“ im Tarif „pro“. Höchstwert: 12 Einheiten zu je 1,50 "
            "€ (höchste Staffel)."
        ),
    ),
)
