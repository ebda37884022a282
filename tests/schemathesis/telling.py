"""The table of a run, as it is printed."""

from collections.abc import Iterable, Sequence

from tests.schemathesis.running import Outcome

HEAD = ("tag", "operations", "requests", "2xx", "4xx", "5xx", "failures", "seconds", "seed")


def told(outcome: Outcome) -> str:
    """Return a line for a resource that is through, and what schemathesis said if it failed."""
    counts = ", ".join(f"{outcome.count(each)} {each}xx" for each in (2, 3, 4, 5))
    line = (
        f"{outcome.tag}, {outcome.statuses.total()} requests in {outcome.seconds:.0f} s: {counts}"
    )
    return line if outcome.is_passed else f"{line}. FAILED\n{outcome.output}"


def table(outcomes: Sequence[Outcome], *, seed: int) -> str:
    """Return a line for each resource and one for all, and below what never succeeded."""
    rows = [_row(each, seed) for each in sorted(outcomes, key=lambda each: each.tag)]
    sums = [sum(int(row[column]) for row in rows) for column in range(1, 8)]
    lines = [HEAD, *rows, ("all", *map(str, sums), str(seed))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = [_aligned(line, widths) for line in lines]
    never = [name for each in outcomes for name in each.never]
    failed = [each.tag for each in outcomes if not each.is_passed]
    text += [f"\nNever succeeded: {', '.join(never) or 'none'}."]
    return "\n".join([*text, f"Failed: {', '.join(failed) or 'none'}."])


def _row(outcome: Outcome, seed: int) -> tuple[str, ...]:
    counts = [outcome.statuses.total(), *(outcome.count(hundreds) for hundreds in (2, 4, 5))]
    seen = (outcome.operations, *counts, outcome.failures, round(outcome.seconds))
    return (outcome.tag, *map(str, seen), str(seed))


def _aligned(line: Iterable[str], widths: Sequence[int]) -> str:
    first, *rest = zip(line, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)])
