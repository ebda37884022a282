"""Pairs of two sets, of which only some fit."""

from collections.abc import Sequence


def match(fits: Sequence[Sequence[bool]]) -> list[int | None]:
    """
    Return a partner for each row, so that as many rows as possible have one; None: it has none.

    `fits[row][column]` says whether the two fit; each column is given once. Where rows fit in
    order, they are paired in order.
    """
    owners: dict[int, int] = {}
    for row in range(len(fits)):
        _place(row, fits, owners)
    partners: list[int | None] = [None] * len(fits)
    for column, row in owners.items():
        partners[row] = column
    return partners


def _place(row: int, fits: Sequence[Sequence[bool]], owners: dict[int, int]) -> bool:
    """Give a row a column, moving others aside where need be: an augmenting path, breadth first."""
    came_from: dict[int, int] = {}
    waiting = [row]
    for current in waiting:
        for column, is_fit in enumerate(fits[current]):
            if not is_fit or column in came_from:
                continue
            came_from[column] = current
            if column not in owners:
                _move(column, row, came_from, owners)
                return True
            waiting.append(owners[column])
    return False


def _move(column: int, row: int, came_from: dict[int, int], owners: dict[int, int]) -> None:
    """Hand the columns of a path on, from its free end back to the row that it began with."""
    while True:
        owner = came_from[column]
        freed = [each for each, held_by in owners.items() if held_by == owner]
        owners[column] = owner
        if owner == row:
            return
        column = freed[0]
