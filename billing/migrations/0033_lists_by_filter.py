"""Each filter of a list has an index, so that a page costs the same among ten million rows."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0032_requests_are_forgotten"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="order",
            name="order_by_customer",
        ),
        migrations.AlterField(
            model_name="contract",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contracts",
                to="billing.customer",
            ),
        ),
        migrations.AlterField(
            model_name="failure",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="failures",
                to="billing.seller",
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="contract",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="billing.contract",
            ),
        ),
        migrations.AddIndex(
            model_name="contract",
            index=models.Index(fields=["customer", "id"], name="contract_by_customer"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["seller", "created_at", "id"], name="customer_by_creation"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["seller", "email", "id"], name="customer_by_email"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(
                    ("type__in", ("documents.rendered", "invoice.issued", "period.ended")),
                    _negated=True,
                ),
                fields=["seller", "type", "position"],
                name="event_by_type",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "written_off"]), ("sends__gte", 0)),
                fields=["seller", "state", "position"],
                name="event_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["seller", "id"], name="failure_by_seller"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["seller", "state", "id"], name="failure_by_state"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["customer", "id"], name="order_by_customer"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["seller", "ordered_on", "id"], name="order_by_day"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["contract", "id"], name="subscription_by_contract"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                fields=["seller", "created_at", "id"], name="subscription_by_creation"
            ),
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
