"""What the law wants on an invoice: a list, each content with its source, checked before issue."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from billing.events.causes import pattern_of
from billing.mending import NOTHING, Mend
from billing.pricing.tax_area import is_in_eu
from billing.pricing.taxes import SupplyKind
from billing.sellers.models import Seller
from billing.wording.vat import vat_note
from invoices.issuing.queries.contents import (
    OWED_BY_CUSTOMER,
    Content,
    ContentRefused,
    Contents,
    CustomerDataMissing,
    FormatDoesNotFit,
    InvoiceContentMissing,
    Missing,
    SellerDataMissing,
    SeveralVatIds,
)
from invoices.issuing.queries.format_contents import FORMAT_CONTENTS

HOME, ABROAD = ("street", "postcode", "city", "country"), ("street", "city", "country")
PRINTED = ("name", "kind", "vat_id", "tax_number", "register_number", "locale", *HOME)


def _given(party: str, *names: str) -> Missing:
    return lambda said: [name for name in names if not getattr(said, party)[name]]


def _is_bound(said: Contents) -> bool:
    """Return whether a law on VAT holds: the Union's for its sellers, else where VAT is charged."""
    return is_in_eu(said.seller["country"]) or "S" in said.categories


def _needs_customer(said: Contents) -> bool:
    # Consumers are nowhere named by it. Source: UStAE 14.5 (1).
    return said.customer["kind"] == "business" and not said.is_small and _is_bound(said)


def _is_distance_sale(said: Contents) -> bool:
    """Return whether goods went to a consumer abroad, where the seller is registered itself."""
    return said.customer["kind"] == "consumer" and any(
        line.seller_vat_id and line.supply == SupplyKind.GOODS for line in said.lines
    )


def _seller_address(said: Contents) -> Sequence[str]:
    # Not every country has postcodes; those of the Union do.
    names = HOME if is_in_eu(said.seller["country"]) else ABROAD
    return [name for name in ("name", *names) if not said.seller[name]]


def _customer_address(said: Contents) -> Sequence[str]:
    names = ABROAD if said.is_cross_border else HOME  # Not every country has postcodes.
    return [name for name in names if not said.customer[name]]


def _tax_number(said: Contents) -> Sequence[str]:
    has_one = said.seller["vat_id"] or said.seller["tax_number"]
    return [] if has_one else ["VAT id or tax number"]


def _seller_vat_id(said: Contents) -> Sequence[str]:
    return [] if said.seller["vat_id"] else ["VAT id, since the customer owes the tax"]


def _customer_vat_id(said: Contents) -> Sequence[str]:
    known = said.customer["vat_id"] or said.customer.get("credited_vat_id")
    return [] if known else ["VAT id, under which it owes the tax"]


def _exporting(said: Contents) -> Sequence[str]:
    return [] if said.seller["vat_id"] else ["VAT id, since goods leave the country untaxed"]


def _identified(said: Contents) -> Sequence[str]:
    names = ("vat_id", "credited_vat_id", "register_number")
    is_known = any(said.customer.get(name) for name in names)
    return [] if is_known else ["VAT id or register number, since it owes the tax"]


def _owes_abroad(said: Contents) -> bool:
    # Goods may cross a border though both parties are of one country: an override may say so.
    is_owed = bool(said.categories & OWED_BY_CUSTOMER)
    return "K" in said.categories or (said.is_cross_border and is_owed)


def _hints(said: Contents) -> Sequence[str]:
    return [
        f"hint why category {tax['category']} bears no VAT"
        for tax in said.taxes
        if float(tax["percent"]) == 0
        and not tax.get("exemption_text")
        and not vat_note(tax["category"], locale=said.customer["locale"])
    ]


def _numbered(said: Contents) -> Sequence[str]:
    named = {"number": said.number, "date of issue": said.issue_date}
    return [name for name, value in named.items() if not value]


def _described(said: Contents) -> Sequence[str]:
    return [
        f"{what} of line {line.position}"
        for line in said.lines
        for what, value in (("name", line.text.strip()), ("quantity", line.quantity is not None))
        if not value
    ]


def _supplied(said: Contents) -> Sequence[str]:
    days: list[tuple[int | None, object]] = [(line.position, line.starts_on) for line in said.lines]
    return [f"day of line {position}" for position, day in days if not day]


def _taxed(said: Contents) -> Sequence[str]:
    names = ("category", "percent", "base_minor", "tax_minor")
    wrong = [name for tax in said.taxes for name in names if tax.get(name) is None]
    return wrong if said.taxes else ["net amount, rate and tax"]


def _one_vat_id(said: Contents) -> Sequence[str]:
    """Tell of VAT ids abroad beside each other, or beside the seller's own at one rate."""
    ids_of_rates: dict[tuple[str, Decimal], set[str]] = defaultdict(set)
    for line in said.lines:
        # What is taken back was shown under its own; an override doesn't say whose VAT it is.
        if not (line.is_taxed_as_charged or line.tax_override_id):
            ids_of_rates[line.tax_category, line.tax_percent].add(line.seller_vat_id)
    abroad = set().union(*ids_of_rates.values()) - {""}
    if len(abroad) <= 1 and all(len(ids) == 1 for ids in ids_of_rates.values()):
        return []
    # A rate that is due at home too is one sum with that of the registration.
    shown = sorted(abroad) if len(abroad) > 1 else [*abroad, "the seller's own"]
    return [f"single VAT id of its seller, but VAT under {' and '.join(shown)}"]


