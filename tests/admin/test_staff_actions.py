"""What staff do in the admin is recorded: who, when, to what, why; nobody sees another seller's."""

import ast
import inspect
import re
import textwrap
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.test import Client, override_settings
from django.urls import reverse

from billing.management.recorded import RecordedCommand
from billing.sellers.admin import Recorded
from billing.sellers.models import Membership
from billing.staff.models import StaffAction
from invoices.delivery.commands import disable_endpoint
from invoices.delivery.models import WebhookEndpoint
from invoices.issuing.models import Invoice
from tests import factories
from tests.admin.houses import House, staff
from tests.admin.test_corrections import CANCEL, confirmed
from tests.admin.test_deeds import url
from tests.admin.test_scope import added, posted, values_of

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
END = {"valid_until": "2027-01-01"}
# Each button of a row's page: what is posted to it.
DEEDS: dict[str, dict[str, Any]] = {
    "auth.User.reset_second_factor": {"why": "Lost the phone"},
    "billing.ApiKey.revoke": {},
    "billing.ApiKey.rotate": {"overlap_hours": "1"},
    "billing.Coupon.end": END,
    "billing.Failure.retry": {},
    "billing.Failure.say": {"text": "Asked the customer"},
    "billing.Failure.write_off": {"why": "Agreed by phone"},
    "billing.FailureCause.assign": {"to": ""},
    "billing.FailureCause.retry": {"why": ""},
    "billing.FailureCause.say": {"text": "Asked the customer"},
    "billing.FailureCause.write_off": {"why": "Agreed by phone"},
    "invoices.Hold.approve": {"why": "Agreed by phone"},
    "invoices.Hold.look_again": {},
    "invoices.Hold.reject": {"why": "Agreed by phone"},
    "invoices.HoldRule.end": {},
    "billing.Price.end_sale": END,
    "billing.Seller.advance_clock": {"to": "2026-02-01"},
    "billing.SellerRegistration.end": END,
    "billing.Subscription.change": {
        "kind": "change_quantity", "on": "2026-01-01", "when": "now", "quantity": "3",
        "credit": "prorated",
    },
    "billing.TaxOverride.end": END,
    "billing.TestClock.advance": {"to": "2026-02-01"},
    "billing.UnattributedUsage.replay": {},
    "invoices.BalanceMovement.reverse": {"reason": "Agreed by phone"},
    "invoices.Bookkeeping.datev": {"issued_from": "2026-01-01", "issued_to": "2026-01-31"},
    "invoices.Delivery.resend": {"address": "someone@example.com"},
    "invoices.Document.open": {},
    "invoices.DownloadLink.revoke": {},
    "invoices.Invoice.cancel": CANCEL,
    "invoices.Invoice.correct": {"reason": "x", "settle": "invoice", "line_1_0": "1"},
    "invoices.WebhookEndpoint.disable": {},
    "invoices.WebhookEndpoint.enable": {},
    "invoices.WebhookEndpoint.rotate": {},
    "invoices.WebhookEndpoint.try_out": {},
}  # fmt: skip
LOOKS = {  # They lead to another page, or draw what the page shows.
    "invoices.DocumentTemplate.edit_as_new",
    "invoices.DocumentTemplate.preview",
}
# Tried with what else is done about signing in.
OF_SUPERUSERS = {"auth.User.reset_second_factor", "unlock_selected"}
ON_LISTS = {"billing.StaffAction.export"}
# Commands that only tell something, and processes.
TELLING = {
    "check_audit", "describe_api", "explain", "exporter", "queues", "relay", "scheduler",
    "simulate", "texts", "trace", "verify",
}  # fmt: skip


def buttons() -> list[tuple[type[Model], str]]:
    return [
        (model, name) for model in MODELS for name in admin.site._registry[model].actions_detail
    ]


def named(model: type[Model], name: str) -> str:
    return f"{model._meta.label}.{name}"


def actions(who: str = "ada") -> Any:
    return StaffAction.objects.filter(who=who).order_by("pk")


def address(model: type[Model], name: str, row: Model) -> str:
    opts = model._meta
    page = reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[row.pk])
    return page.replace("/change/", "/change-terms/")


