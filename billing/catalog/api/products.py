"""Products: `/products`."""

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.catalog import commands
from billing.catalog.models import Product
from billing.sellers.api.fields import TextField
from billing.sellers.api.inputs import Input
from billing.sellers.api.pages import listed
from billing.sellers.api.problems import Refusal, tell
from billing.sellers.api.scoped import Endpoint

tell(
    constraints={
        "product_code_once": Refusal(409, "code_taken", "code", "Another product has this code.")
    }
)


class ProductInput(Input):
    code = TextField(max_length=100)
    name = TextField(max_length=200, help_text="As printed.")


class ProductOutput(serializers.ModelSerializer[Product]):
    class Meta:
        model = Product
        fields = ["id", "code", "name", "created_at"]


class ProductsView(Endpoint):
    @listed(ProductOutput)
    def get(self, request: Request) -> Response:
        """List the products, newest first."""
        return self.page(self.rows(Product), _shown)

    @extend_schema(request=ProductInput, responses={201: ProductOutput})
    def post(self, request: Request) -> Response:
        """Record a product."""
        product = commands.create_product(
            seller=self.seller, **self.said(ProductInput), at=timezone.now()
        )
        return self.created(ProductOutput(product).data, route="product", id=product.id)


class ProductView(Endpoint):
    @extend_schema(responses=ProductOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a product."""
        product = self.find(self.rows(Product), id, known_as="code")
        return Response(ProductOutput(product).data)


def _shown(products: Any) -> Any:
    return ProductOutput(products, many=True).data


urlpatterns = [
    path("products", ProductsView.as_view(), name="products"),
    path("products/<reference:id>", ProductView.as_view(), name="product"),
]
