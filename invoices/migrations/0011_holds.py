"""What must be approved before it is issued: rules, holds and decisions; all are facts."""

import billing.ids
import django.core.validators
import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


from billing.index_purposes import comment_on_indexes
from invoices.index_purposes import PURPOSES

FACTS = """
SELECT anlass_make_facts('invoices_holdrule', 'hold_rule', '{ended_at,ended_by}');
SELECT anlass_make_facts('invoices_hold', 'hold', '{}');
SELECT anlass_make_facts('invoices_holddecision', 'hold_decision', '{}');

CREATE TRIGGER hold_rule_ends_once BEFORE UPDATE OF ended_at, ended_by ON invoices_holdrule
FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION anlass_refuse();
"""
OF_SAME_SELLER = """
ALTER TABLE invoices_hold ADD CONSTRAINT hold_customer_of_same_seller
    FOREIGN KEY (seller_id, customer_id) REFERENCES billing_customer (seller_id, id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE invoices_holddecision ADD CONSTRAINT hold_decision_hold_of_same_seller
    FOREIGN KEY (seller_id, hold_id) REFERENCES invoices_hold (seller_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="invoices", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0014_caused_by"),
        ("invoices", "0010_charts_of_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
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
                (
                    "findings",
                    models.JSONField(
                        help_text="By which rules, with the figures that they compared."
                    ),
                ),
                (
                    "documents",
                    models.JSONField(help_text="The documents with their lines, as they would be."),
                ),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the documents: just these are approved.",
                        max_length=64,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="billing.customer",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="billing.event",
                    ),
                ),
                (
                    "failure",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hold",
                        to="billing.failure",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval",
                "permissions": [
                    ("approve_hold", "Can approve what is held"),
                    ("reject_hold", "Can reject what is held"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HoldDecision",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("approved", "approved: it is issued as it was shown"),
                            ("rejected", "rejected: it is not issued"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField(blank=True, help_text="A rejection says why.")),
                ("decided_by", models.CharField(max_length=150)),
                ("decided_by_id", models.BigIntegerField(help_text="Id of the user.")),
                ("decided_at", models.DateTimeField()),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="invoices.hold",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HoldRule",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("amount", "invoices above an amount"),
                            ("unusual", "invoices unlike those before of the contract"),
                            ("first_invoice", "the first invoice of a customer"),
                            ("credit_note", "credit notes above an amount"),
                        ],
                        max_length=13,
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Of the amount: documents in other currencies need a rule of their own.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "limit_minor",
                    models.BigIntegerField(
                        blank=True,
                        help_text="Gross, in minor units; what comes to more is held.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "factor",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="How many usual spreads from the median are still usual.",
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "tolerance_percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Of the median: so much is usual, however little the invoices differed.",
                        max_digits=5,
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=150)),
                ("ended_at", models.DateTimeField(blank=True, help_text="Set once.", null=True)),
                ("ended_by", models.CharField(blank=True, default="", max_length=150)),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hold_rules",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval rule",
            },
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(fields=("seller", "id"), name="hold_by_seller"),
        ),
        migrations.AddConstraint(
            model_name="holddecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "approved"),
                    models.Q(("kind", "rejected"), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="hold_decision_wholly_said",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("seller", "kind", "currency"),
                name="hold_rule_once",
                violation_error_message="Such a rule holds already: end it first.",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["amount", "credit_note"]),
                        ("limit_minor__gte", 0),
                        models.Q(("currency", ""), _negated=True),
                        ("factor__isnull", True),
                        ("tolerance_percent__isnull", True),
                    ),
                    models.Q(
                        ("factor__gt", 0),
                        ("kind", "unusual"),
                        ("tolerance_percent__gte", 0),
                        ("currency", ""),
                        ("limit_minor__isnull", True),
                    ),
                    models.Q(
                        ("currency", ""),
                        ("kind", "first_invoice"),
                        ("limit_minor__isnull", True),
                        ("factor__isnull", True),
                        ("tolerance_percent__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="hold_rule_wholly_said",
                violation_error_message="A rule on amounts has an amount and its currency, one on unusual invoices a factor and a tolerance, the others nothing.",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by", "")),
                    models.Q(
                        ("ended_at__gte", models.F("created_at")),
                        models.Q(("ended_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="hold_rule_ended_by_someone",
            ),
        ),
        # Backwards they go with their tables.
        migrations.RunSQL(FACTS + OF_SAME_SELLER, migrations.RunSQL.noop),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
