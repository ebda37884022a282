"""Legal cases by what stands on the lines: prices, discounts, signs, texts, many of them."""

from dataclasses import replace
from decimal import Decimal

from invoices.documents.semantic.document import Note
from invoices.documents.semantic.lines import AllowanceCharge, Item
from invoices.documents.semantic.parties import Identifier
from invoices.documents.sums import fitting_price
from tests.documents.house import (
    CITY,
    OCTOBER,
    REDUCED,
    SELLER,
    STANDARD,
    Case,
    document,
    line,
)

DISCOUNT = AllowanceCharge(
    amount=Decimal("50.00"),
    percent=Decimal(5),
    base=Decimal("1000.00"),
    reason="Rabatt",
    reason_code="95",
)
PACKAGING = AllowanceCharge(
    amount=Decimal("2.50"), is_charge=True, reason="Verpackung", reason_code="PC"
)
ON_THE_WHOLE = (
    AllowanceCharge(amount=Decimal("10.00"), reason="Treuerabatt", reason_code="95", vat=STANDARD),
    AllowanceCharge(amount=Decimal("1.00"), reason="Treuerabatt", reason_code="95", vat=REDUCED),
    AllowanceCharge(
        amount=Decimal("4.90"), is_charge=True, reason="Versand", reason_code="FC", vat=STANDARD
    ),
)


def _graduated() -> Case:
    """1,250 calls: 100 free, then 0.02 each and 1.00 once: 24.00, no price for each unit."""
    quantity, price = fitting_price(quantity=Decimal(1250), net=Decimal("24.00"), unit_price=None)
    used = line("Aufrufe", str(quantity), str(price.amount), per=str(price.base_quantity))
    return Case(document([replace(used, period=OCTOBER)], period=OCTOBER))


CASES = {
    "line_discounts": Case(
        document(
            [
                line("Schrank", "10", "100", allowances_charges=(DISCOUNT,)),
                line("Vase", "1", "20", REDUCED, allowances_charges=(PACKAGING,)),
            ]
        )
    ),
    "discounts_on_the_whole": Case(
        document(
            [line("Schrank", "10", "99.99"), line("Buch", "1", "20", REDUCED)],
            allowances_charges=ON_THE_WHOLE,
        )
    ),
    "minimum_commitment": Case(
        document(
            [
                line("Aufrufe", "1200", "0.0125", period=OCTOBER),
                line("Auffüllung auf den Mindestumsatz von 50,00 €", "1", "35.00", period=OCTOBER),
            ],
            period=OCTOBER,
        )
    ),
    "graduated_prices": _graduated(),
    "minus_lines": Case(  # The rest of the old plan is credited, the new one charged.
        document([line("Tarif M", "-1", "15.48"), line("Tarif L", "1", "46.45")])
    ),
    "nothing_to_pay": Case(
        document([line("Tarif M", "-1", "15.48"), line("Tarif N", "1", "15.48")])
    ),
    "prices_of_a_hundred": Case(  # VAT per line would be a cent less.
        document(
            [
                line(
                    f"Teil {i}",
                    str(i),
                    "0.335",
                    STANDARD if i % 3 else REDUCED,
                    per="100" if i % 2 else None,
                )
                for i in range(1, 60)
            ]
        )
    ),
    "prices_of_many_decimals": Case(
        document([line("Speicher", "123456.789012", "0.000000123456", unit="E34")])
    ),
    "items_in_full": Case(
        document(
            [
                line(
                    "Kabel",
                    "2.5",
                    "12.40",
                    unit="MTR",
                    item=Item(
                        name="Kabel",
                        description="NYM-J 3 x 1,5",
                        sellers_id="K-3",
                        buyers_id="4711",
                        standard_id=Identifier("4000000000006", "0160"),
                        origin_country="CN",
                        attributes=(("Farbe", "grau"), ("Querschnitt", "1,5 mm²")),
                    ),
                )
            ]
        )
    ),
    "long_names": Case(
        document(
            [line("Donaudampfschifffahrt " * 200, "1", "5")],
            seller=replace(SELLER, name="Gesellschaft " * 150),
            notes=(Note("Bemerkung " * 2000),),
        )
    ),
    "right_to_left_and_emoji": Case(
        document(
            [line("שירות ענן 🚀", "1", "5"), line("خدمة سحابية 👩\u200d👩\u200d👧", "1", "7")],
            buyer=replace(CITY, name="دار السلام \u200f(שלום)\u200f 🏛️"),
        )
    ),
    "control_characters": Case(
        document(
            [line("Größe\x00 \x1f„M“\x0b\ufffe", "1", "5")],
            seller=replace(SELLER, trading_name="\x07"),
            notes=(Note("Zeile 1\nZeile 2\tTab\x1b[0m"),),
        )
    ),
    "two_thousand_lines": Case(
        document(
            [
                line(
                    f"Gespräch {i}",
                    str(i % 7 + 1),
                    f"0.{i % 90 + 10}",
                    STANDARD if i % 2 else REDUCED,
                )
                for i in range(2000)
            ]
        )
    ),
}