@pytest.mark.django_db
class TestNothingIsDoneWithoutARow:
    def test_every_page_is_one_that_records(self) -> None:
        assert [
            each for each in MODELS if not isinstance(admin.site._registry[each], Recorded)
        ] == []

    def test_every_button_is_known(self) -> None:
        of_rows = {named(model, name) for model, name in buttons()}
        of_lists = {
            named(model, name)
            for model in MODELS
            for each in ("actions_list", "actions_row", "actions_submit_line")
            for name in getattr(admin.site._registry[model], each)
        }

        assert of_rows == DEEDS.keys() | LOOKS
        assert of_lists == ON_LISTS

    @pytest.mark.parametrize("button", sorted(DEEDS.keys() - OF_SUPERUSERS))
    def test_every_button_leaves_one(self, client: Client, alpha: House, button: str) -> None:
        model, name = next(each for each in buttons() if named(*each) == button)
        row = alpha.row(model)
        if name == "reverse":
            row = factories.money(alpha.customer)
        if model is Invoice:
            row = Invoice.objects.get(seller=alpha.seller, net_minor=9900)
            confirmed(client, address(model, name, row), DEEDS[button])
        elif name == "enable":
            disable_endpoint(endpoint_id=row.pk, at=factories.AT)
            client.post(address(model, name, row), DEEDS[button])
        else:
            client.post(address(model, name, row), DEEDS[button])

        (noted,) = actions()
        assert (noted.kind, noted.object_id) == (model._meta.label_lower, str(row.pk))
        assert noted.seller == alpha.seller
        assert noted.action == {"open": "download", "datev": "download"}.get(name, name)
        assert noted.address == "127.0.0.1"
        assert noted.request_id
        assert noted.why == DEEDS[button].get("why", DEEDS[button].get("reason", ""))

    def test_no_button_acts_but_through_what_records(self) -> None:
        for model, name in buttons():
            if named(model, name) in LOOKS:
                continue
            function = inspect.unwrap(getattr(type(admin.site._registry[model]), name))
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
            calls = [each.func for each in ast.walk(tree) if isinstance(each, ast.Call)]
            called = {each.attr for each in calls if isinstance(each, ast.Attribute)}
            assert called & {"form_view", "record", "_files"}, named(model, name)

    @pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
    def test_every_action_on_selected_rows_leaves_one(
        self, client: Client, alpha: House, model: type[Model]
    ) -> None:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        shown = set(admin.site._registry[model].actions or ()) - OF_SUPERUSERS

        for name in sorted(shown):
            row = alpha.row(model)
            with transaction.atomic():
                client.post(page, {"action": name, "_selected_action": row.pk, "why": "Too late"})
                (noted,) = actions()
                transaction.set_rollback(True)
            assert (noted.action, noted.object_id) == (
                name.removesuffix("_selected"), str(row.pk)
            )  # fmt: skip

    def test_an_action_that_only_asks_leaves_none(self, client: Client, alpha: House) -> None:
        page = reverse("admin:billing_failure_changelist")

        client.post(page, {"action": "write_off_selected", "_selected_action": alpha.failure.pk})

        assert not actions().exists()

    @pytest.mark.parametrize("kind", [
        "apikey", "contract", "customer", "meter", "order", "plan", "price", "product",
        "sellerregistration", "subscription", "taxoverride"])  # fmt: skip
    def test_what_is_added_leaves_one(self, client: Client, alpha: House, kind: str) -> None:
        added(client, kind, posted(alpha)[kind])

        (noted,) = actions()
        assert (noted.action, noted.kind) == ("add", f"billing.{kind}")
        assert noted.seller == alpha.seller

    def test_a_refused_form_leaves_none(self, client: Client, alpha: House) -> None:
        added(client, "customer", {**posted(alpha)["customer"], "country": "XX"})

        assert not actions().exists()

    @pytest.mark.parametrize("path", sorted(
        path for app in ("billing", "invoices")
        for path in Path(app, "management/commands").glob("[a-z]*.py")), ids=lambda path: path.stem
    )  # fmt: skip
    def test_every_command_records_or_only_tells(self, path: Path) -> None:
        tree = ast.parse(path.read_text())
        (command,) = (each for each in tree.body
                      if isinstance(each, ast.ClassDef) and each.name == "Command")  # fmt: skip
        bases = {base.id for base in command.bases if isinstance(base, ast.Name)}

        assert bases == ({"BaseCommand"} if path.stem in TELLING else {RecordedCommand.__name__})


