"""
What webhooks said is kept for a while, endpoints are limited, and past facts can be told.

Of a delivery whose body is pruned everything else stays; a try loses what was said, nothing else.
"""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES as OF_BILLING
from billing.index_purposes import comment_on_indexes
from invoices.index_purposes import PURPOSES

DROP_FACTS = "".join(
    f"DROP TRIGGER {prefix}_never_{what} ON invoices_{table};\n"
    for table, prefix in (
        ("delivery", "delivery"),
        ("deliveryattempt", "delivery_attempt"),
        ("webhookendpoint", "webhook_endpoint"),
    )
    for what in ("changes", "deleted", "truncated")
)
FACTS = """
SELECT anlass_make_facts('invoices_delivery', 'delivery',
    '{{state,tries,earlier_tries,next_try_at,held_until,settled_at{of_deliveries}}}');
SELECT anlass_make_facts('invoices_deliveryattempt', 'delivery_attempt',
    '{{ended_at,outcome,status,answer{of_tries}}}');
SELECT anlass_make_facts('invoices_webhookendpoint', 'webhook_endpoint',
    '{{url,description,event_types,state,failing_since,disabled_at,disabled_reason{of_endpoints}}}');
"""
FACTS_BEFORE = FACTS.format(of_deliveries="", of_tries="", of_endpoints="")
FACTS_NOW = FACTS.format(
    of_deliveries=",body,pruned_at",
    of_tries=",ip,milliseconds,request_headers,answer_headers",
    of_endpoints=",customer_id,contract_id",
)
ENDS_ONCE_BEFORE = """
CREATE TRIGGER delivery_attempt_ends_once
BEFORE UPDATE OF ended_at, outcome, status, answer ON invoices_deliveryattempt
FOR EACH ROW WHEN (OLD.outcome <> 'unknown') EXECUTE FUNCTION anlass_refuse();
"""
DROP_ENDS_ONCE = "DROP TRIGGER delivery_attempt_ends_once ON invoices_deliveryattempt;\n"
HOLD = """
CREATE TRIGGER delivery_attempt_ends_once
BEFORE UPDATE OF ended_at, outcome, status, answer, ip, milliseconds, request_headers,
    answer_headers ON invoices_deliveryattempt
FOR EACH ROW WHEN (OLD.outcome <> 'unknown' AND NOT (
    NEW.answer = '' AND NEW.request_headers = '{}' AND NEW.answer_headers = '{}'
    AND (NEW.ended_at, NEW.outcome, NEW.status, NEW.ip, NEW.milliseconds)
        IS NOT DISTINCT FROM (OLD.ended_at, OLD.outcome, OLD.status, OLD.ip, OLD.milliseconds)
)) EXECUTE FUNCTION anlass_refuse();
CREATE TRIGGER delivery_body_only_pruned BEFORE UPDATE OF body, pruned_at ON invoices_delivery
FOR EACH ROW WHEN (OLD.pruned_at IS NOT NULL OR NEW.pruned_at IS NULL OR NEW.body <> '')
EXECUTE FUNCTION anlass_refuse();
ALTER TABLE invoices_webhookendpoint
    ADD CONSTRAINT webhookendpoint_customer_of_same_seller FOREIGN KEY (seller_id, customer_id)
        REFERENCES billing_customer (seller_id, id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT webhookendpoint_contract_of_same_seller FOREIGN KEY (seller_id, contract_id)
        REFERENCES billing_contract (seller_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
LET_GO = """
DROP TRIGGER delivery_body_only_pruned ON invoices_delivery;
ALTER TABLE invoices_webhookendpoint
    DROP CONSTRAINT webhookendpoint_customer_of_same_seller,
    DROP CONSTRAINT webhookendpoint_contract_of_same_seller;
"""
# What apps may be told of: see invoices/delivery/queries/past.py, which asks in the same words.
# Of the log of billing it holds one row per invoice at most, that which tells of its documents.
TOLD = """
CREATE INDEX event_told ON billing_event (seller_id, occurred_at, position)
WHERE type IN (
    'balance.changed', 'balance.expired', 'billing_run.finished', 'contract.changed',
    'contract.created', 'customer.changed', 'customer.created', 'delivery.given_up',
    'delivery.sent', 'documents.rendered', 'failure.closed', 'failure.opened', 'order.placed',
    'subscription.changed', 'usage.unattributed', 'webhook_endpoint.disabled'
) OR type = 'invoice.issued' AND queue = '';
"""
UNTOLD = "DROP INDEX event_told;"


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=OF_BILLING)
    comment_on_indexes(schema_editor, app="invoices", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0030_unsettled_is_asked_by_name"),
        ("invoices", "0029_runs_are_counted"),
    ]

    operations = [
        migrations.RunSQL(DROP_FACTS + DROP_ENDS_ONCE, FACTS_BEFORE + ENDS_ONCE_BEFORE),
        migrations.AddField(
            model_name="delivery",
            name="is_replay",
            field=models.BooleanField(
                default=False, help_text="Whether past events were asked for."
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="pruned_at",
            field=models.DateTimeField(
                help_text="When the body, and what was said in its tries, was let go.", null=True
            ),
        ),
        migrations.AddField(
            model_name="deliveryattempt",
            name="answer_headers",
            field=models.JSONField(default=dict, help_text="Of a webhook's answer, cut short."),
        ),
        migrations.AddField(
            model_name="deliveryattempt",
            name="ip",
            field=models.GenericIPAddressField(
                help_text="Of a webhook: what was connected to.",
                null=True,
                verbose_name="IP address",
            ),
        ),
        migrations.AddField(
            model_name="deliveryattempt",
            name="milliseconds",
            field=models.PositiveIntegerField(help_text="How long it took.", null=True),
        ),
        migrations.AddField(
            model_name="deliveryattempt",
            name="request_headers",
            field=models.JSONField(
                default=dict,
                help_text="Of a webhook, as sent; signatures without what proves them.",
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="api_version",
            field=models.CharField(
                default="v1",
                help_text="Of what it is told: the latest when it was made.",
                max_length=10,
                verbose_name="API version",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="contract",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="Only what is of this contract is told.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.contract",
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="Only what is of this customer is told; empty: of all, and what is of none.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.customer",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("channel", "webhook")),
                fields=["event", "endpoint"],
                name="delivery_of_event",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("channel", "webhook"), ("pruned_at__isnull", True)),
                fields=["settled_at"],
                name="delivery_to_prune",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pruned_at__isnull", True),
                    models.Q(
                        ("body", ""),
                        ("channel", "webhook"),
                        ("pruned_at__gte", models.F("settled_at")),
                    ),
                    _connector="OR",
                ),
                name="delivery_pruned_wholly",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("api_version__in", ("v1",))),
                name="webhook_endpoint_version_known",
            ),
        ),
        migrations.RunSQL(FACTS_NOW + HOLD, DROP_FACTS + DROP_ENDS_ONCE + LET_GO),
        migrations.RunSQL(TOLD, UNTOLD),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
