"""
What failures have in common: the fingerprint of a cause.

Failures of one cause go away together, by one thing that someone mends. What was foreseen names it
(`Mend`); of all else the place in the code and the message tell, with all taken out of the message
that differs from one event to the next.
"""

import hashlib
import re
from datetime import timedelta
from pathlib import PurePath
from types import TracebackType
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.mending import NOTHING, Mend

# Packages of our own: a defect lies in the innermost of their functions that it went through.
_OURS = ("billing", "invoices", "config")
LONGEST_PATTERN = 500

# In this order: what comes first may hold what comes later.
_DIFFERING = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", "{id}"),
        (r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>)]+", "{address}"),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "{address}"),
        (r"\b\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b",
         "{date}"),
        (r"\b\d{1,2}\.\d{1,2}\.\d{4}\b", "{date}"),
        (r"\"[^\"]*\"|„[^“”]*[“”]|“[^”]*”|«[^»]*»|`[^`]*`", "{name}"),
        # No apostrophe within a word: it begins after what is no letter, and ends before such.
        (r"(?<!\w)'[^']*'(?!\w)", "{name}"),
        (r"(?<![\w/])/(?:[\w.@-]+/)+[\w.@-]*", "{path}"),
        (r"\b0x[0-9a-fA-F]+\b", "{number}"),
        (r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b", "{id}"),
        (r"[-+]?\d(?:[\d.,' ]*\d)?(?:[eE][-+]?\d+)?%?", "{number}"),
    )
)  # fmt: skip

# Classes that can heal without anyone at the failure: by a fact that someone records, or by time.
# What is delivered has a schedule of its own; a defect needs someone.
HEALING = frozenset(
    {
        "price_missing", "tax_data_missing", "tax_not_decided", "exchange_rate_missing",
        "seller_data_missing", "customer_data_missing", "format_does_not_fit",
        "timeline_contradicts", "plan_contradicts", "number_series_ahead", "usage_meter_unknown",
        "usage_subscription_unknown", "usage_subscription_not_running", "usage_in_future",
        "document_storage_away", "template_does_not_work",
    }
)  # fmt: skip
# From the opening to the first probe, then from each to the next; the last is kept.
DISTANCES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))

HELD = "held"  # Of what waits for approval.
# Classes in plain words, for whoever reads the inbox.
IN_WORDS = {
    "defect": _("A defect of the program"),
    "worker_lost": _("It kills its worker, or takes too long"),
    "message_refused": _("The broker refuses its message"),
    "timeline_contradicts": _("Changes of a subscription contradict each other"),
    "price_missing": _("A price is missing"),
    "tax_data_missing": _("A tax rate is missing"),
    "tax_not_decided": _("Nobody has decided on the tax"),
    "seller_data_missing": _("Something of the seller is missing"),
    "customer_data_missing": _("Something of the customer is missing"),
    "invoice_content_missing": _("The document would lack something"),
    "several_vat_ids": _("One document would need several VAT ids"),
    "format_does_not_fit": _("The customer's format can't say it"),
    "exchange_rate_missing": _("A rate of exchange is missing"),
    "plan_contradicts": _("The terms of a plan contradict each other"),
    "currency_unknown": _("The currency is unknown"),
    HELD: _("It waits for approval"),
    "number_series_ahead": _("A series of numbers is ahead of today"),
    "correction_refused": _("The invoice can't be corrected like that"),
    "usage_meter_unknown": _("Usage of a meter that isn't there"),
    "usage_subscription_unknown": _("Usage of a subscription that isn't there"),
    "usage_subscription_not_running": _("Usage on a day without subscription"),
    "usage_property_missing": _("Usage without what its meter measures"),
    "usage_property_not_number": _("Usage whose measure is no number"),
    "usage_in_future": _("Usage of a day that hasn't come"),
    "document_does_not_fit": _("The document breaks its format's rules"),
    "document_storage_away": _("The storage of documents is away"),
    "template_does_not_work": _("The template of documents doesn't work"),
    "email_given_up": _("An e-mail didn't arrive"),
    "download_given_up": _("A download wasn't made"),
    "webhook_disabled": _("An endpoint of webhooks is disabled"),
    "webhook_given_up": _("A webhook didn't arrive"),
    "webhook_pruned": _("A webhook is too old to be sent"),
}


def in_words(code: str) -> str:
    """Return a class in plain words, in the language of who reads it."""
    return str(IN_WORDS.get(code) or code.replace("_", " ").capitalize())


def pattern_of(message: str) -> str:
    """
    Return a message without what differs from one event to the next.

    Ids, addresses, dates, quoted names, paths and numbers are replaced by what they are.
    """
    for pattern, put in _DIFFERING:
        message = pattern.sub(put, message)
    return " ".join(message.split())[:LONGEST_PATTERN]


def place_of(error: BaseException) -> str:
    """Return the innermost function of our own that an exception went through; empty if none."""
    place, at = "", error.__traceback__
    while at is not None:
        place, at = _place(at) or place, at.tb_next
    return place


def fingerprint(*, code: str, place: str, mend: Mend = NOTHING, reason: str = "") -> UUID:
    """
    Return what tells a cause from others: a hash, written like an id.

    Of a class of failure, the place, and what must be mended; where that isn't known, the pattern
    of the reason.
    """
    what = (mend.kind, mend.id, mend.part) if mend != NOTHING else (pattern_of(reason),)
    told = "\x1f".join((code, place, *what))
    return UUID(bytes=hashlib.sha256(told.encode()).digest()[:16])


def distance(probes: int) -> timedelta:
    """Return how long to wait for the next probe after so many."""
    return DISTANCES[min(probes, len(DISTANCES) - 1)]


def _place(at: TracebackType) -> str:
    code = at.tb_frame.f_code
    module = str(at.tb_frame.f_globals.get("__name__", PurePath(code.co_filename).stem))
    return f"{module}.{code.co_qualname}" if module.partition(".")[0] in _OURS else ""