CONTENTS = (
    Content(
        of=SellerDataMissing,
        source="UStG § 14 (4) no. 1",
        missing=_seller_address,
    ),
    Content(
        of=SellerDataMissing,
        source="UStG § 14 (4) no. 2",
        missing=_tax_number,
        applies=_is_bound,
    ),
    Content(
        of=SellerDataMissing,
        source="UStG § 14a (1), (3); EN 16931 BR-AE-02, BR-IC-02",
        missing=_seller_vat_id,
        applies=lambda said: _owes_abroad(said) and is_in_eu(said.seller["country"]),
    ),
    Content(
        of=CustomerDataMissing,
        source="UStG § 14 (4) no. 1",
        missing=_given("customer", "name"),
        applies=_needs_customer,
    ),
    Content(
        of=CustomerDataMissing,
        source="UStG § 14 (4) no. 1; up to small amounts UStDV § 33",
        missing=_customer_address,
        applies=_needs_customer,
    ),
    Content(
        of=CustomerDataMissing,
        source="UStG § 14a (2)",
        missing=_customer_address,
        applies=_is_distance_sale,
    ),
    Content(
        of=CustomerDataMissing,
        source="UStG § 14a (1), (3); EN 16931 BR-AE-03, BR-IC-03",
        missing=_customer_vat_id,
        applies=_owes_abroad,
    ),
    Content(
        of=SellerDataMissing,
        source="EN 16931 BR-G-02",
        missing=_exporting,
        applies=lambda said: "G" in said.categories,
    ),
    Content(
        of=CustomerDataMissing,
        source="EN 16931 BR-AE-03",
        missing=_identified,
        applies=lambda said: "AE" in said.categories and not said.is_cross_border,
    ),
    Content(
        of=SeveralVatIds,
        source="UStG § 14 (4) no. 2; 2006/112/EC Art. 226 (3)",
        missing=_one_vat_id,
    ),
    Content(
        of=InvoiceContentMissing,
        source="UStG § 14 (4) no. 3 and 4",
        missing=_numbered,
        applies=lambda said: said.number is not None,
    ),
    Content(
        of=InvoiceContentMissing,
        source="UStG § 14 (4) no. 5",
        missing=_described,
    ),
    Content(
        of=InvoiceContentMissing,
        source="UStG § 14 (4) no. 6",
        missing=_supplied,
    ),
    Content(
        of=InvoiceContentMissing,
        source="UStG § 14 (4) no. 7 and 8",
        missing=_taxed,
    ),
    Content(
        of=InvoiceContentMissing,
        source="UStG § 14 (4) no. 8, § 14a (5)",
        missing=_hints,
    ),
)


def check_contents(said: Contents, *, seller: Seller) -> None:
    """
    Do nothing if a document, or the draft of one, says all that it must.

    Also what the customer's format wants, unless another system makes the seller's documents.

    :raises SellerDataMissing: and the others, if it doesn't.
    """
    _refuse(said, (*CONTENTS, *FORMAT_CONTENTS) if seller.makes_documents else CONTENTS)


def missing_contents(
    said: Contents, contents: Iterable[Content] = CONTENTS
) -> Iterator[tuple[Content, Sequence[str]]]:
    """Yield what is missing of what must stand on a document."""
    for content in contents:
        if content.applies(said) and (missing := content.missing(said)):
            yield content, missing


def _refuse(said: Contents, contents: Iterable[Content] = CONTENTS) -> None:
    found = list(missing_contents(said, contents))
    if not found:
        return
    refusal = found[0][0].of
    mine = [(content, missing) for content, missing in found if content.of is refusal]
    what = [f"{', '.join(missing)} ({content.source})" for content, missing in mine]
    part = pattern_of(", ".join(name for _, missing in mine for name in missing))
    mend = Mend(_OF[refusal], part=part) if refusal in _OF else NOTHING
    raise refusal(f"{_WHO[refusal](said)} has no {'; '.join(what)}.", mend=mend)


# Whose page says what is missing; the rest is of the document alone.
_OF: dict[type[ContentRefused], str] = {
    SellerDataMissing: "seller",
    CustomerDataMissing: "customer",
    FormatDoesNotFit: "customer",
}


# A document has no number yet: the one that it would get goes to another if it is refused.
_WHO: dict[type[ContentRefused], Callable[[Contents], str]] = {
    SellerDataMissing: lambda said: f"The seller {said.seller['name']}",
    CustomerDataMissing: lambda said: f"The customer {said.customer['name']}",
    InvoiceContentMissing: lambda _: "The document",
    SeveralVatIds: lambda _: "The document",
    FormatDoesNotFit: lambda _: "The document",
}
