"""A row refers to rows of its own seller only: foreign keys over (seller, id)."""

from django.db import migrations

# (table, column, table referred to); the column may be null.
REFERENCES = [
    ("plan", "product", "product"),
    ("price", "plan", "plan"),
    ("price", "product", "product"),
    ("price", "meter", "meter"),
    ("contract", "customer", "customer"),
    ("subscription", "contract", "contract"),
    ("subscriptionchange", "subscription", "subscription"),
    ("subscriptionchange", "plan", "plan"),
    ("order", "customer", "customer"),
    ("couponredemption", "coupon", "coupon"),
    ("couponredemption", "customer", "customer"),
    ("couponredemption", "subscription", "subscription"),
    ("orderline", "product", "product"),
    ("usagebucket", "subscription", "subscription"),
    ("usagebucket", "meter", "meter"),
    ("taxoverride", "customer", "customer"),
    ("taxoverride", "product", "product"),
    ("vatidcheck", "customer", "customer"),
]
# Charges refer to prices and overrides.
PARENTS = sorted({parent for _, _, parent in REFERENCES} | {"price", "taxoverride"})


def _unique(parent: str) -> str:
    return f"ALTER TABLE billing_{parent} ADD CONSTRAINT {parent}_of_seller UNIQUE (seller_id, id);"


def _reference(table: str, column: str, parent: str) -> str:
    return (
        f'ALTER TABLE "billing_{table}" ADD CONSTRAINT {table}_{column}_of_same_seller '
        f"FOREIGN KEY (seller_id, {column}_id) REFERENCES billing_{parent} (seller_id, id) "
        "DEFERRABLE INITIALLY DEFERRED;"
    )


FORWARD = "".join(
    [_unique(parent) for parent in PARENTS] + [_reference(*reference) for reference in REFERENCES]
)
BACKWARD = "".join(
    [
        f'ALTER TABLE "billing_{table}" DROP CONSTRAINT {table}_{column}_of_same_seller;'
        for table, column, _ in REFERENCES
    ]
    + [f"ALTER TABLE billing_{parent} DROP CONSTRAINT {parent}_of_seller;" for parent in PARENTS]
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_facts_refuse_change")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
