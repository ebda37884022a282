"""Legal cases by kind of document: credits, corrections, payments, profiles."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Means, TypeCode
from invoices.documents.semantic.document import Delivery, Note, Preceding
from invoices.documents.semantic.parties import Address, Identifier, Party, Payee
from invoices.documents.semantic.payment import (
    CashDiscount,
    CreditTransfer,
    DirectDebit,
    PaymentInstructions,
    PaymentTerms,
)
from tests.documents.house import (
    ALL,
    BANK,
    CITY,
    DUTCH,
    IBAN,
    OCTOBER,
    REDUCED,
    REVERSE_CHARGE,
    SELLER,
    XRECHNUNG,
    Case,
    document,
    line,
)

CORRECTED = (Preceding("RE-2026-0042", date(2026, 10, 23)),)
CREDIT = {
    "number": "GS-2026-0007",
    "type_code": TypeCode.CREDIT_NOTE,
    "preceding": CORRECTED,
    "payment": PaymentInstructions(means=Means.CLEARING),
    "terms": PaymentTerms(text="Wird mit der nächsten Rechnung verrechnet."),
    "due_date": None,
}
TWO_ACCOUNTS = replace(
    BANK, transfers=(*BANK.transfers, CreditTransfer(account="DE89370400440532013000"))
)
DEBIT = PaymentInstructions(
    means=Means.SEPA_DIRECT_DEBIT,
    remittance="RE-2026-0042",
    direct_debit=DirectDebit(
        mandate="MAND-2026-17", creditor_id="DE98ZZZ09999999999", debited_account=IBAN
    ),
)
GERMAN_RULES = {Profile.PEPPOL: {"DE-R-017"}} | {
    profile: {"BR-DE-17"} for profile in (Profile.XRECHNUNG_UBL, Profile.XRECHNUNG_CII)
}
MAILED = {
    "seller": replace(SELLER, electronic_address=Identifier("rechnung@anlass.example", "EM")),
    "buyer": replace(CITY, electronic_address=Identifier("amt@musterhausen.example", "EM")),
}
BARE_SELLER = Party(name="Müller", address=Address(country="DE"), vat_id="DE136695976")
MISSING = ("1", "2", "3", "4", "8", "9", "15")
NO_ADDRESSES = {"PEPPOL-EN16931-R010", "PEPPOL-EN16931-R020"}
NOT_BARE = {
    Profile.XRECHNUNG_UBL: NO_ADDRESSES | {f"BR-DE-{number}" for number in MISSING},
    Profile.XRECHNUNG_CII: NO_ADDRESSES | {f"BR-DE-{number}" for number in MISSING},
    Profile.PEPPOL: NO_ADDRESSES
    | {"PEPPOL-EN16931-R003", *(f"DE-R-{int(number):03}" for number in MISSING)},
}

CASES = {
    "credit_note": Case(
        document(
            [line("Strom", "100", "0.3147", unit="KWH"), line("Buch", "1", "39.90", REDUCED)],
            **CREDIT,
        )
    ),
    "credit_of_a_part": Case(  # 16 of 31 days of 30.00: the amount is the price of all of it.
        document([line("Gutschrift Tarif M, 16.10. bis 31.10.", "1", "15.48")], **CREDIT)
    ),
    "cancellation": Case(
        document(
            [line("Storno: Beratung", "6.5", "95", unit="HUR")],
            **CREDIT | {"notes": (Note("Storniert die Rechnung RE-2026-0042 vollständig."),)},
        )
    ),
    "credit_paid_out": Case(
        document(
            [line("Strom", "100", "0.3147", unit="KWH")],
            **CREDIT | {"payment": BANK, "due_date": date(2026, 11, 10)},
        )
    ),
    "credit_paid_out_to_either_account": Case(
        document(
            [line("Strom", "100", "0.3147", unit="KWH")],
            **CREDIT
            | {
                "payment": replace(TWO_ACCOUNTS, means_text="Überweisung"),
                "due_date": date(2026, 11, 10),
            },
        )
    ),
    "correction": Case(
        document(
            [line("Storno Strom", "-100", "0.3147", unit="KWH")],
            type_code=TypeCode.CORRECTION,
            preceding=CORRECTED,
        )
    ),
    "correction_abroad": Case(
        document(
            [line("Storno Beratung", "-2", "110", REVERSE_CHARGE)],
            buyer=DUTCH,
            type_code=TypeCode.CORRECTION,
            preceding=CORRECTED,
        ),
        fits=ALL - {Profile.PEPPOL},
        refused_by={Profile.PEPPOL: {"PEPPOL-EN16931-P0112"}},
    ),
    "partial": Case(document([line("Abschlag 1", "1", "500")], type_code=TypeCode.PARTIAL)),
    "prepayment": Case(
        document([line("Anzahlung", "1", "500")], type_code=TypeCode.PREPAYMENT),
        fits=frozenset({Profile.ZUGFERD, Profile.EN16931}),
        refused_by=GERMAN_RULES,
    ),
    "self_billed": Case(
        document(
            [line("Einspeisung", "820", "0.0786", unit="KWH")], type_code=TypeCode.SELF_BILLED
        ),
        fits=ALL - {Profile.PEPPOL},
        refused_by={Profile.PEPPOL: {"PEPPOL-EN16931-P0100"}},
    ),
    "prepaid_and_rounded": Case(
        document(
            [line("Jahresabrechnung", "3333.333", "0.28571", unit="KWH")],
            prepaid="900.00",
            rounding="0.02",
        )
    ),
    "overpaid": Case(
        document([line("Jahresabrechnung", "1000", "0.25", unit="KWH")], prepaid="400.00")
    ),
    "paid_from_the_balance": Case(
        document(
            [line("Tarif M", "1", "100")],
            prepaid="119.00",
            due_date=None,
            terms=PaymentTerms(text="Aus dem Guthaben beglichen."),
            payment=PaymentInstructions(means=Means.CLEARING, means_text="Guthaben"),
        )
    ),
    "final_after_part_invoices": Case(  # UStG § 14 (5): net and VAT of the parts are taken off.
        document(
            [line("Anlage", "1", "10000"), line("Abzüglich Abschlag 1", "-1", "4000")],
            preceding=(Preceding("RE-2026-0011", date(2026, 6, 1)),),
        )
    ),
    "direct_debit": Case(
        document(
            [line("Tarif M", "1", "29.90", unit="MON", period=OCTOBER)],
            payment=DEBIT,
            period=OCTOBER,
            terms=PaymentTerms(text="Wird am 10.11.2026 von Ihrem Konto eingezogen."),
        )
    ),
    "cash_discount": Case(
        document(
            [line("Beratung", "10", "95", unit="HUR")],
            terms=PaymentTerms(
                text="3 % Skonto bei Zahlung in 7 Tagen, 2 % in 14 Tagen.",
                discounts=(
                    CashDiscount(days=7, percent=Decimal(3)),
                    CashDiscount(days=14, percent=Decimal(2), base=Decimal("1130.50")),
                ),
            ),
        )
    ),
    "two_accounts": Case(
        document(
            [line("Strom", "10", "0.3", unit="KWH")],
            payment=TWO_ACCOUNTS,
        )
    ),
    "other_payee": Case(
        document(
            [line("Strom", "10", "0.3", unit="KWH")],
            payee=Payee(
                name="Factoring AG",
                identifier=Identifier("F-12"),
                registration=Identifier("HRB 77", "0198"),
            ),
        )
    ),
    "electronic_mail": Case(
        document([line("Strom", "10", "0.3", unit="KWH")], **MAILED),
        fits=ALL - {Profile.PEPPOL},
        refused_by={Profile.PEPPOL: {"PEPPOL-EN16931-CL008"}},
    ),
    "two_notes": Case(
        document(
            [line("Strom", "10", "0.3", unit="KWH")],
            notes=(Note("Erste Bemerkung"), Note("Lieferung frei Haus", "AAI")),
        )
    ),
    "two_notes_abroad": Case(
        document(
            [line("Consulting", "1", "110", REVERSE_CHARGE)],
            buyer=DUTCH,
            notes=(Note("First"), Note("Second")),
        ),
        fits=ALL - {Profile.PEPPOL},
        refused_by={Profile.PEPPOL: {"PEPPOL-EN16931-R002"}},
    ),
    "references": Case(
        document(
            [line("Strom", "10", "0.3", unit="KWH", order_line="10", note="Zähler 17")],
            order="B-2026-17",
            contract="V-4711",
            project="P-12",
            buyer=replace(
                CITY,
                trading_name="Rathaus",
                identifiers=(Identifier("4000000000006", "0088"),),
                address=replace(
                    CITY.address, additional="Haus B", further="Zimmer 12", region="Hessen"
                ),
            ),
            delivery=Delivery(on=date(2026, 10, 31), name="Bauhof", address=CITY.address),
        )
    ),
    "bare": Case(
        document(
            [line("Beratung", "1", "100")],
            seller=BARE_SELLER,
            buyer=Party(name="Maier", address=Address(country="DE")),
            buyer_reference="",
            payment=None,
        ),
        fits=ALL - XRECHNUNG - {Profile.PEPPOL},
        refused_by=NOT_BARE,
    ),
}
