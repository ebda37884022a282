"""
The accounts of SKR03 and SKR04 that documents are posted to, as DATEV publishes the charts.

Automatic accounts know their rate, so they need no BU key. From 1 July to 31 December 2020 the
accounts of 19 and 7 % meant 16 and 5 %.
"""

from datetime import date
from decimal import Decimal

from django.db import migrations

ALWAYS, CUT, NORMAL = date(2007, 1, 1), date(2020, 7, 1), date(2021, 1, 1)
OSS, ZERO, SMALL = date(2021, 7, 1), date(2023, 1, 1), date(2025, 1, 1)

# Purpose, category, percent, scope, supply, exemption, SKR03, SKR04, name, from, until.
ROWS = [
    (
        "receivable",
        "",
        None,
        "",
        "",
        "",
        "1400",
        "1200",
        "Forderungen aus Lieferungen und Leistungen",
        ALWAYS,
        None,
    ),
    (
        "balance",
        "",
        None,
        "",
        "",
        "",
        "1593",
        "1495",
        "Verrechnungskonto erhaltene Anzahlungen bei Buchung über Debitorenkonto",
        ALWAYS,
        None,
    ),
    ("deferred", "", None, "", "", "", "0990", "3900", "Passive Rechnungsabgrenzung", ALWAYS, None),
    ("revenue", "S", "19", "home", "", "", "8400", "4400", "Erlöse 19 % USt", ALWAYS, None),
    ("revenue", "S", "7", "home", "", "", "8300", "4300", "Erlöse 7 % USt", ALWAYS, None),
    ("revenue", "S", "16", "home", "", "", "8400", "4400", "Erlöse 16 % USt", CUT, NORMAL),
    ("revenue", "S", "5", "home", "", "", "8300", "4300", "Erlöse 5 % USt", CUT, NORMAL),
    ("revenue", "S", "0", "home", "", "", "8290", "4290", "Erlöse 0 % USt", ZERO, None),
    ("revenue", "Z", None, "home", "", "", "8290", "4290", "Erlöse 0 % USt", ZERO, None),
    (
        "revenue",
        "E",
        None,
        "home",
        "",
        "",
        "8100",
        "4100",
        "Steuerfreie Umsätze § 4 Nr. 8 ff. UStG",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "E",
        None,
        "",
        "",
        "small_business",
        "8195",
        "4185",
        "Erlöse als Kleinunternehmer i. S. d. § 19 Abs. 1 UStG",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "AE",
        None,
        "home",
        "",
        "",
        "8337",
        "4337",
        "Erlöse aus Leistungen, für die der Leistungsempfänger die USt nach § 13b UStG schuldet",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "AE",
        None,
        "eu",
        "",
        "",
        "8336",
        "4336",
        "Erlöse aus im anderen EU-Land steuerpflichtigen sonstigen Leistungen, für die der Leistungsempfänger die Umsatzsteuer schuldet",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "K",
        None,
        "eu",
        "",
        "",
        "8125",
        "4125",
        "Steuerfreie innergemeinschaftliche Lieferungen § 4 Nr. 1b UStG",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "G",
        None,
        "",
        "",
        "",
        "8120",
        "4120",
        "Steuerfreie Umsätze § 4 Nr. 1a UStG",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "O",
        None,
        "third",
        "",
        "",
        "8338",
        "4338",
        "Erlöse aus im Drittland steuerbaren Leistungen, im Inland nicht steuerbare Umsätze",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "O",
        None,
        "eu",
        "",
        "",
        "8339",
        "4339",
        "Erlöse aus im anderen EU-Land steuerbaren Leistungen, im Inland nicht steuerbare Umsätze",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "S",
        None,
        "eu",
        "digital",
        "",
        "8331",
        "4331",
        "Erlöse aus im anderen EU-Land steuerpflichtigen elektronischen Dienstleistungen",
        OSS,
        None,
    ),
    (
        "revenue",
        "S",
        None,
        "eu",
        "goods",
        "",
        "8320",
        "4320",
        "Erlöse aus im anderen EU-Land steuerpflichtigen Lieferungen",
        ALWAYS,
        None,
    ),
    (
        "revenue",
        "S",
        None,
        "registered",
        "goods",
        "",
        "8320",
        "4320",
        "Erlöse aus im anderen EU-Land steuerpflichtigen Lieferungen",
        ALWAYS,
        None,
    ),
    ("vat", "S", "19", "home", "", "", "1776", "3806", "Umsatzsteuer 19 %", ALWAYS, None),
    ("vat", "S", "7", "home", "", "", "1771", "3801", "Umsatzsteuer 7 %", ALWAYS, None),
    ("vat", "S", "16", "home", "", "", "1775", "3805", "Umsatzsteuer 16 %", CUT, NORMAL),
    ("vat", "S", "5", "home", "", "", "1773", "3803", "Umsatzsteuer 5 %", CUT, NORMAL),
    (
        "vat",
        "S",
        None,
        "eu",
        "",
        "",
        "1768",
        "3818",
        "Umsatzsteuer aus im anderen EU-Land steuerpflichtigen sonstigen Leistungen/Werklieferungen",
        ALWAYS,
        None,
    ),
    (
        "vat",
        "S",
        None,
        "eu",
        "goods",
        "",
        "1767",
        "3817",
        "Umsatzsteuer aus im anderen EU-Land steuerpflichtigen Lieferungen",
        ALWAYS,
        None,
    ),
    (
        "vat",
        "S",
        None,
        "registered",
        "goods",
        "",
        "1767",
        "3817",
        "Umsatzsteuer aus im anderen EU-Land steuerpflichtigen Lieferungen",
        ALWAYS,
        None,
    ),
    (
        "vat",
        "S",
        None,
        "registered",
        "",
        "",
        "1768",
        "3818",
        "Umsatzsteuer aus im anderen EU-Land steuerpflichtigen sonstigen Leistungen/Werklieferungen",
        ALWAYS,
        None,
    ),
]


COLUMNS = (
    "chart", "purpose", "tax_category", "percent", "scope", "supply", "exemption", "account",
    "name", "valid_from", "valid_until", "source", "tax_key",
)  # fmt: skip


def _values():
    for purpose, category, percent, scope, supply, exemption, skr03, skr04, *rest in ROWS:
        for chart, account in (("03", skr03), ("04", skr04)):
            of_chart = (chart, purpose, category, percent and Decimal(percent), scope, supply)
            source = f"DATEV-Kontenrahmen SKR{chart}"
            yield (*of_chart, exemption, account, *rest, source, "")  # They need no key.


# One statement, past the models: those of this point of the history needn't be made for it.
VALUES = list(_values())
ADD = "INSERT INTO invoices_account (%s) VALUES %s" % (
    ", ".join(COLUMNS),
    ", ".join(f"({', '.join(['%s'] * len(COLUMNS))})" for _ in VALUES),
)
REMOVE = """
SET LOCAL session_replication_role = replica;
DELETE FROM invoices_account;
SET LOCAL session_replication_role = DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0009_growth")]
    operations = [migrations.RunSQL([(ADD, [each for row in VALUES for each in row])], REMOVE)]
