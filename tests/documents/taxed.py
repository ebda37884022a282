"""Legal cases by VAT: rates, exemptions, borders, currencies."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.document import Delivery, VatGroup
from invoices.documents.semantic.lines import AllowanceCharge, Vat
from invoices.documents.semantic.parties import Address, Identifier, Party, TaxRepresentative
from invoices.documents.sums import Exemption, fitting_price
from tests.documents.house import (
    ALL,
    CITY,
    DUTCH,
    EXEMPT,
    EXPORT,
    INTRA_COMMUNITY,
    OUTSIDE_SCOPE,
    REDUCED,
    REVERSE_CHARGE,
    SELLER,
    SWISS,
    ZERO_RATED,
    Case,
    document,
    line,
)

SMALL_BUSINESS = {
    Category.EXEMPT: Exemption("Kein Ausweis von Umsatzsteuer: Kleinunternehmer, § 19 UStG")
}
# Outside the scope of VAT no VAT id may be named, so the tax number stands for it.
WITHOUT_VAT_ID = replace(SELLER, vat_id="")
BUILDER = replace(
    CITY,
    name="Bau & Söhne GmbH",
    vat_id="DE811907980",
    electronic_address=Identifier("DE811907980", "9930"),
)
CONSUMER = Party(name="Amélie Dupont", address=Address(country="FR", city="Lyon", postcode="69001"))
NOT_TO_CONSUMERS = {
    Profile.XRECHNUNG_UBL: {"PEPPOL-EN16931-R010"},
    Profile.XRECHNUNG_CII: {"PEPPOL-EN16931-R010"},
    Profile.PEPPOL: {"PEPPOL-EN16931-R010"},
}
TOO_FINE = {
    profile: {f"BR-DEC-{number}" for number in ("09", 12, 13, 14, 18, 19, 20, 23)}
    for profile in Profile
}


def _gross() -> Case:
    """Three at 9.99 with tax: 29.97 / 1.19 = 25.1849, so 25.18 net and 4.79 (not 4.78) tax."""
    net = Decimal("25.18")
    quantity, price = fitting_price(quantity=Decimal(3), net=net, unit_price=Decimal("9.99"))
    item = line("T-Shirt", str(quantity), str(price.amount), per=str(price.base_quantity))
    group = VatGroup(category=Category.STANDARD, rate=Decimal(19), base=net, tax=Decimal("4.79"))
    return Case(document([item], vat_groups=(group,)))


CASES = {
    "standard": Case(document([line("Strom", "1234.567", "0.3147", unit="KWH")])),
    "mixed_rates": Case(
        document(
            [
                line("Strom", "1234.567", "0.31474", unit="KWH"),
                line("Buch", "3", "39.90", REDUCED),
                line("Beratung", "6.5", "95", unit="HUR"),
            ]
        )
    ),
    "zero_rated": Case(document([line("Photovoltaikanlage 9,9 kWp", "1", "12900", ZERO_RATED)])),
    "zero_and_standard_rated": Case(
        document([line("PV-Anlage", "1", "12900", ZERO_RATED), line("Wartung", "1", "100")])
    ),
    "small_business": Case(
        document(
            [line("Nachhilfe", "4", "30", EXEMPT, unit="HUR")],
            seller=replace(WITHOUT_VAT_ID, registration=None, identifiers=(Identifier("K-4711"),)),
            exemptions=SMALL_BUSINESS,
        )
    ),
    "exempt_and_standard": Case(
        document([line("Miete", "1", "800", EXEMPT, unit="MON"), line("Stellplatz", "1", "59.50")])
    ),
    "reverse_charge_abroad": Case(
        document(
            [line("Consulting", "8", "110", REVERSE_CHARGE, unit="HUR")],
            buyer=DUTCH,
            allowances_charges=(
                AllowanceCharge(
                    amount=Decimal("30.00"), reason="Rabatt", reason_code="95", vat=REVERSE_CHARGE
                ),
            ),
        )
    ),
    "reverse_charge_at_home": Case(  # UStG § 13b (2) no. 4
        document([line("Rohbau, Abschnitt 2", "1", "48000", REVERSE_CHARGE)], buyer=BUILDER)
    ),
    "intra_community": Case(
        document(
            [line("Maschine", "1", "4999.99", INTRA_COMMUNITY)],
            buyer=DUTCH,
            delivery=Delivery(on=date(2026, 10, 20), name="Tulip Lager", address=DUTCH.address),
        )
    ),
    "export": Case(document([line("Maschine", "2", "1500", EXPORT)], buyer=SWISS)),
    "outside_scope": Case(
        document(
            [line("Software as a service", "1", "100", OUTSIDE_SCOPE)],
            seller=WITHOUT_VAT_ID,
            buyer=SWISS,
        )
    ),
    "outside_scope_at_home": Case(
        document([line("Schadensersatz", "1", "100", OUTSIDE_SCOPE)], seller=WITHOUT_VAT_ID)
    ),
    "one_stop_shop": Case(
        document(
            [line("Streaming", "1", "9.99", Vat(Category.STANDARD, Decimal(20)))], buyer=CONSUMER
        ),
        fits=ALL - NOT_TO_CONSUMERS.keys(),
        refused_by=NOT_TO_CONSUMERS,
    ),
    "tax_representative": Case(
        document(
            [line("Montage", "1", "700")],
            seller=replace(
                SELLER,
                vat_id="",
                tax_number="",
                address=replace(SWISS.address, country="CH"),
            ),
            tax_representative=TaxRepresentative(
                name="Fiskal GmbH", vat_id="DE136695976", address=SELLER.address
            ),
        )
    ),
    "dollars_with_tax_in_euros": Case(
        document(
            [line("Licence", "1", "100")],
            currency="USD",
            tax_currency="EUR",
            vat_in_tax_currency=Decimal("17.43"),
        )
    ),
    "yen": Case(document([line("ライセンス", "3", "1980")], currency="JPY")),
    "dinars": Case(  # Three decimals: 12.345, 2.346 and 14.691 KWD.
        document(
            [line("Licence", "1", "12.345", net=Decimal("12.345"))],
            currency="KWD",
            vat_groups=(
                VatGroup(
                    category=Category.STANDARD,
                    rate=Decimal(19),
                    base=Decimal("12.345"),
                    tax=Decimal("2.346"),
                ),
            ),
        ),
        fits=frozenset(),
        refused_by=TOO_FINE,
    ),
    "prices_with_tax": _gross(),
}
