"""
Failures get causes: told apart by a fingerprint, probed, talked about, decided on together.

What failed before has a cause of its own for each class and reason: no release wrote fingerprints.
An open failure is told anew where a probe of it finds something else wrong: so what tells of it may
change, while it is open.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import billing.ids
from billing.index_purposes import PURPOSES, comment_on_indexes

# The constraints are looked at here, since a table with changes that wait for it can't be altered.
BACKFILL = """
INSERT INTO billing_failurecause (id, seller_id, fingerprint, code, pattern, first_seen_at, probes)
SELECT anlass_uuid7(), seller_id, md5(code || reason)::uuid, code, left(reason, 500),
       min(opened_at), 0
FROM billing_failure GROUP BY seller_id, code, reason;
UPDATE billing_failure f SET cause_id = c.id FROM billing_failurecause c
WHERE c.seller_id = f.seller_id AND c.fingerprint = md5(f.code || f.reason)::uuid;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

SAME_SELLER = """
ALTER TABLE billing_failurecause ADD CONSTRAINT failurecause_of_seller UNIQUE (seller_id, id);
ALTER TABLE billing_failure ADD CONSTRAINT failure_cause_of_same_seller
FOREIGN KEY (seller_id, cause_id) REFERENCES billing_failurecause (seller_id, id)
DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_failurenote ADD CONSTRAINT failurenote_cause_of_same_seller
FOREIGN KEY (seller_id, cause_id) REFERENCES billing_failurecause (seller_id, id)
DEFERRABLE INITIALLY DEFERRED;
"""
NO_SAME_SELLER = """
ALTER TABLE billing_failurenote DROP CONSTRAINT failurenote_cause_of_same_seller;
ALTER TABLE billing_failure DROP CONSTRAINT failure_cause_of_same_seller;
ALTER TABLE billing_failurecause DROP CONSTRAINT failurecause_of_seller;
"""