@pytest.mark.django_db
class TestWhatIsTold:
    def test_a_change_tells_old_and_new(self, client: Client, alpha: House) -> None:
        page = url(alpha.customer)

        client.post(page, {**values_of(client.get(page)), "name": "New name"})

        (noted,) = actions()
        assert (noted.action, noted.what) == ("change", "Name: alpha customer → New name")

    def test_a_form_saved_as_it_was_leaves_none(self, client: Client, alpha: House) -> None:
        page = url(alpha.customer)

        client.post(page, values_of(client.get(page)))

        assert not actions().exists()

    def test_a_secret_is_told_to_none(self, client: Client, alpha: House) -> None:
        answer = client.post(url(alpha.row(WebhookEndpoint), "rotate/"), {}, follow=True)
        key = added(client, "apikey", posted(alpha)["apikey"])

        secrets = re.findall(r"<code>(\S+)</code>", answer.content.decode())
        assert len(secrets) == 1
        assert key.status_code == 302
        told = " ".join(f"{each.what} {each.object_text}" for each in actions())
        assert secrets[0] not in told
        assert not re.search(r"anl_(test|live)_[\w-]{40}", told)

    def test_superusers_actions_on_users_are_told(self, root: Client) -> None:
        eve = staff(name="eve")
        page = reverse("admin:auth_user_password_change", args=[eve.pk])
        new = "correct horse battery"
        root.post(page, {"password1": new, "password2": new, "usable_password": "true"})
        form = reverse("admin:auth_user_change", args=[eve.pk])
        group = Group.objects.create(name="night shift")
        answer = root.post(form, {**values_of(root.get(form)), "groups": [group.pk],
                         "user_permissions": [], "date_joined_0": "2026-01-01",
                         "date_joined_1": "00:00"})  # fmt: skip
        assert answer.status_code == 302, answer.context["errors"]

        assert [each.action for each in actions("root")] == ["password_change", "change"]
        password, change = actions("root")
        assert (password.action, password.what) == ("password_change", "password: changed")
        assert "Groups: added night shift" in change.what
        assert new not in change.what + password.what
        assert password.seller is None

    def test_a_membership_is_told(self, root: Client, alpha: House) -> None:
        eve = staff(name="eve")
        added(root, "membership", {"seller": alpha.seller.pk, "user": eve.pk})
        row = Membership.objects.get(user=eve)
        root.post(url(row, "delete/"), {"post": "yes"})

        assert [each.action for each in actions("root")] == ["add", "delete"]
        assert {each.object_text for each in actions("root")} == {"eve for alpha GmbH"}

    def test_a_command_tells_who_ran_it(self, alpha: House) -> None:
        call_command("create_api_key", name="Shop", seller=alpha.seller.name, stdout=StringIO())

        (noted,) = StaffAction.objects.filter(action="create_api_key")
        assert noted.who.startswith("manage.py by ")
        assert noted.seller == alpha.seller
        assert "--name Shop" in noted.what

    def test_a_dry_run_leaves_none(self, alpha: House) -> None:
        call_command("replay", all=True, dry_run=True, stdout=StringIO())

        assert not StaffAction.objects.filter(action="replay").exists()

    @override_settings(STAFF_LOG_ADDRESSES=False)
    def test_addresses_are_left_out_where_they_are_not_wanted(
        self, client: Client, alpha: House
    ) -> None:
        added(client, "customer", posted(alpha)["customer"])

        assert actions().get().address is None

    def test_it_is_never_changed(self, alpha: House) -> None:
        with pytest.raises(IntegrityError, match="staff_action_never_changes"):
            StaffAction.objects.filter(seller=alpha.seller).update(who="somebody else")

    def test_the_row_s_history_tells_it(self, client: Client, alpha: House) -> None:
        body = client.get(url(alpha.customer, "history/")).content.decode()

        assert "alpha clerk" in body
        assert "alpha what" in body


@pytest.mark.django_db
class TestWhoSeesIt:
    def seen(self, client: Client, **query: str) -> str:
        return client.get(reverse("admin:billing_staffaction_changelist"), query).content.decode()

    def nobody_s(self) -> StaffAction:
        return StaffAction.objects.create(at="2026-01-01T00:00Z", who="zoe", action="sign_in")

    def test_members_see_their_seller_s_alone(
        self, client: Client, alpha: House, bravo: House
    ) -> None:
        self.nobody_s()

        body = self.seen(client)

        assert "alpha clerk" in body
        assert "<p>alpha what</p>" in body
        assert "bravo clerk" not in body

    def test_those_of_no_seller_take_a_right(self, alpha: House, bravo: House) -> None:
        self.nobody_s()
        eve = staff(alpha.seller, name="eve")
        eve.user_permissions.remove(Permission.objects.get(codename="audit_installation"))
        client = Client()
        client.force_login(eve)

        assert "zoe" not in self.seen(client)
        eve.user_permissions.add(Permission.objects.get(codename="audit_installation"))
        assert "zoe" in self.seen(client)
        assert "bravo clerk" not in self.seen(client)

    def test_filters_and_search_narrow(self, client: Client, alpha: House) -> None:
        added(client, "meter", posted(alpha)["meter"])

        for query in ({"who": "ada"}, {"action": "add"}, {"kind": "billing.meter"},
                      {"q": str(StaffAction.objects.get(who="ada").object_id)}):  # fmt: skip
            assert "alpha what" not in self.seen(client, **query)
            assert "billing/meter/" in self.seen(client, **query)
        own = {"kind": "billing.customer", "object": str(alpha.customer.pk)}
        assert "alpha what" in self.seen(client, **own)

    def test_history_of_another_seller_s_row_is_not_there(
        self, client: Client, bravo: House
    ) -> None:
        assert client.get(url(bravo.customer, "history/")).status_code == 302
