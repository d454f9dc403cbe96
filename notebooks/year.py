import marimo

app = marimo.App(width="medium", app_title="Giảm Nghèo: the year")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo

    root = Path(os.environ.get("GIAMNGHEO_DATA", Path(__file__).parent.parent / "data"))
    # The file behind `current`: a release that is published meanwhile changes nothing here.
    warehouse = (root / "warehouse" / "current" / "warehouse.duckdb").resolve()
    connection = duckdb.connect(str(warehouse), read_only=True)
    return alt, connection, mo, warehouse


@app.cell
def _(mo, warehouse):
    mo.md(
        f"""
        # The year, from the published warehouse

        Release `{warehouse.parent.name}`. Change a query and the views below follow. Tables: `docs/dictionary.md`;
        worked questions: `docs/analyst.md`.
        """
    )
    return


@app.cell
def _(connection):
    targets = connection.sql(
        """
        select unit_name, target, measure, basis, baseline, target_value, actual,
               round(achieved_pct, 1) as achieved_pct, status
        from mart.target_vs_actual
        where period = (select max(period) from mart.target_vs_actual) and level = 'province'
          and target in ('poor_reduction', 'near_poor_reduction')
        order by target desc, measure, basis
        """
    ).pl()
    targets
    return (targets,)


@app.cell
def _(connection, mo):
    names = connection.sql(
        "select distinct unit_code, unit_name, plan_order from core.unit where level = 'district' order by plan_order"
    ).fetchall()
    district = mo.ui.dropdown({name: code for code, name, _ in names}, value=names[0][1], label="District")
    district
    return (district,)


@app.cell
def _(alt, connection, district):
    rates = connection.execute(
        """
        select period, indicator, value
        from mart.indicator
        where unit_code = $unit and population = 'all' and indicator in ('poor_rate', 'near_poor_rate')
        order by period, indicator
        """,
        {"unit": district.value},
    ).pl()
    lines = (
        alt.Chart(rates)
        .mark_line(point=True)
        .encode(x=alt.X("period:T", title=None), y=alt.Y("value:Q", title="% of households"), color="indicator:N")
    )
    lines
    return (rates,)


@app.cell
def _(connection, district):
    communes = connection.execute(
        """
        select indicator.unit_name as commune, numerator::int as poor, denominator::int as residents,
               round(value, 2) as rate
        from mart.indicator
        join core.unit_month using (period, unit_code)
        where period = (select max(period) from mart.indicator) and indicator.level = 'commune'
          and district_code = $unit and indicator = 'poor_rate' and population = 'all'
        order by value desc
        """,
        {"unit": district.value},
    ).pl()
    communes
    return (communes,)


if __name__ == "__main__":
    app.run()
