"""The rules of each VAT category. Source: EN 16931 BR-S-*, BR-Z-*, BR-E-*, BR-AE-*, BR-IC-* …"""

from collections.abc import Iterator
from decimal import Decimal

from invoices.documents.checks.finding import Finding
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.document import ZERO, Document, VatGroup
from invoices.documents.semantic.lines import Vat
from invoices.documents.sums import vat_groups
from invoices.documents.xml import clean

# How the rules of a category are called.
_NAMES = {
    Category.STANDARD: "BR-S",
    Category.ZERO_RATED: "BR-Z",
    Category.EXEMPT: "BR-E",
    Category.REVERSE_CHARGE: "BR-AE",
    Category.INTRA_COMMUNITY: "BR-IC",
    Category.EXPORT: "BR-G",
    Category.OUTSIDE_SCOPE: "BR-O",
}
_WITHOUT_REASON = (Category.STANDARD, Category.ZERO_RATED)
_TAX_NUMBER_SUFFICES = (*_WITHOUT_REASON, Category.EXEMPT, Category.REVERSE_CHARGE)
_BUYER_IDENTIFIED = (Category.REVERSE_CHARGE, Category.INTRA_COMMUNITY)
_LINE, _ALLOWANCE, _CHARGE = 0, 1, 2  # Rules come in threes: for lines, allowances and charges.


def rates(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield lines, allowances and charges whose rate doesn't fit their category."""
    for place, vat, where in _uses(document):
        rule = f"{_NAMES[vat.category]}-{5 + place:02}"
        if vat.category is Category.OUTSIDE_SCOPE and vat.rate is not None:
            yield Finding(rule, f"{where}: outside the scope of VAT there is no rate; give none.")
        elif vat.category is Category.STANDARD and not vat.rate:
            yield Finding(
                rule, f"{where}: category S needs a rate above 0; Z, E and others have 0."
            )
        elif vat.category not in (Category.STANDARD, Category.OUTSIDE_SCOPE) and vat.rate != 0:
            yield Finding(rule, f"{where}: category {vat.category} has the rate 0, not {vat.rate}.")


def _uses(document: Document) -> Iterator[tuple[int, Vat, str]]:
    for line in document.lines:
        yield _LINE, line.vat, f"Line {line.id}"
    for each in document.allowances_charges:
        if each.vat and each.is_charge:
            yield _CHARGE, each.vat, "A charge of the document"
        elif each.vat:
            yield _ALLOWANCE, each.vat, "An allowance of the document"


def bases(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield groups that are missing, or whose base isn't the sum of what belongs to them."""
    right = {
        (group.category, group.rate): group.base
        for group in vat_groups(document.lines, document.allowances_charges)
    }
    said: dict[tuple[Category, Decimal], Decimal] = {}
    for group in document.vat_groups:
        key = group.category, group.rate
        if key in said:
            yield Finding(
                f"{_NAMES[group.category]}-01",
                f"Category {group.category} at {group.rate} % has several groups: add them up.",
            )
        said[key] = said.get(key, ZERO) + group.base
    for category in sorted({key[0] for key in right} - {key[0] for key in said}):
        yield Finding(
            f"{_NAMES[category]}-01",
            f"Category {category} is used, but its VAT isn't given: add its group (BG-23).",
        )
    for (category, rate), base in said.items():
        belongs = right.get((category, rate), ZERO)
        if base != belongs:
            yield _wrong_base(category, rate, base, belongs)
    for category, rate in right.keys() - said.keys():
        if category in {key[0] for key in said}:
            yield _wrong_base(category, rate, None, right[category, rate])


def _wrong_base(category: Category, rate: Decimal, base: Decimal | None, right: Decimal) -> Finding:
    said = "missing" if base is None else str(base)
    return Finding(
        f"{_NAMES[category]}-08",
        f"The base of category {category} at {rate} % is {said}: its lines, less "
        f"allowances, plus charges come to {right} (BT-116).",
    )


def reasons(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield groups that need a reason for not being taxed, may have none, or bear a tax."""
    for group in document.vat_groups:
        name = _NAMES[group.category]
        has_reason = bool(clean(group.exemption_reason) or group.exemption_code)
        if has_reason and group.category in _WITHOUT_REASON:
            yield Finding(f"{name}-10", f"Category {group.category} has no exemption reason.")
        if not has_reason and group.category not in _WITHOUT_REASON:
            yield Finding(
                f"{name}-10",
                f"Say why category {group.category} bears no VAT: a text (BT-120), such as "
                "'Kleinunternehmer, § 19 UStG', or a VATEX code (BT-121).",
            )
        if group.tax and group.category is not Category.STANDARD:
            yield Finding(f"{name}-09", f"Category {group.category} bears no VAT, not {group.tax}.")


def identities(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield categories for which seller or buyer isn't identified as the law wants."""
    seen = set()
    for place, vat, _ in _uses(document):
        if (place, vat.category) not in seen:
            seen.add((place, vat.category))
            if message := _unidentified(document, vat.category):
                yield Finding(f"{_NAMES[vat.category]}-{2 + place:02}", message)


def _unidentified(document: Document, category: Category) -> str:
    seller, buyer = document.seller, document.buyer
    representative = document.tax_representative.vat_id if document.tax_representative else ""
    if category is Category.OUTSIDE_SCOPE:
        return (
            "Outside the scope of VAT no VAT id may be named (BT-31, BT-48, BT-63): identify the "
            "seller by its tax number (BT-32) and its number in a register (BT-30)."
            if seller.vat_id or buyer.vat_id or representative
            else ""
        )
    number = seller.tax_number if category in _TAX_NUMBER_SUFFICES else ""
    if not (seller.vat_id or representative or number):
        return f"Category {category} needs the seller's VAT id (BT-31)."
    is_register_enough = category is Category.REVERSE_CHARGE and buyer.registration
    if category in _BUYER_IDENTIFIED and not buyer.vat_id and not is_register_enough:
        return f"Category {category} needs the buyer's VAT id (BT-48)."
    return ""


def intra_community(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what an intra-community supply must say of its delivery."""
    if not _has(document.vat_groups, Category.INTRA_COMMUNITY):
        return
    delivery = document.delivery
    if not (delivery and delivery.on) and not document.period:
        yield Finding(
            "BR-IC-11",
            "Say when the intra-community supply was delivered (BT-72), or over which period "
            "(BG-14).",
        )
    if not (delivery and delivery.address):
        yield Finding("BR-IC-12", "Say to which country it was delivered: its address (BG-15).")


def outside_scope_alone(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield that something is outside the scope and something else is not."""
    if not _has(document.vat_groups, Category.OUTSIDE_SCOPE):
        return
    advice = "what is outside the scope of VAT needs a document of its own."
    if len(document.vat_groups) > 1:
        yield Finding("BR-O-11", f"There are VAT groups of other categories: {advice}")
    for place, vat, where in _uses(document):
        if vat.category is not Category.OUTSIDE_SCOPE:
            yield Finding(f"BR-O-{12 + place}", f"{where} has category {vat.category}: {advice}")


def _has(groups: tuple[VatGroup, ...], category: Category) -> bool:
    return any(group.category is category for group in groups)
