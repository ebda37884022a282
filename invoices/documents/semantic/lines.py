"""What is invoiced: lines, their items and prices, allowances and charges."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.parties import Identifier


@dataclass(frozen=True, slots=True)
class Vat:
    """
    The VAT of a line (BG-30: BT-151, BT-152) or of a document's allowance or charge.

    `rate` is in percent; None outside the scope of VAT, where none may be given.
    """

    category: Category
    rate: Decimal | None

    @classmethod
    def of(cls, category: str, percent: Decimal) -> "Vat":
        """Return the VAT of a category that is booked with a rate even outside the scope."""
        known = Category(category)
        return cls(known, None if known is Category.OUTSIDE_SCOPE else percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A period (BG-14: BT-73, BT-74; of a line BG-26: BT-134, BT-135). Both days belong to it."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceCharge:
    """
    An allowance, or a charge: of the document (BG-20, BG-21) with `vat`, of a line (BG-27, BG-28).

    `amount` BT-92, 99, 136, 141 · `base` BT-93, 100, 137, 142 · `percent` BT-94, 101, 138, 143 ·
    `reason` BT-97, 104, 139, 144 · `reason_code` (UNTDID 5189, 7161) BT-98, 105, 140, 145.
    """

    amount: Decimal
    is_charge: bool = False
    base: Decimal | None = None
    percent: Decimal | None = None
    reason: str = ""
    reason_code: str = ""
    vat: Vat | None = None

    @property
    def signed(self) -> Decimal:
        """Return what it adds to a sum."""
        return self.amount if self.is_charge else -self.amount


@dataclass(frozen=True, slots=True)
class Price:
    """A net price (BG-29), never negative: BT-146 per unit or per `base_quantity` (BT-149)."""

    amount: Decimal
    base_quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    What is supplied (BG-31).

    `name` BT-153 · `description` BT-154 · `sellers_id` BT-155 · `buyers_id` BT-156 · `standard_id`
    BT-157 · `origin_country` BT-159 · `attributes` (name and value) BG-32: BT-160, BT-161.
    """

    name: str
    description: str = ""
    sellers_id: str = ""
    buyers_id: str = ""
    standard_id: Identifier | None = None
    origin_country: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    A line (BG-25).

    `id` BT-126 · `note` BT-127 · `quantity` BT-129 (negative: takes back) · `unit` (UN/ECE
    recommendation 20) BT-130 · `net` BT-131 · `order_line` BT-132.
    """

    id: str
    item: Item
    quantity: Decimal
    unit: str
    price: Price
    net: Decimal
    vat: Vat
    note: str = ""
    order_line: str = ""
    period: Span | None = None
    allowances_charges: tuple[AllowanceCharge, ...] = ()
