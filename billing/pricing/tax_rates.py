"""
The VAT rates of the European Union: Germany's since 2007, the others' since 2012.

A step is a day and the percentage from it on; `-` ends a rate that no other follows, and a Z before
the percentage puts it into category Z. Northern Ireland's (XI) are for goods.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from billing.pricing.taxes import TaxClass, TaxRate

# Country, the law, and from which day on which percentage holds.
_STANDARD = (
    ("AT", "UStG 1994 § 10 (1)", "2012-01-01 20"),
    ("BE", "Arrêté royal n° 20, art. 1", "2012-01-01 21"),
    ("BG", "ZDDS Art. 66 (1)", "2012-01-01 20"),
    ("CY", "Law 95(I)/2000", "2012-01-01 15, 2012-03-01 17, 2013-01-14 18, 2014-01-13 19"),
    ("CZ", "Act 235/2004 § 47", "2012-01-01 20, 2013-01-01 21"),
    ("DE", "UStG § 12 (1), § 28 (1)", "2007-01-01 19, 2020-07-01 16, 2021-01-01 19"),
    ("DK", "Momsloven § 33", "2012-01-01 25"),
    ("EE", "KMS § 15 (1)", "2012-01-01 20, 2024-01-01 22, 2025-07-01 24"),
    ("ES", "Ley 37/1992 art. 90", "2012-01-01 18, 2012-09-01 21"),
    ("FI", "AVL 1501/1993 § 84", "2012-01-01 23, 2013-01-01 24, 2024-09-01 25.5"),
    ("FR", "CGI art. 278", "2012-01-01 19.6, 2014-01-01 20"),
    ("GR", "VAT Code art. 21 (1)", "2012-01-01 23, 2016-06-01 24"),
    ("HR", "Zakon o PDV čl. 38 (1)", "2013-07-01 25"),  # In the Union since that day.
    ("HU", "Act CXXVII of 2007 § 82 (1)", "2012-01-01 27"),
    ("IE", "VATCA 2010 s. 46 (1) (a)", "2012-01-01 23, 2020-09-01 21, 2021-03-01 23"),
    ("IT", "DPR 633/1972 art. 16", "2012-01-01 21, 2013-10-01 22"),
    ("LT", "PVM įstatymas 19 str. 1 d.", "2012-01-01 21"),
    ("LU", "Loi TVA art. 39", "2012-01-01 15, 2015-01-01 17, 2023-01-01 16, 2024-01-01 17"),
    ("LV", "PVN likums 41. p.", "2012-01-01 22, 2012-07-01 21"),
    ("MT", "VAT Act Cap. 406 art. 19", "2012-01-01 18"),
    ("NL", "Wet OB 1968 art. 9 (1)", "2012-01-01 19, 2012-10-01 21"),
    ("PL", "Ustawa o VAT art. 41 (1), 146ef", "2012-01-01 23"),
    ("PT", "CIVA art. 18 (1) c", "2012-01-01 23"),
    (
        "RO",
        "Cod fiscal art. 291 (1)",
        "2012-01-01 24, 2016-01-01 20, 2017-01-01 19, 2025-08-01 21",
    ),
    ("SE", "ML 2023:200 9 kap. 2 §", "2012-01-01 25"),
    ("SI", "ZDDV-1 čl. 41", "2012-01-01 20, 2013-07-01 22"),
    ("SK", "Act 222/2004 § 27 (1)", "2012-01-01 20, 2025-01-01 23"),
    ("XI", "VATA 1994 s. 2 (1)", "2021-01-01 20"),
)

# The first reduced rate: where a law has several, the one that it names first, without second,
# intermediate and super-reduced ones: those are classes of their own.
_REDUCED = (
    ("AT", "UStG 1994 § 10 (2)", "2012-01-01 10"),
    ("BE", "Arrêté royal n° 20, tableau A", "2012-01-01 6"),
    ("BG", "ZDDS Art. 66 (2)", "2012-01-01 9"),
    ("CY", "Law 95(I)/2000, Fifth Schedule", "2012-01-01 5"),
    ("CZ", "Act 235/2004 § 47, first reduced", "2012-01-01 14, 2013-01-01 15, 2024-01-01 12"),
    ("DE", "UStG § 12 (2), § 28 (2)", "2007-01-01 7, 2020-07-01 5, 2021-01-01 7"),
    ("DK", "Momsloven § 33: no reduced rate, the standard one holds", "2012-01-01 25"),
    ("EE", "KMS § 15 (2)", "2012-01-01 9"),
    ("ES", "Ley 37/1992 art. 91.Uno", "2012-01-01 8, 2012-09-01 10"),
    ("FI", "AVL 1501/1993 § 85", "2012-01-01 13, 2013-01-01 14, 2026-01-01 13.5"),
    ("FR", "CGI art. 278-0 bis", "2012-01-01 5.5"),
    ("GR", "VAT Code art. 21 (1)", "2012-01-01 13"),
    ("HR", "Zakon o PDV čl. 38 (2)", "2013-07-01 5"),
    ("HU", "Act CXXVII of 2007 § 82 (2)", "2012-01-01 5"),
    ("IE", "VATCA 2010 s. 46 (1) (c)", "2012-01-01 13.5"),
    ("IT", "DPR 633/1972 tab. A, parte III", "2012-01-01 10"),
    ("LT", "PVM įstatymas 19 str. 3 d.", "2012-01-01 9, 2026-01-01 12"),
    ("LU", "Loi TVA art. 40", "2012-01-01 6, 2015-01-01 8, 2023-01-01 7, 2024-01-01 8"),
    ("LV", "PVN likums 42. p.", "2012-01-01 12"),
    ("MT", "VAT Act Cap. 406, Eighth Schedule", "2012-01-01 5"),
    ("NL", "Wet OB 1968 art. 9 (2) a", "2012-01-01 6, 2019-01-01 9"),
    ("PL", "Ustawa o VAT art. 41 (2), 146ef", "2012-01-01 8"),
    ("PT", "CIVA art. 18 (1) a", "2012-01-01 6"),
    ("RO", "Cod fiscal art. 291 (2)", "2012-01-01 9, 2025-08-01 11"),
    ("SE", "ML 2023:200 9 kap. 3 §", "2012-01-01 12"),
    ("SI", "ZDDV-1 čl. 41", "2012-01-01 8.5, 2013-07-01 9.5"),
    ("SK", "Act 222/2004 § 27 (2)", "2012-01-01 10, 2025-01-01 19"),
    ("XI", "VATA 1994 s. 29A", "2021-01-01 5"),
)

# Another reduced rate beside the first.
_SECOND_REDUCED = (
    ("AT", "UStG 1994 § 10 (3)", "2016-01-01 13"),
    ("BE", "Arrêté royal n° 20, tableau B", "2012-01-01 12"),
    ("CY", "Law 95(I)/2000, Twelfth Schedule", "2012-01-01 8, 2014-01-13 9"),
    ("CZ", "Act 235/2004 § 47, second reduced", "2015-01-01 10, 2024-01-01 -"),
    ("EE", "KMS § 15 (2), press, then lodging", "2022-08-01 5, 2025-01-01 13"),
    ("FI", "AVL 1501/1993 § 85a", "2012-01-01 9, 2013-01-01 10"),
    ("FR", "CGI art. 279", "2012-01-01 7, 2014-01-01 10"),
    ("GR", "VAT Code art. 21 (1)", "2012-01-01 6.5, 2015-07-20 6"),
    ("HR", "Zakon o PDV čl. 38 (3)", "2013-07-01 10, 2014-01-01 13"),
    ("HU", "Act CXXVII of 2007 § 82 (3)", "2012-01-01 18"),
    ("IE", "VATCA 2010 s. 46 (1) (ca)", "2012-01-01 9"),
    ("IT", "DPR 633/1972 tab. A, parte II-bis", "2016-01-01 5"),
    ("LT", "PVM įstatymas 19 str. 4 d.", "2012-01-01 5"),
    ("LU", "Loi TVA art. 40", "2012-01-01 12, 2015-01-01 14, 2023-01-01 13, 2024-01-01 14"),
    ("LV", "PVN likums 42. p.", "2018-01-01 5"),
    ("MT", "VAT Act Cap. 406, Eighth Schedule", "2012-01-01 7"),
    ("PL", "Ustawa o VAT art. 41 (2a)", "2012-01-01 5"),
    ("PT", "CIVA art. 18 (1) b", "2012-01-01 13"),
    ("RO", "Cod fiscal art. 291 (3)", "2015-06-01 5, 2025-08-01 -"),
    ("SE", "ML 2023:200 9 kap. 4 §", "2012-01-01 6"),
    ("SI", "ZDDV-1 čl. 41", "2020-01-01 5"),
    ("SK", "Act 222/2004 § 27 (2)", "2023-01-01 5"),
)

# The lowest rate, where a law has one below 5 %.
_SUPER_REDUCED = (
    ("AT", "UStG 1994 § 10, selected food", "2026-07-01 4.9"),
    ("CY", "Law 95(I)/2000, as of 21 July 2023", "2023-07-21 3"),
    ("ES", "Ley 37/1992 art. 91.Dos", "2012-01-01 4"),
    ("FR", "CGI art. 281 quater ff.", "2012-01-01 2.1"),
    ("IE", "VATCA 2010 s. 46 (1) (d)", "2012-01-01 4.8"),
    ("IT", "DPR 633/1972 tab. A, parte II", "2012-01-01 4"),
    ("LU", "Loi TVA art. 40", "2012-01-01 3"),
)

# What Germany's law names by itself, for a time or for good.
_HEAT = (
    (
        "DE",
        "UStG § 12 (1), § 28 (5), (6): gas and heat",
        "2007-01-01 19, 2020-07-01 16, 2021-01-01 19, 2022-10-01 7, 2024-04-01 19",
    ),
)
_RESTAURANT = (
    (
        "DE",
        "UStG § 12 (2) no. 15: food, without drinks",
        "2007-01-01 19, 2020-07-01 5, 2021-01-01 7, 2024-01-01 19, 2026-01-01 7",
    ),
)
_SOLAR = (
    (
        "DE",
        "UStG § 12 (3): photovoltaics to operators, near homes",
        "2007-01-01 19, 2020-07-01 16, 2021-01-01 19, 2023-01-01 Z0",
    ),
)
_TABLES = {
    TaxClass.STANDARD: _STANDARD,
    TaxClass.REDUCED: _REDUCED,
    TaxClass.SECOND_REDUCED: _SECOND_REDUCED,
    TaxClass.SUPER_REDUCED: _SUPER_REDUCED,
    TaxClass.HEAT: _HEAT,
    TaxClass.RESTAURANT: _RESTAURANT,
    TaxClass.SOLAR: _SOLAR,
}


def _rates() -> Iterator[TaxRate]:
    for tax_class, table in _TABLES.items():
        for country, source, history in table:
            steps = [step.split() for step in history.split(", ")]
            ends = [date.fromisoformat(day) for day, _ in steps[1:]]
            for (day, percent), end in zip(steps, [*ends, None], strict=True):
                if percent == "-":
                    continue
                yield TaxRate(
                    country=country,
                    tax_class=tax_class.value,
                    category="Z" if percent.startswith("Z") else "S",
                    percent=Decimal(percent.removeprefix("Z")),
                    valid_from=date.fromisoformat(day),
                    valid_until=end,
                    source=source,
                )


# What the law says; the database's table begins with these rows.
TAX_RATES = tuple(_rates())
