"""Why usage waits, in plain words: for the caller, and for whoever looks at the failure."""

from collections.abc import Mapping

from billing.events.tries import Trouble
from billing.mending import Mend
from billing.usage.models import Reason

# What is wrong with what is named, and what to do about it.
_WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.METER_UNKNOWN: ("There is no meter {named}.", "Make it."),
    Reason.SUBSCRIPTION_UNKNOWN: (
        "There is no subscription {named}.",
        "Start it, or write the failure off and send the records under new keys.",
    ),
    Reason.NOT_RUNNING: (
        "The subscription {named} does not run on that day.",
        "Check its start and end, or write the failure off.",
    ),
    Reason.PROPERTY_MISSING: (
        "A record of meter {named} lacks the property that it measures.",
        "Write the failure off and send the records with it, under new keys.",
    ),
    Reason.PROPERTY_NOT_NUMBER: (
        "The property that meter {named} measures is no number of at most 12 digits before and "
        "12 after the point.",
        "Write the failure off and send the records with it, under new keys.",
    ),
    Reason.IN_FUTURE: (
        "A record of meter {named} lies more than a day ahead.",
        "Wait for its day, or write the failure off and send it with the right time.",
    ),
}


# Whose page mends it.
_KINDS: Mapping[Reason, str] = {
    Reason.METER_UNKNOWN: "meter",
    Reason.SUBSCRIPTION_UNKNOWN: "subscription",
    Reason.NOT_RUNNING: "subscription",
    Reason.PROPERTY_MISSING: "usage",
    Reason.PROPERTY_NOT_NUMBER: "usage",
    Reason.IN_FUTURE: "usage",
}


def explain(reason: Reason, named: str) -> str:
    """Return what is wrong with one record."""
    return _WORDS[reason][0].format(named=named)


def code_of(reason: Reason) -> str:
    """Return the class of the failure."""
    return f"usage_{reason}"


def count_told(reason: Reason, named: str, waiting: int) -> str:
    """Return what is wrong with the records that wait, and how many they are."""
    records = "1 record waits" if waiting == 1 else f"{waiting} records wait"
    return f"{explain(reason, named)} {records} to be attributed."


def trouble(reason: Reason, named: str, waiting: int) -> Trouble:
    """Return what is wrong with the event that tells of waiting records."""
    return Trouble(
        code=code_of(reason),
        reason=count_told(reason, named, waiting),
        remedy=f"{_WORDS[reason][1]} Then retry: what was sent is kept and counts from then on.",
        error_class="Unattributed",
        mend=Mend(_KINDS[reason], part=named),
    )