AFRESH = """
DROP TRIGGER failure_never_changes ON billing_failure;
DROP TRIGGER failure_never_deleted ON billing_failure;
DROP TRIGGER failure_never_truncated ON billing_failure;
DROP TRIGGER failure_reason_of_open ON billing_failure;
SELECT anlass_make_facts('billing_failure', 'failure', '{free}');
CREATE TRIGGER failure_reason_of_open BEFORE UPDATE OF {told} ON billing_failure FOR EACH ROW
WHEN (OLD.state <> 'open') EXECUTE FUNCTION anlass_refuse();
"""
CLOSING = "state,closed_at,closed_by,closing_note"
TOLD = "reason,remedy,code,cause_id,is_new,money_at_stake_minor,currency,priority"
FACTS = """
SELECT anlass_make_facts('billing_failurecause', 'failure_cause',
    '{next_probe_at,probes,probed_event_id}');
SELECT anlass_make_facts('billing_failurenote', 'failure_note', '{}');
SELECT anlass_make_facts('billing_failuredecision', 'failure_decision', '{}');
""" + AFRESH.replace("{free}", "{%s,%s}" % (CLOSING, TOLD)).replace("{told}", TOLD)
# Backwards the new columns are named by no trigger: they go next.
FACTS_BEFORE = AFRESH.replace("{free}", "{%s,priority,reason,cause_id,is_new}" % CLOSING).replace(
    "{told}", "reason"
) + "".join(
    f"DROP TRIGGER {prefix}_never_{deed} ON billing_{prefix.replace('_', '')};"
    for prefix in ("failure_cause", "failure_note", "failure_decision")
    for deed in ("changes", "deleted", "truncated")
)


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_tax_rates")]

    operations = [
        migrations.CreateModel(
            name="FailureDecision",
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
                    "deed",
                    models.CharField(
                        choices=[
                            ("retry", "Retry"),
                            ("write_off", "Write Off"),
                            (
                                "probe",
                                "probe: try it again, and leave it open until that went well",
                            ),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "failure_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                ("by", models.CharField(max_length=150)),
                ("why", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="FailureNote",
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
                            ("comment", "Comment"),
                            ("assigned", "assigned: someone is to mend it"),
                            ("retry", "retry: all that were open"),
                            ("write_off", "write-off: of all that were open"),
                            ("healed", "healed: the engine found it mended"),
                        ],
                        max_length=9,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                (
                    "assignee",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Who is to mend it; of an assignment, empty: nobody.",
                        max_length=150,
                    ),
                ),
                ("by", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="failure",
            name="is_new",
            field=models.BooleanField(
                default=False,
                help_text="Whether its cause was never seen before at this seller.",
                verbose_name="new",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="failure",
            name="priority",
            field=models.PositiveSmallIntegerField(
                help_text="0 to 100, as it was opened: by class and money; its cause's grows."
            ),
        ),
        migrations.CreateModel(
            name="FailureCause",
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
                    "fingerprint",
                    models.UUIDField(
                        help_text="Of class, place and what must be mended; the same at each seller."
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="What kind of failure it is.", max_length=60, verbose_name="class"
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where it failed: a function, an exception, a type of event.",
                        max_length=200,
                    ),
                ),
                (
                    "pattern",
                    models.TextField(
                        blank=True, help_text="What it says, but for names and numbers."
                    ),
                ),
                (
                    "mend_kind",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="What must be mended: plan, customer, tax_rate …",
                        max_length=30,
                    ),
                ),
                (
                    "mend_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Which of them, where it is known.",
                        max_length=200,
                    ),
                ),
                (
                    "mend_part",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Which part of it.",
                        max_length=500,
                    ),
                ),
                ("first_seen_at", models.DateTimeField()),
                (
                    "next_probe_at",
                    models.DateTimeField(
                        help_text="When it is looked whether it has healed; empty: never.",
                        null=True,
                    ),
                ),
                ("probes", models.PositiveIntegerField(default=0, help_text="How often it was.")),
                (
                    "probed_event",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The event by which it is being looked.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.event",
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
                "verbose_name": "cause of failures",
                "verbose_name_plural": "causes of failures",
            },
        ),
        migrations.AddField(
            model_name="failure",
            name="cause",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="failures",
                to="billing.failurecause",
            ),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="failure",
            name="cause",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="failures",
                to="billing.failurecause",
            ),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["cause", "id"], name="failure_of_cause"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["cause", "currency"],
                include=("money_at_stake_minor", "opened_at", "is_new"),
                name="failure_open_of_cause",
            ),
        ),
        migrations.AddField(
            model_name="failuredecision",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.seller",
            ),
        ),
        migrations.AddField(
            model_name="failurenote",
            name="cause",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="billing.failurecause",
            ),
        ),
        migrations.AddField(
            model_name="failurenote",
            name="failure",
            field=models.ForeignKey(
                db_index=False,
                help_text="Empty where it is about all of the cause.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="billing.failure",
            ),
        ),
        migrations.AddField(
            model_name="failurenote",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.seller",
            ),
        ),
        migrations.AddIndex(
            model_name="failurecause",
            index=models.Index(
                condition=models.Q(("next_probe_at__isnull", False)),
                fields=["next_probe_at"],
                name="failure_cause_to_probe",
            ),
        ),
        migrations.AddIndex(
            model_name="failurecause",
            index=models.Index(
                condition=models.Q(("probed_event__isnull", False)),
                fields=["probed_event"],
                name="failure_cause_probed",
            ),
        ),
        migrations.AddIndex(
            model_name="failurecause",
            index=models.Index(
                condition=models.Q(("next_probe_at__isnull", False)),
                fields=["seller", "mend_kind", "mend_id"],
                name="failure_cause_to_mend",
            ),
        ),
        migrations.AddConstraint(
            model_name="failurecause",
            constraint=models.UniqueConstraint(
                fields=("seller", "fingerprint"), name="failure_cause_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="failuredecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("deed__in", ["retry", "write_off", "probe"])),
                name="failure_decision_known",
            ),
        ),
        migrations.AddIndex(
            model_name="failurenote",
            index=models.Index(fields=["cause", "id"], name="failure_note_of_cause"),
        ),
        migrations.AddIndex(
            model_name="failurenote",
            index=models.Index(
                condition=models.Q(("failure__isnull", False)),
                fields=["failure"],
                name="failure_note_of_failure",
            ),
        ),
        migrations.AddConstraint(
            model_name="failurenote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["comment", "assigned", "retry", "write_off", "healed"])
                ),
                name="failure_note_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="failurenote",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "assigned"), ("assignee", ""), _connector="OR"),
                name="failure_note_assigns",
            ),
        ),
        migrations.RunSQL(SAME_SELLER, NO_SAME_SELLER),
        migrations.RunSQL(FACTS, FACTS_BEFORE),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
