"""The sums, VAT by rate, and why some bears none."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from invoices.documents.pdf.content.cells import adjustment
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.codes import TypeCode
from invoices.documents.semantic.document import Document, VatGroup

# Longer amounts leave no room beside the sums.
_LONGEST_BESIDE: Final = 13
_PUBLISHED: Final = {"ECB": "ecb_rate", "BMF": "bmf_rate"}
_Sum = dict[str, object]


def sums(document: Document, printing: Printing, words: Words) -> list[_Sum]:
    """Return the rows of sums in the order of reckoning; the last one counts."""
    totals = document.totals
    found = _down_to_net(document, words)
    found.append(_sum(_vat_label(document, words), totals.vat, document, words))
    found.append(_sum(_gross_label(document, words), totals.gross, document, words, "strong"))
    if totals.prepaid or totals.rounding:
        found[-1]["weight"] = "middle"
        if totals.prepaid:
            label = printing.prepaid_text or words.say("prepaid")
            found.append(_sum(label, -totals.prepaid, document, words))
        if totals.rounding:
            found.append(_sum(words.say("rounding"), totals.rounding, document, words))
        label = payable_label(document, words)
        found.append(_sum(label, totals.payable, document, words, "strong"))
    return found


def payable_label(document: Document, words: Words) -> str:
    """Return what the payable amount is called: it may be the customer's."""
    if document.type_code is TypeCode.CREDIT_NOTE:
        return words.say("payable_credit")
    return words.say("payable" if document.totals.payable >= 0 else "payable_back")


def vat_table(document: Document, printing: Printing, words: Words) -> dict[str, object] | None:
    """Return VAT by rate; None if the sums say it all: one rate, in one currency."""
    totals = document.totals
    if len(document.vat_groups) < 2 and totals.vat_in_tax_currency is None:
        return None
    table = [
        [
            _rate(group, words),
            *(
                words.amount(each, document.currency)
                for each in (group.base, group.tax, group.base + group.tax)
            ),
        ]
        for group in document.vat_groups
    ]
    return {
        "head": [words.say(name) for name in ("vat_by_rate", "base", "tax", "gross_of_rate")],
        "rows": table,
        "beside": max(len(cell) for row in table for cell in row[1:]) <= _LONGEST_BESIDE,
        "foreign": list(_in_tax_currency(document, printing, words)),
    }


def exemptions(document: Document, printing: Printing, words: Words) -> list[str]:
    """Return why VAT is missing, once per reason; with its rate where there are several."""
    found = []
    for group in document.vat_groups:
        reason = printing.exemptions.get(group.category) or group.exemption_reason
        if reason and len(document.vat_groups) > 1:
            reason = f"{_rate(group, words)}: {reason}"
        if reason and reason not in found:
            found.append(reason)
    return found


def _in_tax_currency(document: Document, printing: Printing, words: Words) -> Iterator[str]:
    """Yield the VAT in the currency of the tax, and by which rate."""
    translated, rate = document.totals.vat_in_tax_currency, printing.exchange_rate
    if translated is None:
        return
    label = words.say("vat_in", currency=document.tax_currency)
    yield f"{label}: {words.amount(translated, document.tax_currency)}"
    if rate is not None:
        gaps = {"source": rate.source, "day": words.day(rate.day), "month": words.month(rate.day)}
        yield words.say(
            "exchange_rate",
            base=document.tax_currency,
            rate=words.number(rate.rate.normalize()),
            currency=document.currency,
            source=words.say(_PUBLISHED.get(rate.source, "own_rate"), **gaps),
        )


def _down_to_net(document: Document, words: Words) -> list[_Sum]:
    totals = document.totals
    found: list[_Sum] = []
    if document.allowances_charges:
        found.append(_sum(words.say("lines"), totals.lines, document, words))
        for each in document.allowances_charges:
            label, value = adjustment(each, document, words)
            found.append({"label": label, "value": value, "weight": "plain"})
    found.append(_sum(words.say("net_total"), totals.net, document, words))
    return found


def _sum(
    label: str, value: Decimal, document: Document, words: Words, weight: str = "plain"
) -> _Sum:
    return {"label": label, "value": words.amount(value, document.currency), "weight": weight}


def _vat_label(document: Document, words: Words) -> str:
    if len(document.vat_groups) != 1:
        return words.say("vat")
    group = document.vat_groups[0]
    if not group.category.is_taxed:  # No rate is shown: 0 % would be one.
        return words.say("vat")
    return words.say("vat_at", rate=words.percent(group.rate))


def _gross_label(document: Document, words: Words) -> str:
    takes_back = document.type_code in (TypeCode.CREDIT_NOTE, TypeCode.CORRECTION)
    return words.say("gross_credit" if takes_back else "gross")


def _rate(group: VatGroup, words: Words) -> str:
    name = words.categories[group.category]
    if not group.category.is_taxed:
        return name
    rate = words.percent(group.rate)
    return f"{rate} ({name})" if name else rate
