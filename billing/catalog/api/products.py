"""Products: `/products`."""

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.pages import listed
from billing.api.inputs.fields import OneOfField, TextField, UnitField, optional
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Nested
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.catalog import commands
from billing.catalog.commands import NewProduct
from billing.catalog.models import SUPPLY_KINDS, Product
from billing.columns import PIECE
from billing.identifiers import check_code_of_exempt

tell(
    constraints={
        "product_code_once": Refusal(
            409,
            "code_taken",
            "code",
            "Another product has this code.",
            means="Another row of the kind has this code.",
            remedy="Take the row that has it (`code:…`), or another code.",
        )
    }
)


class ProductInput(Input):
    code = TextField(max_length=100, help_text="Printed as the item's number.")
    name = TextField(max_length=200, help_text="As printed.")
    description = optional(500, "More about it, as printed.")
    supply = OneOfField(
        choices=SUPPLY_KINDS,
        default="digital",
        help_text="Across borders: digital services to consumers are taxed where they live, others "
        "where the seller is.",
    )
    unit = UnitField(default=PIECE)
    exemption_code = optional(
        30, "Of prices of class exempt: the VATEX code of the reason.", check_code_of_exempt
    )
    exemption_text = optional(300, "Of prices of class exempt: the paragraph, as printed.")


class ChangedProductInput(Input):
    name = TextField(max_length=200, help_text="As printed.")
    description = optional(500, "More about it, as printed.")


class ProductOutput(serializers.ModelSerializer[Product]):
    class Meta:
        model = Product
        fields = [
            "id", "code", "name", "description", "supply", "unit", "exemption_code",
            "exemption_text", "created_at",
        ]  # fmt: skip


PRODUCT = Nested(resource="products", model=Product, column="product_id", output=ProductOutput)


class ProductsView(Endpoint):
    @listed(ProductOutput)
    def get(self, request: Request) -> Response:
        """List the products, newest first."""
        return self.page(self.rows(Product), _shown)

    @extend_schema(request=ProductInput, responses={201: ProductOutput})
    def post(self, request: Request) -> Response:
        """Record a product."""
        product = commands.create_product(
            seller=self.seller, new=NewProduct(**self.said(ProductInput)), at=timezone.now()
        )
        return self.created(ProductOutput(product).data, route="product", id=product.id)


class ProductView(Endpoint):
    @extend_schema(responses=ProductOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a product."""
        return Response(ProductOutput(self.thing(id)).data)

    @extend_schema(request=ChangedProductInput, responses=ProductOutput)
    def patch(self, request: Request, id: str) -> Response:
        """Change how a product is called and described; what was charged stays."""
        product = self.thing(id)
        details = self.said(ChangedProductInput, partial=True)
        return Response(
            ProductOutput(commands.change_product(product=product, details=details)).data
        )

    def thing(self, id: str) -> Product:
        """Return the product that the address names."""
        return self.find(self.rows(Product), id, known_as="code")


def _shown(products: Any) -> Any:
    return ProductOutput(products, many=True).data


urlpatterns = [
    path("products", ProductsView.as_view(), name="products"),
    path("products/<reference:id>", ProductView.as_view(), name="product"),
]
