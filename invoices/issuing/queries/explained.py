"""Why a line stands on an invoice, in the language of its customer."""

from billing.wording.line import ExplainedLine
from billing.wording.paragraph import explained
from invoices.issuing.models import Charge

EXPLAINED_BY = ("invoice", "price__plan", "plan")  # What a charge is best read together with.


def explained_line(line: Charge, *, language: str = "") -> str:
    """
    Return why a line stands on its invoice; empty while it waits for one.

    `language` is used instead of the customer's, also for a line without an invoice.
    """
    language = language or (line.invoice.customer_as_printed["locale"] if line.invoice else "")
    if not language:
        return ""
    plan = line.price.plan if line.price else line.plan
    return explained(
        line.explanation,
        locale=language,
        line=ExplainedLine(
            text=line.text,
            currency=line.currency,
            net_minor=line.amount_minor,
            quantity=line.quantity,
            starts_on=line.starts_on,
            ends_on=line.ends_on,
            plan_name=plan.name if plan else None,
        ),
    )
