"""Customers: `/customers`."""

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.inputs.fields import (
    CountryField,
    DayField,
    ExternalIdField,
    MailField,
    OneOfField,
    TextField,
    WholeField,
    optional,
)
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Nested
from billing.api.lists.filters import Filters, OwnId, Text, moments
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.customers import commands
from billing.customers.commands import DetailsIncomplete
from billing.customers.models import GROUPINGS, Customer
from billing.identifiers import (
    check_address_scheme,
    check_buyer_reference,
    check_iban,
    check_mandate_reference,
)
from billing.pricing.vat_ids import VatIdInvalid

tell(
    exceptions={
        VatIdInvalid: Refusal(400, "vat_id_invalid", field="vat_id"),
        DetailsIncomplete: Refusal(400, "details_incomplete"),
    },
    constraints={
        "customer_external_id_once": Refusal(
            409,
            "external_id_taken",
            "external_id",
            "Another customer has this external_id.",
            means="Another row of the kind has this external_id.",
            remedy="Take the row that has it (`ext:…`), or another id.",
        )
    },
)


class CustomerInput(Input):
    external_id = ExternalIdField()
    name = TextField(max_length=200)
    kind = OneOfField(choices=Customer.Kind.choices)
    contact_name = optional(100)
    email = MailField(allow_blank=True, default="")
    phone = optional(40)
    street = TextField(max_length=200, allow_blank=True, default="")
    address_line_2 = optional(200, "Department, floor, post office box.")
    postcode = TextField(max_length=20, allow_blank=True, default="")
    city = TextField(max_length=100, allow_blank=True, default="")
    country = CountryField()
    vat_id = TextField(max_length=20, allow_blank=True, default="")
    register_number = optional(100, "Of a company: HRB 12345 B.")
    delivery_name = optional(200, "Where goods go elsewhere: who receives them there.")
    delivery_street = optional(200)
    delivery_postcode = optional(20)
    delivery_city = optional(100)
    delivery_country = CountryField(
        allow_blank=True, default="", help_text="Decides the VAT of goods; empty: the country."
    )
    buyer_reference = optional(
        100,
        "What the customer asks for on its invoices (BT-10): of authorities their Leitweg-ID.",
        check_buyer_reference,
    )
    electronic_address = optional(100, "Where e-invoices to the customer go.")
    electronic_address_scheme = optional(
        4, "EAS code of the electronic address, for example 0204.", check_address_scheme
    )
    document_format = OneOfField(choices=Customer.DocumentFormat.values, default="zugferd")
    mandate_reference = optional(
        35, "Of the SEPA direct debit mandate; empty: it pays by transfer.", check_mandate_reference
    )
    mandate_iban = optional(42, "The account that is debited.", check_iban)
    mandate_signed_on = DayField(default=None, allow_null=True)
    locale = OneOfField(choices=["de", "en"], required=False, help_text="Default: the seller's.")
    payment_days = WholeField(min_value=0, max_value=365, allow_null=True, default=None)
    grouping = OneOfField(
        choices=GROUPINGS,
        default="per_event",
        help_text="What is put onto one invoice: each event's charges, a day's, or a month's.",
    )
    invoice_day = WholeField(
        min_value=1,
        max_value=31,
        default=1,
        help_text="Day of the monthly invoice; 31 means the last day where shorter.",
    )
    credit_notes_to = OneOfField(
        choices=Customer.CreditNotesTo.values,
        default="balance",
        help_text="Whether what a credit note gives back waits for the next invoices.",
    )
    apply_balance = OneOfField(
        choices=Customer.ApplyBalance.values,
        default="automatic",
        help_text="Whether invoices use the balance by themselves.",
    )


class CustomerOutput(serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = [
            "id", "external_id", "name", "kind", "contact_name", "email", "phone", "street",
            "address_line_2", "postcode", "city", "country", "vat_id", "register_number",
            "delivery_name", "delivery_street", "delivery_postcode", "delivery_city",
            "delivery_country", "buyer_reference", "electronic_address",
            "electronic_address_scheme", "document_format", "mandate_reference", "mandate_iban",
            "mandate_signed_on", "locale", "payment_days", "grouping", "invoice_day",
            "credit_notes_to", "apply_balance", "created_at",
        ]  # fmt: skip


class CustomerFilters(Filters):
    external_id = OwnId()
    email = Text(254, narrows=True, help_text="The customer's own address, as recorded.")
    created_from, created_until = moments("created_at")


CUSTOMER = Nested(resource="customers", model=Customer, column="customer_id", output=CustomerOutput)
CUSTOMERS = Listing[Customer](
    output=CustomerOutput, filters=CustomerFilters, sparse=True, exports=True
)


class CustomersView(Endpoint):
    @CUSTOMERS.described
    def get(self, request: Request) -> Response:
        """List the customers, newest first."""
        return CUSTOMERS.answer(self, self.rows(Customer))

    @extend_schema(request=CustomerInput, responses={201: CustomerOutput})
    def post(self, request: Request) -> Response:
        """Record a customer."""
        details = {"locale": self.seller.locale, **self.said(CustomerInput)}
        customer = commands.create_customer(seller=self.seller, details=details, at=timezone.now())
        return self.created(CustomerOutput(customer).data, route="customer", id=customer.id)


class CustomerView(Endpoint):
    @extend_schema(responses=CustomerOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a customer."""
        return Response(CustomerOutput(self.thing(id)).data)

    @extend_schema(request=CustomerInput, responses=CustomerOutput)
    def patch(self, request: Request, id: str) -> Response:
        """Change what is known of a customer; issued invoices stay as they were printed."""
        customer = self.thing(id)
        details = self.said(CustomerInput, partial=True)
        customer = commands.change_customer(
            customer_id=customer.id, details=details, at=timezone.now()
        )
        return Response(CustomerOutput(customer).data)

    def thing(self, id: str) -> Customer:
        """Return the customer that the address names."""
        return self.find(self.rows(Customer), id)


urlpatterns = [
    path("customers", CustomersView.as_view(), name="customers"),
    path("customers/<reference:id>", CustomerView.as_view(), name="customer"),
]
