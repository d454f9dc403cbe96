"""The class that B1, B2 and area lead to, under the rule of the period (`data/classification_rules.csv`).

2016-2021: TT 17/2016 and TT 14/2018 with the two kinds of poor of QĐ 59/2015. Later periods are rows of the
same table; what they mean for the form's classes is said here once.
"""

import polars as pl

from plan.reference import regime, table

# (class, subclass) of the law → code of the form.
FORM_CLASS = {
    ("poor", "income_poor"): "N1",
    ("poor", "services_deprived"): "N2",
    ("near_poor", ""): "CN",
    ("not_poor", ""): "KN",
}


def class_rule(period: str, area: pl.Expr, b1: pl.Expr, b2: pl.Expr) -> pl.Expr:
    """The form's class code (N1, N2, CN, KN) for area 'urban'/'rural' and the two scores.

    Null where no line of the table fits. Raises LookupError where the period has no rule for this form.
    """
    rows = [row for row in table("classification_rules") if row["period"] == regime(period)]
    if not rows or any((row["class"], row["subclass"]) not in FORM_CLASS for row in rows):
        raise LookupError(f"no classification rule of this form is known for {period}")
    result = pl.lit(None, pl.String)
    for row in rows:
        fits = area == row["area"]
        if row["b1_gt"]:
            fits &= b1 > int(row["b1_gt"])
        if row["b1_le"]:
            fits &= b1 <= int(row["b1_le"])
        if row["b2_ge"]:
            fits &= b2 >= int(row["b2_ge"])
        if row["b2_lt"]:
            fits &= b2 < int(row["b2_lt"])
        result = pl.when(fits).then(pl.lit(FORM_CLASS[row["class"], row["subclass"]])).otherwise(result)
    return result
