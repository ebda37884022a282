"""
The whole engine on one page: event type → the tasks that it sets off.

A task named here is declared in the `tasks.py` of its stage. An event that nobody listens to is
noted in the log all the same.
"""

from billing.contracts.events import (
    CONTRACT_CHANGED,
    CONTRACT_CREATED,
    PERIOD_ENDED,
    SUBSCRIPTION_CHANGED,
)
from billing.customers.events import (
    CUSTOMER_CHANGED,
    CUSTOMER_CREATED,
    CUSTOMER_DAY_ENDED,
    VAT_ID_GIVEN,
)
from billing.events.announcing import ANNOUNCED
from billing.events.facts import FAILURE_CLOSED, FAILURE_OPENED
from billing.orders.events import ORDER_PLACED
from billing.usage.events import USAGE_RECORDED, USAGE_UNATTRIBUTED
from billing.vat.events import VAT_ID_CHECKED
from invoices.balances.events import BALANCE_CHANGED, BALANCE_EXPIRED
from invoices.credit_notes.events import CORRECTION_ORDERED
from invoices.delivery.events import (
    DELIVERY_DUE,
    DELIVERY_GIVEN_UP,
    DELIVERY_ORDERED,
    DELIVERY_SENT,
    ENDPOINT_DISABLED,
)
from invoices.documents.events import DOCUMENTS_RENDERED
from invoices.issuing.events import (
    CONTRACT_REOPENED,
    FAILURES_DECIDED,
    INVOICE_ISSUED,
    ORDER_REOPENED,
)
from invoices.runs.events import RUN_FINISHED

BILL = "issuing.bill"
BILL_DUE = "issuing.bill_due"
SETTLE = "issuing.settle_failures"
ATTRIBUTE = "usage.attribute"
CREDIT = "credit_notes.credit"
CHECK_VAT_ID = "vat.check_vat_id"
RENDER = "documents.render"
PLAN = "delivery.plan"
DELIVER = "delivery.deliver"

FLOW: dict[str, tuple[str, ...]] = {
    # A fact: charge what is owed and not yet charged, issue the invoice.
    ORDER_PLACED: (BILL,),
    SUBSCRIPTION_CHANGED: (BILL,),
    # The turn of a period: the same, in bulk. It has a queue of its own, so that no fact waits for
    # a month's end.
    PERIOD_ENDED: (BILL_DUE,),
    # The day of a customer whose charges are collected: charge what its facts and turns made due,
    # and issue the invoice of the day or month.
    CUSTOMER_DAY_ENDED: (BILL_DUE,),
    # A customer's VAT id: ask the register, where that is switched on. Billing waits for nothing.
    VAT_ID_GIVEN: (CHECK_VAT_ID,),
    VAT_ID_CHECKED: (),
    # Usage of days that are billed already: charged at once after the end and in a pause, else
    # with what is due next.
    USAGE_RECORDED: (BILL,),
    # Usage that belongs to nothing yet: it fails until what it names is there, and is retried.
    USAGE_UNATTRIBUTED: (ATTRIBUTE,),
    # Someone ordered that an invoice is taken back, wholly or in part: issue the credit note.
    CORRECTION_ORDERED: (CREDIT,),
    # What was taken back is to be billed again: charge what is owed of it by now, at once.
    CONTRACT_REOPENED: (BILL,),
    ORDER_REOPENED: (BILL,),
    # Someone decided on many failures, or they healed: retry or write off a chunk of them.
    FAILURES_DECIDED: (SETTLE,),
    # An invoice was issued: make the documents that its customer gets.
    INVOICE_ISSUED: (RENDER,),
    # They are made: order what reaches the customer, and what tells the seller's apps.
    DOCUMENTS_RENDERED: (PLAN,),
    # A public fact that an app wants to know of: tell it. The fact itself stays as it is.
    ANNOUNCED: (PLAN,),
    # Facts that only apps are told of; the first eight stand in the log where an app wants them.
    CUSTOMER_CREATED: (),
    CUSTOMER_CHANGED: (),
    CONTRACT_CREATED: (),
    CONTRACT_CHANGED: (),
    FAILURE_OPENED: (),
    FAILURE_CLOSED: (),
    RUN_FINISHED: (),
    ENDPOINT_DISABLED: (),
    BALANCE_CHANGED: (),
    BALANCE_EXPIRED: (),
    DELIVERY_SENT: (),
    DELIVERY_GIVEN_UP: (),
    # Something is to reach someone, or is due to be tried again: try it once.
    DELIVERY_ORDERED: (DELIVER,),
    DELIVERY_DUE: (DELIVER,),
}
