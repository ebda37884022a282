"""How the document is paid: in words, with the account and a code to scan."""

from datetime import timedelta
from decimal import Decimal

from billing.money import EXACT
from invoices.documents.pdf.girocode import girocode
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.codes import TypeCode
from invoices.documents.semantic.document import ZERO, Document
from invoices.documents.semantic.payment import (
    CashDiscount,
    CreditTransfer,
    DirectDebit,
    PaymentInstructions,
)
from invoices.documents.sums import rounded

_Rows = list[tuple[str, str]]


def payment(document: Document, printing: Printing, words: Words) -> dict[str, object]:
    """Return heading, sentences, label and value of what to enter, and the code's drawing."""
    is_credit = document.type_code is TypeCode.CREDIT_NOTE
    code = girocode(document) if printing.template.shows_code else ""
    return {
        "heading": words.say("refund" if is_credit else "payment"),
        "texts": [text for text in _texts(document, printing, words) if text],
        "rows": _rows(document, words),
        "code": code,
        "code_label": words.say("code"),
    }


def grouped(account: str) -> str:
    """Return an account's number in groups of four that stay together."""
    compact = account.replace(" ", "")
    return "\N{NO-BREAK SPACE}".join(compact[at : at + 4] for at in range(0, len(compact), 4))


def _texts(document: Document, printing: Printing, words: Words) -> list[str]:
    terms = document.terms
    return [
        _how(document, printing, words),
        words.say("payee", name=document.payee.name) if document.payee else "",
        terms.text.strip() if terms else "",
        *(_discount(each, document, words) for each in (terms.discounts if terms else ())),
        printing.balance_text,
    ]


def _how(document: Document, printing: Printing, words: Words) -> str:
    payable = document.totals.payable
    if document.type_code is TypeCode.CREDIT_NOTE:
        return words.say("payout_to") if _transfers(document) else ""
    if payable > 0:
        return _demand(document, printing, words)
    return words.say("settled") if payable == 0 else ""


def _demand(document: Document, printing: Printing, words: Words) -> str:
    instructions = document.payment
    if instructions is not None and instructions.direct_debit is not None:
        return _debit(instructions.direct_debit, document, printing, words)
    if instructions is None or not instructions.transfers:
        return instructions.means_text if instructions else ""
    amount = words.amount(document.totals.payable, document.currency)
    if (on := printing.last_day_of(document)) is None:
        return words.say("transfer_to", amount=amount)
    return words.say("transfer_by", amount=amount, day=words.day(on))


def _debit(debit: DirectDebit, document: Document, printing: Printing, words: Words) -> str:
    account = debit.debited_account.replace(" ", "")
    hidden = f"{account[:4]} … {account[-4:]}"  # Enough to know it by; letters are read by others.
    amount = words.amount(document.totals.payable, document.currency)
    if (on := printing.last_day_of(document)) is None:
        return words.say("debit", amount=amount, account=hidden)
    return words.say("debit_on", amount=amount, account=hidden, day=words.day(on))


def _discount(discount: CashDiscount, document: Document, words: Words) -> str:
    base = document.totals.payable if discount.base is None else discount.base
    taken = rounded(EXACT.multiply(base, discount.percent).scaleb(-2, EXACT))
    return words.say(
        "discount",
        percent=words.percent(discount.percent),
        day=words.day(document.issue_date + timedelta(days=discount.days)),
        discount=words.amount(taken, document.currency),
        rest=words.amount(document.totals.payable - taken, document.currency),
    )


def _rows(document: Document, words: Words) -> _Rows:
    instructions = document.payment
    if instructions is None or _is_settled(document.totals.payable):
        return []
    if (debit := instructions.direct_debit) is not None:
        return _said(words, ("mandate", debit.mandate), ("creditor", debit.creditor_id))
    if not instructions.transfers:
        return []
    accounts = [row for each in instructions.transfers for row in _account(each, document, words)]
    return [*accounts, *_said(words, ("remittance", _remittance(instructions, document)))]


def _account(transfer: CreditTransfer, document: Document, words: Words) -> _Rows:
    holder = transfer.holder or (document.payee or document.seller).name
    return _said(
        words, ("holder", holder), ("iban", grouped(transfer.account)), ("bic", transfer.bic)
    )


def _remittance(instructions: PaymentInstructions, document: Document) -> str:
    return instructions.remittance or document.number


def _transfers(document: Document) -> bool:
    return document.payment is not None and bool(document.payment.transfers)


def _is_settled(payable: Decimal) -> bool:
    return payable <= ZERO


def _said(words: Words, *rows: tuple[str, str]) -> _Rows:
    return [(words.say(name), value) for name, value in rows if value.strip()]
