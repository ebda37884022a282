"""
What the customer's format of documents wants beyond the law, checked before issue.

Documents say what was frozen when the invoice was issued: afterwards it would be too late. Formats
that were chosen refuse what they lack. ZUGFeRD, which nobody has to choose, doesn't: where it can't
be kept, the documents stage makes a PDF alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from billing.electronic_addresses import (
    EMAIL,
    PEPPOL,
    electronic_address,
    is_mailbox,
    is_phone_number,
    wrong_digits,
)
from billing.money import minor_digits
from billing.pricing.exemptions import CATEGORY_OF_CODE
from billing.pricing.taxes import SupplyKind
from invoices.issuing.queries.contents import (
    Content,
    Contents,
    CustomerDataMissing,
    FormatDoesNotFit,
    InvoiceContentMissing,
    SellerDataMissing,
)

XRECHNUNG = ("xrechnung_ubl", "xrechnung_cii")
CHOSEN = (*XRECHNUNG, PEPPOL)
_NETWORKS = {PEPPOL: "Peppol", **dict.fromkeys(XRECHNUNG, "XRechnung")}


def _format(said: Contents) -> str:
    return str(said.customer.get("document_format") or "")


def _is_chosen(said: Contents) -> bool:
    return _format(said) in CHOSEN


def _is_peppol(said: Contents) -> bool:
    return _format(said) == PEPPOL


def _is_german(said: Contents) -> bool:
    """Return whether the German rules hold: of XRechnung, and of Peppol between two Germans."""
    both_german = said.seller["country"] == said.customer["country"] == "DE"
    return _is_chosen(said) and (_format(said) in XRECHNUNG or both_german)


def _contact(said: Contents) -> Sequence[str]:
    phone, email = said.seller.get("phone") or "", said.seller.get("email") or ""
    found = []
    if not is_phone_number(phone):
        found.append("phone (a number with three digits at least)")
    if not is_mailbox(email):
        found.append("email (an address such as a@example.com, without accents)")
    return found


def _identified(said: Contents) -> Sequence[str]:
    taxed = said.categories != {"O"}
    names = ("vat_id", "tax_number") if taxed else ("vat_id", "tax_number", "register_number")
    return [] if any(said.seller.get(name) for name in names) else ["VAT id or tax number"]


def _places(party: Mapping[str, Any]) -> Sequence[str]:
    return [name for name in ("postcode", "city") if not party.get(name)]


def _delivery(said: Contents) -> Sequence[str]:
    delivery = said.customer.get("delivery") or {}
    are_goods = any(
        line.supply == SupplyKind.GOODS or line.tax_category == "K" for line in said.lines
    )
    if not are_goods or not delivery.get("country"):
        return []
    return [f"delivery_{name}" for name in _places(delivery)]


def _buyer_reference(said: Contents) -> Sequence[str]:
    return [] if said.customer.get("buyer_reference") else ["buyer_reference"]


def _some_reference(said: Contents) -> Sequence[str]:
    is_given = said.customer.get("buyer_reference") or said.customer.get("purchase_order")
    return [] if is_given else ["buyer_reference, nor has the contract or order a purchase_order"]


def _reached(party: Mapping[str, Any], said: Contents) -> Sequence[str]:
    found = electronic_address(party, format_=_format(said))
    if found is None or (_is_peppol(said) and found[1] == EMAIL):
        kind = "one of Peppol, such as a VAT id" if _is_peppol(said) else "or email"
        return [f"electronic_address ({kind})"]
    wrong = wrong_digits(found[0], scheme=found[1]) if _is_peppol(said) else None
    return (
        [f"electronic_address whose digits are right: {found[0]} is no {wrong[1]}"] if wrong else []
    )


def _two_decimals(said: Contents) -> Sequence[str]:
    network = _NETWORKS[_format(said)]
    stated_in = (said.currency, said.accounting_currency or said.currency)
    return [
        f"amounts of two decimals, as {network} wants them: {currency} has more"
        for currency in dict.fromkeys(stated_in)
        if minor_digits(currency) > 2
    ]


def _scope(said: Contents) -> Sequence[str]:
    network = _NETWORKS[_format(said)]
    if "O" not in said.categories or len(said.taxes) == 1:
        return []
    return [f"lines that {network} lets stand together: some are outside the scope of VAT"]


def _codes(said: Contents) -> Sequence[str]:
    given = ((str(tax.get("exemption_code") or ""), tax["category"]) for tax in said.taxes)
    return [
        f"fitting exemption code: {code} is of category {CATEGORY_OF_CODE[code]}, not {category}"
        for code, category in given
        if CATEGORY_OF_CODE.get(code, category) != category
    ]


FORMAT_CONTENTS = (
    Content(
        of=SellerDataMissing,
        source="EN 16931 BR-CO-26, BR-S-02",
        missing=_identified,
        applies=_is_chosen,
    ),
    Content(
        of=SellerDataMissing,
        source="XRechnung BR-DE-6, 7, 27, 28",
        missing=_contact,
        applies=_is_german,
    ),
    Content(
        of=SellerDataMissing,
        source="XRechnung BR-DE-3, 4",
        missing=lambda said: _places(said.seller),
        applies=_is_german,
    ),
    Content(
        of=SellerDataMissing,
        source="PEPPOL-EN16931-R020",
        missing=lambda said: _reached(said.seller, said),
        applies=_is_chosen,
    ),
    Content(
        of=CustomerDataMissing,
        source="XRechnung BR-DE-15",
        missing=_buyer_reference,
        applies=_is_german,
    ),
    Content(
        of=CustomerDataMissing,
        source="PEPPOL-EN16931-R003",
        missing=_some_reference,
        applies=lambda said: _is_peppol(said) and not _is_german(said),
    ),
    Content(
        of=CustomerDataMissing,
        source="XRechnung BR-DE-8, 9",
        missing=lambda said: _places(said.customer),
        applies=_is_german,
    ),
    Content(
        of=CustomerDataMissing,
        source="XRechnung BR-DE-10, 11",
        missing=_delivery,
        applies=_is_german,
    ),
    Content(
        of=CustomerDataMissing,
        source="PEPPOL-EN16931-R010",
        missing=lambda said: _reached(said.customer, said),
        applies=_is_chosen,
    ),
    Content(
        of=FormatDoesNotFit, source="EN 16931 BR-DEC", missing=_two_decimals, applies=_is_chosen
    ),
    Content(
        of=InvoiceContentMissing,
        source="PEPPOL-EN16931-P0104 to P0111",
        missing=_codes,
        applies=_is_chosen,
    ),
    Content(of=FormatDoesNotFit, source="EN 16931 BR-O-11", missing=_scope, applies=_is_chosen),
)
