"""What staff did: facts, inserted once. They outlive users and rows, whose names they keep."""

import django.db.models.deletion
from django.db import migrations, models

import billing.ids
from billing.index_purposes import PURPOSES, comment_on_indexes

FACTS = "SELECT anlass_make_facts('billing_staffaction', 'staff_action', '{}');"
UNDO = """
DROP TRIGGER staff_action_never_changes ON billing_staffaction;
DROP TRIGGER staff_action_never_deleted ON billing_staffaction;
DROP TRIGGER staff_action_never_truncated ON billing_staffaction;
"""


def _comment(_apps, schema_editor):
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_traces"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="failure",
            options={
                "permissions": [
                    ("write_off_failure", "Can write off failures: events are never billed")
                ]
            },
        ),
        migrations.CreateModel(
            name="StaffAction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=billing.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "user_id",
                    models.BigIntegerField(
                        help_text="Empty where nobody was signed in.",
                        null=True,
                        verbose_name="user's id",
                    ),
                ),
                (
                    "who",
                    models.CharField(help_text="The user's name, as it was then.", max_length=200),
                ),
                (
                    "action",
                    models.CharField(
                        help_text="What was done: add, change, retry …", max_length=60
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        help_text="What it was done to: billing.customer …",
                        max_length=100,
                    ),
                ),
                (
                    "object_id",
                    models.CharField(blank=True, max_length=64, verbose_name="object's id"),
                ),
                (
                    "object_text",
                    models.CharField(blank=True, max_length=200, verbose_name="object"),
                ),
                (
                    "what",
                    models.TextField(
                        blank=True, help_text="Changed fields: old → new.", verbose_name="details"
                    ),
                ),
                (
                    "why",
                    models.TextField(
                        blank=True, help_text="As it was given.", verbose_name="reason"
                    ),
                ),
                (
                    "request_id",
                    models.CharField(blank=True, help_text="As in the log.", max_length=100),
                ),
                (
                    "address",
                    models.GenericIPAddressField(null=True, verbose_name="network address"),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Whom it concerns; empty: the installation as a whole.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_actions",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("audit_installation", "Can see staff actions that concern no single seller")
                ],
                "indexes": [
                    models.Index(fields=["seller", "id"], name="staff_action_by_seller"),
                    models.Index(fields=["kind", "object_id", "id"], name="staff_action_by_object"),
                    models.Index(fields=["who", "id"], name="staff_action_by_who"),
                    models.Index(fields=["at"], name="staff_action_by_time"),
                ],
            },
        ),
        migrations.RunSQL(FACTS, UNDO),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
