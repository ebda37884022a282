"""What a seller decides about VAT otherwise than the engine would, with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.pricing.exemptions import without_tax
from billing.pricing.taxes import Supply, Tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """
    That certain supplies are taxed so, from a day up to another.

    What is empty is not asked for: product, tax class, the country of the customer or of delivery.
    `is_for_customer`: it holds for one customer. Only those of the customer in question are given
    to who decides.
    """

    id: str
    category: str
    percent: Decimal
    valid_from: date
    valid_until: date | None = None
    is_for_customer: bool = False
    product_id: str = ""
    tax_class: str = ""
    country: str = ""
    exemption_code: str = ""
    exemption_text: str = ""

    def concerns(self, supply: Supply, *, country: str, on: date) -> bool:
        """Return whether a supply to a country on a day is one of those."""
        asked = (
            (self.product_id, supply.product_id),
            (self.tax_class, supply.tax_class),
            (self.country, country),
        )
        is_named = all(not wanted or wanted == given for wanted, given in asked)
        is_in_time = self.valid_from <= on and (self.valid_until is None or on < self.valid_until)
        return is_named and is_in_time

    def tax(self, *, locale: str) -> Tax:
        """Return the tax that it says, with the category's usual reason if it gives none."""
        usual = without_tax(self.category, locale=locale)
        return Tax(
            self.category,
            self.percent,
            self.exemption_code or usual.exemption_code,
            self.exemption_text or usual.exemption_text,
            override_id=self.id,
        )


def override_for(
    overrides: Iterable[Override], supply: Supply, *, country: str, on: date
) -> Override | None:
    """Return the override that decides: the one that names most, customer before product."""
    mine = [each for each in overrides if each.concerns(supply, country=country, on=on)]
    return max(mine, key=_weight, default=None)


def _weight(override: Override) -> tuple[bool, bool, bool, bool, str]:
    named = (override.product_id, override.country, override.tax_class)
    product, country, tax_class = (bool(each) for each in named)
    return override.is_for_customer, product, country, tax_class, override.id
