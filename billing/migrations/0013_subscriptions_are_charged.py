"""How far each subscription is charged: what lies before needn't be looked at again."""

from django.db import migrations, models

_COLUMNS = ("charged_until", "charged_known_on", "charged_position")


def _all_are(empty: bool) -> models.Q:
    return models.Q(**{f"{column}__isnull": empty for column in _COLUMNS})


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_customers_have_balances")]
    operations = [
        migrations.AddField(
            model_name="subscription",
            name="charged_until",
            field=models.DateField(
                editable=False, help_text="Day up to which it was last charged.", null=True
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="charged_known_on",
            field=models.DateField(
                editable=False, help_text="Day by whose knowledge it was charged.", null=True
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="charged_position",
            field=models.BigIntegerField(
                editable=False,
                help_text="Position of the last change that was known then.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=_all_are(True) | _all_are(False),
                name="subscription_charged_wholly_known",
            ),
        ),
    ]
