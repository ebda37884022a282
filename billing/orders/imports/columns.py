"""Which column of a file holds what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What is looked for → names under which it is found.
ALIASES: dict[str, tuple[str, ...]] = {
    "customer": ("customer", "customer_id"),
    "order": ("order", "order_id", "invoice", "invoice_id"),
    "date": ("date", "order_date", "invoice_date"),
    "amount": ("amount", "gross_amount", "net_amount"),
    "currency": ("currency",),
    "quantity": ("quantity",),
    "text": ("text",),
    "customer_name": ("customer_name",),
    "country": ("country",),
    "tax": ("tax",),
}
REQUIRED = ("customer", "order", "date", "amount")


class ColumnsUnclear(Exception):
    """The columns of a file can't be told apart, or one is missing; the text names the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where each thing stands in a row, and what else there is."""

    places: Mapping[str, int]
    width: int
    is_net: bool
    ignored: Sequence[str]

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        """Return a row's cells by what they hold, without the space around them."""
        return {what: row[place].strip() for what, place in self.places.items()}


def find_columns(header: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """
    Find the columns by their names, or by those that were chosen (what → name in the file).

    :raises ColumnsUnclear: if one is missing, or if several could be it.
    """
    names = [_plain(name) for name in header]
    for what, name in chosen.items():
        _check_chosen(what, name, header)
    places: dict[str, int] = {}
    for what, aliases in ALIASES.items():
        wanted = (_plain(chosen[what]),) if what in chosen else aliases
        found = [place for place, name in enumerate(names) if name in wanted]
        taken = {_plain(name) for other, name in chosen.items() if other != what}
        found = [place for place in found if names[place] not in taken]
        if len(found) > 1:
            several = " and ".join(header[place] for place in found)
            raise ColumnsUnclear(
                f"Both {several} could be the {what}: say which by --column {what}=NAME."
            )
        if found:
            places[what] = found[0]
    _check_required(places, header)
    return Columns(
        places=places,
        width=len(header),
        is_net=names[places["amount"]] == "net_amount",
        ignored=[name for place, name in enumerate(header) if place not in places.values()],
    )


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _check_chosen(what: str, name: str, header: Sequence[str]) -> None:
    if what not in ALIASES:
        raise ColumnsUnclear(f"There is no {what} to choose a column for: {', '.join(ALIASES)}.")
    if _plain(name) not in map(_plain, header):
        raise ColumnsUnclear(f"The file has no column {name}; it has {', '.join(header)}.")


def _check_required(places: Mapping[str, int], header: Sequence[str]) -> None:
    missing = [what for what in REQUIRED if what not in places]
    if missing:
        raise ColumnsUnclear(
            f"No column holds the {', '.join(missing)}. The file has {', '.join(header)}: say"
            f" which it is by --column {missing[0]}=NAME."
        )
