"""All legal cases by name."""

from tests.documents import kinds, lined, taxed

CASES = {**taxed.CASES, **kinds.CASES, **lined.CASES}
