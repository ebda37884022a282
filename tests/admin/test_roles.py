"""Who of the staff reaches what: each page and button of the admin, by each role."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from billing.sellers.models import Membership, Seller
from billing.staff.roles import NoSuchPermission, make_roles
from tests.admin.houses import House

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
ROLES = ("clerk", "manager", "auditor", "support")
# What each role reaches: clerk, manager, auditor, support. To see is the list and the rows' pages;
# then what else they reach: forms, buttons, actions on selected rows. Of what isn't named: nothing.
EXPECTED: dict[str, tuple[str, str, str, str]] = {
    "billing.ApiKey": (
        "-", "see revoke_selected revoke", "see", "-",
    ),
    "billing.Contract": (
        "see add", "see add", "see", "see",
    ),
    "billing.Coupon": (
        "see", "see add end", "see", "-",
    ),
    "billing.Customer": (
        "see add change", "see add change", "see", "see",
    ),
    "billing.Event": (
        "see", "see", "see", "see",
    ),
    "billing.ExchangeRate": (
        "see", "see", "see", "-",
    ),
    "billing.Failure": (
        "see retry_selected retry say",
        "see retry_selected write_off_selected retry write_off say", "see", "-",
    ),
    "billing.FailureCause": (
        "see retry_all retry assign say",
        "see retry_all write_off_all retry write_off assign say", "see", "-",
    ),
    "billing.Meter": (
        "see", "see add", "see", "-",
    ),
    "billing.Order": (
        "see add", "see add", "see", "see",
    ),
    "billing.OwnExchangeRate": (
        "see", "see add", "see", "-",
    ),
    "billing.Plan": (
        "see", "see add change", "see", "-",
    ),
    "billing.Price": (
        "see", "see add end_sale", "see", "-",
    ),
    "billing.Product": (
        "see", "see add change", "see", "-",
    ),
    "billing.Seller": (
        "see", "see advance_clock", "see", "-",
    ),
    "billing.SellerRegistration": (
        "see", "see add end", "see", "-",
    ),
    "billing.StaffAction": (
        "-", "see export", "see export", "-",
    ),
    "billing.Subscription": (
        "see add change", "see add change", "see", "see",
    ),
    "billing.TaxOverride": (
        "see", "see add end", "see", "-",
    ),
    "billing.TaxRate": (
        "see", "see", "see", "-",
    ),
    "billing.TestClock": (
        "see", "see advance", "see", "-",
    ),
    "billing.UnattributedUsage": (
        "see replay_selected replay", "see replay_selected replay", "see", "-",
    ),
    "billing.UsageBucket": (
        "see", "see", "see", "-",
    ),
    "billing.VatIdCheck": (
        "see", "see", "see", "-",
    ),
    "invoices.Account": (
        "see", "see", "see", "-",
    ),
    "invoices.AccountOverride": (
        "see", "see add change", "see", "-",
    ),
    "invoices.BalanceMovement": (
        "see", "see add reverse", "see", "-",
    ),
    "invoices.BillingRun": (
        "see", "see", "see", "-",
    ),
    "invoices.Bookkeeping": (
        "see", "see add change datev", "see", "-",
    ),
    "invoices.Charge": (
        "see", "see", "see", "see",
    ),
    "invoices.DebtorAccount": (
        "see", "see", "see", "-",
    ),
    "invoices.Delivery": (
        "see resend", "see resend", "see", "see resend",
    ),
    "invoices.DeliveryWish": (
        "see add change", "see add change", "see", "see",
    ),
    "invoices.Document": (
        "see open", "see open", "see open", "see open",
    ),
    "invoices.DocumentTemplate": (
        "see preview", "see add edit_as_new preview", "see preview", "-",
    ),
    "invoices.DownloadLink": (
        "see revoke", "see revoke", "see", "see",
    ),
    "invoices.Hold": (
        "see look_again", "see approve reject look_again", "see", "-",
    ),
    "invoices.HoldRule": (
        "see", "see add end", "see", "-",
    ),
    "invoices.Invoice": (
        "see", "see cancel correct", "see", "see",
    ),
    "invoices.MailStyle": (
        "see", "see add change", "see", "-",
    ),
    "invoices.WebhookEndpoint": (
        "-", "see add change try_out enable disable rotate", "see", "-",
    ),
}  # fmt: skip

# What developers reach, who have no other role.
OF_DEVELOPERS = {
    "billing.ApiKey": "see revoke_selected add rotate revoke",
    "billing.Event": "see",
    "billing.Seller": "see",
    "invoices.Delivery": "see",
    "invoices.WebhookEndpoint": "see add change try_out enable disable rotate",
}


def staff_of(role: str, seller: Seller) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    Membership.objects.create(seller=seller, user=user)
    client = Client()
    client.force_login(user)
    return client


def pages(model: type[Model], row: Model) -> Iterator[tuple[str, str]]:
    """The name and address of each page and button of a table."""
    opts = model._meta
    prefix = f"admin:{opts.app_label}_{opts.model_name}"
    yield "list", reverse(f"{prefix}_changelist")
    yield "add", reverse(f"{prefix}_add")
    change = reverse(f"{prefix}_change", args=[row.pk])
    yield "page", change
    for name in admin.site._registry[model].actions_detail:
        method = getattr(admin.site._registry[model], name)
        yield name, change.replace("/change/", f"/{method.url_path}/")
    for name in admin.site._registry[model].actions_list:
        yield name, reverse(f"{prefix}_{name}")


def words(told: str) -> set[str]:
    found = set(told.replace("-", "").split())
    return (found - {"see"}) | {"list", "page"} if "see" in found else found


def reached(client: Client, model: type[Model], row: Model) -> set[str]:
    """What a user reaches of a table: pages, buttons, actions on selected rows."""
    found = []
    for name, address in pages(model, row):
        answer = client.get(address)
        assert answer.status_code in {200, 302, 403}, (name, answer.status_code)
        if answer.status_code != 403:
            found.append(name)
        if name == "page" and answer.status_code == 200 and b'name="_save"' in answer.content:
            found.append("change")
        if name == "list" and answer.status_code == 200:
            form = answer.context["cl"].model_admin.get_action_choices(answer.wsgi_request)
            found += [each for each, _ in form if each]
    return set(found)


@pytest.mark.django_db
class TestRoles:
    @pytest.fixture(autouse=True)
    def roles(self, db: None) -> None:
        make_roles(settings.STAFF_ROLES)

    @pytest.mark.parametrize("role", ROLES)
    def test_each_reaches_what_the_table_says(self, alpha: House, role: str) -> None:
        found = self.all_reached(role, alpha)

        place = ROLES.index(role)
        expected = {label: words(told[place]) for label, told in EXPECTED.items()}
        assert found == {label: expected.get(label, set()) for label in found}
        assert {label for label in EXPECTED if expected[label]} <= found.keys()

    def test_developers_reach_what_apps_need(self, alpha: House) -> None:
        found = self.all_reached("developer", alpha)

        told = {label: OF_DEVELOPERS.get(label, "") for label in found}
        assert found == {label: words(said) for label, said in told.items()}

    def all_reached(self, role: str, alpha: House) -> dict[str, set[str]]:
        client = staff_of(role, alpha.seller)
        return {
            model._meta.label: reached(client, model, row)
            for model in MODELS
            if (row := alpha.row(model) or model._default_manager.first()) is not None
        }

    def test_who_approves_makes_no_keys(self) -> None:
        for role in (*ROLES, "developer"):
            given = Group.objects.get(name=role).permissions.values_list("codename", flat=True)
            assert not {"add_apikey", "approve_hold"} <= set(given), role

    def test_what_makes_roles_can_be_run_again(self, alpha: House) -> None:
        clerk = Group.objects.get(name="clerk")
        clerk.permissions.add(Permission.objects.get(codename="write_off_failure"))
        clerk.permissions.remove(Permission.objects.get(codename="add_order"))

        said = StringIO()
        call_command("make_roles", stdout=said)

        assert "clerk: +billing.add_order -billing.write_off_failure\n" in said.getvalue()
        assert "auditor: as it was" in said.getvalue()

    def test_a_name_that_fits_nothing_is_refused(self, db: None) -> None:
        with pytest.raises(NoSuchPermission, match=r"billing\.aprove_hold"):
            make_roles({"clerk": ["billing.aprove_hold"]})
