"""Whose rows a user of the admin sees: those of the sellers that the user works for."""

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_user_model
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.sellers.models import Seller

_Row = TypeVar("_Row", bound=Model)


def sellers_of(request: HttpRequest) -> QuerySet[Seller]:
    """Return the sellers that the user may act for: of a superuser all, else the memberships'."""
    user = request.user
    if not user.is_active or not user.is_authenticated:
        return Seller.objects.none()
    if user.is_superuser:
        return Seller.objects.all()
    return Seller.objects.filter(memberships__user=user)


def scoped(rows: QuerySet[_Row], request: HttpRequest) -> QuerySet[_Row]:
    """Return those of `rows` that belong to the user's sellers; rows must have a seller."""
    if request.user.is_superuser:
        return rows
    path = "pk" if issubclass(rows.model, Seller) else "seller"
    return rows.filter(**{f"{path}__in": sellers_of(request)})


class Scoped(BaseModelAdmin[Any]):
    """What pages and the tables within them share: rows and choices of the user's sellers only."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return scoped(super().get_queryset(request), request)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        # Users belong to no seller; only superusers meet a choice of them.
        if field and field.queryset is not None and db_field.related_model is not get_user_model():
            field.queryset = scoped(field.queryset, request)
        return field


class SellerFilter(admin.SimpleListFilter):
    """Narrows a list to one of the user's sellers; not there for a user who has just one."""

    title = _("seller")
    parameter_name = "seller"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        choices = [(str(seller.pk), seller.name) for seller in sellers_of(request).order_by("name")]
        return choices if len(choices) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        known = {choice for choice, _ in self.lookup_choices}
        return queryset.filter(seller=self.value()) if self.value() in known else queryset.none()
