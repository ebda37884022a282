"""All tables of this app, listed for Django; each stands in its stage."""

from invoices.balances.models import BalanceMovement
from invoices.credit_notes.models import Correction, CorrectionLine
from invoices.delivery.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryWish,
    DownloadLink,
    MailStyle,
    WebhookEndpoint,
    WebhookSecret,
)
from invoices.documents.models import Document, DocumentTemplate
from invoices.issuing.models import (
    Charge,
    Hold,
    HoldDecision,
    HoldRule,
    Invoice,
    NumberSeries,
)
from invoices.overview.models import CountedLog, CountedSeries, DayFigure
from invoices.proving.models import Verification
from invoices.reports.models import Account, AccountOverride, Bookkeeping, DebtorAccount
from invoices.runs.models import BillingRun

__all__ = [
    "Account",
    "AccountOverride",
    "BalanceMovement",
    "BillingRun",
    "Bookkeeping",
    "Charge",
    "Correction",
    "CorrectionLine",
    "CountedLog",
    "CountedSeries",
    "DayFigure",
    "DebtorAccount",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryWish",
    "Document",
    "DocumentTemplate",
    "DownloadLink",
    "Hold",
    "HoldDecision",
    "HoldRule",
    "Invoice",
    "MailStyle",
    "NumberSeries",
    "Verification",
    "WebhookEndpoint",
    "WebhookSecret",
]
