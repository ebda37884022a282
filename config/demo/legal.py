"""Who buys decides what an invoice must say: three customers, a correction and a cancellation."""

from anlass_client import AuthenticatedClient
from anlass_client.api.customers import create_customer
from anlass_client.api.invoices import (
    create_invoice_cancellation,
    create_invoice_correction,
    get_invoice,
    list_invoices,
)
from anlass_client.api.orders import create_order
from anlass_client.models import (
    CancellationInput,
    CorrectionInput,
    CustomerInput,
    Invoice,
    OrderInput,
    OrderLineInput,
    PartInput,
)
from rich.console import Console
from rich.table import Table

from config.demo.api import answered, wait_for_transaction

CUSTOMERS = {
    "An authority wants an XRechnung": CustomerInput(
        street="Klosterstraße 47", postcode="10179", city="Berlin", country="DE",
        external_id="amt", name="Bezirksamt Mitte", kind="business",
        email="rechnung@amt.example", buyer_reference="04011000-1234512345-06",
        document_format="xrechnung_ubl",
    ),
    "A company in France owes the VAT itself": CustomerInput(
        street="1 rue de la Paix", postcode="75002", city="Paris", country="FR",
        external_id="paris", name="Papeterie Dupont SARL", kind="business",
        email="compta@dupont.example", vat_id="FR40303265045", locale="en",
    ),
    "A consumer sees prices with VAT": CustomerInput(
        street="Klosterstraße 47", postcode="10179", city="Berlin", country="DE",
        external_id="carla", name="Carla Kundin", kind="consumer", email="carla@example.com",
    ),
}  # fmt: skip
PART = CorrectionInput(
    reason="Nur eine von zwei Schulungen fand statt.", lines=[PartInput(line=1, quantity="1")]
)
ALL = CancellationInput(reason="Widerruf des Kaufs.", bill_again=False)


def sell_and_correct(client: AuthenticatedClient, console: Console) -> None:
    """Sell the same to each customer, then correct one invoice and cancel another, over HTTP."""
    table = Table("Document", "Why", "Net", "VAT", "Gross", "Said of the VAT", box=None)
    sold = {}
    for why, customer in CUSTOMERS.items():
        answered(create_customer.sync(client=client, body=customer))
        sold[customer.external_id] = invoice = _sell(client, customer)
        _add(table, invoice, why)
    part = create_invoice_correction.sync(str(sold["amt"].id), client=client, body=PART)
    wait_for_transaction(client, answered(part).transaction_id)
    all_of_it = create_invoice_cancellation.sync(str(sold["carla"].id), client=client, body=ALL)
    wait_for_transaction(client, answered(all_of_it).transaction_id)
    notes = answered(list_invoices.sync(client=client, kind="credit_note"))
    for note in reversed(notes.results):
        invoice = answered(get_invoice.sync(str(note.id), client=client))
        _add(table, invoice, "It corrects an invoice")
    console.print(table)


def _sell(client: AuthenticatedClient, customer: CustomerInput) -> Invoice:
    is_gross = customer.kind == "consumer"
    line = OrderLineInput(
        text="Schulung", quantity="2", unit_price="119.00" if is_gross else "100.00",
        tax_class="standard", tax_included=is_gross,
    )  # fmt: skip
    body = OrderInput(customer=f"ext:{customer.external_id}", lines=[line])
    order = answered(create_order.sync(client=client, body=body))
    wait_for_transaction(client, order.transaction_id)
    page = answered(list_invoices.sync(client=client, transaction=order.transaction_id))
    invoice: Invoice = answered(get_invoice.sync(str(page.results[0].id), client=client))
    return invoice


def _add(table: Table, document: Invoice, why: str) -> None:
    figures = [money.amount for money in (document.net, document.tax, document.gross)]
    notes = " ".join(tax.note for tax in document.taxes)
    table.add_row(f"{document.title} {document.number}", why, *figures, notes)
