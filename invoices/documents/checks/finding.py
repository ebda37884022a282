"""What a check finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from invoices.documents.profiles import Profile
from invoices.documents.semantic.document import Document


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a document breaks: its official id, and what to do about it."""

    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


# A check yields what keeps a document out of a profile.
Check = Callable[[Document, Profile], Iterator[Finding]]
