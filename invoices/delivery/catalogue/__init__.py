"""
The public events: what apps are told by webhooks, under which names, in which words.

`TYPES` is the table: name → when it occurs, what it shows, an example. Each endpoint has a version
of the words; fields are added to a version, and never change their meaning within it.
"""

from invoices.delivery.catalogue.messages import (
    Message,
    facts_told_as,
    message_of,
    public_types,
    trial_message,
)
from invoices.delivery.catalogue.patterns import ALL_TYPES, PATTERNS, matches, scopes_to_read
from invoices.delivery.catalogue.schemas import example_of, schema_of, shape_of
from invoices.delivery.catalogue.told import FACTS
from invoices.delivery.catalogue.types import LATEST, TEST_TYPE, TYPES, PublicType
from invoices.delivery.models.endpoints import VERSIONS

__all__ = [
    "ALL_TYPES",
    "FACTS",
    "LATEST",
    "PATTERNS",
    "TEST_TYPE",
    "TYPES",
    "VERSIONS",
    "Message",
    "PublicType",
    "example_of",
    "facts_told_as",
    "matches",
    "message_of",
    "public_types",
    "schema_of",
    "scopes_to_read",
    "shape_of",
    "trial_message",
]
