"""Keys have scopes, networks, an expiry and successors, and tell when they were used last."""

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes
import billing.columns
import billing.sellers.models.keys
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0030_unsettled_is_asked_by_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="allowed_networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=billing.columns.NetworkField(),
                blank=True,
                db_default=[],
                default=list,
                help_text="Where requests may come from, as 198.51.100.0/24 or 2001:db8::/32; none: from anywhere.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="expires_at",
            field=models.DateTimeField(
                blank=True, help_text="From when on it is refused; empty: never.", null=True
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="last_used_at",
            field=models.DateTimeField(blank=True, help_text="To the minute.", null=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="last_used_ip",
            field=models.GenericIPAddressField(
                blank=True, null=True, verbose_name="last used from"
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                help_text="The key in whose place it came, which ends once the two have overlapped.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="billing.apikey",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                db_default=["*"],
                default=billing.sellers.models.keys.everything,
                help_text="What it may do.",
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scopes__contained_by",
                        [
                            "*",
                            "*:read",
                            "seller:read",
                            "seller:write",
                            "test_clock:read",
                            "test_clock:write",
                            "customers:read",
                            "customers:write",
                            "products:read",
                            "products:write",
                            "meters:read",
                            "meters:write",
                            "plans:read",
                            "plans:write",
                            "prices:read",
                            "prices:write",
                            "coupons:read",
                            "coupons:write",
                            "tax_overrides:read",
                            "tax_overrides:write",
                            "exchange_rates:read",
                            "exchange_rates:write",
                            "contracts:read",
                            "contracts:write",
                            "subscriptions:read",
                            "subscriptions:write",
                            "orders:read",
                            "orders:write",
                            "usage:read",
                            "usage:write",
                            "simulations:read",
                            "invoices:read",
                            "invoices:write",
                            "deliveries:read",
                            "deliveries:write",
                            "webhooks:read",
                            "webhooks:write",
                            "billing_runs:read",
                            "exports:read",
                            "events:read",
                            "failures:read",
                            "failures:write",
                            "api_keys:read",
                            "api_keys:write",
                        ],
                    )
                ),
                name="api_key_scopes_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__len__gt", 0)), name="api_key_has_scopes"
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__isnull", True),
                    ("expires_at__gt", models.F("created_at")),
                    _connector="OR",
                ),
                name="api_key_expires_after_creation",
                violation_error_message="It must expire after it was made.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaces__isnull", True),
                    models.Q(("replaces", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="api_key_replaces_another",
            ),
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
