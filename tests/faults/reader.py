"""Opens the current release of a data root again and again until its standard input ends, then says what it saw.

Prints a JSON object: rounds, the different counts of rows, and the different errors.
"""

import json
import select
import sys
from pathlib import Path

import duckdb

QUESTION = "select count(*), max(period)::varchar, (select count(*) from core.household_month) from mart.indicator"


def main() -> None:
    warehouse = Path(sys.argv[1]) / "warehouse" / "current" / "warehouse.duckdb"
    rounds, seen, errors = 0, set(), set()
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            with duckdb.connect(str(warehouse), read_only=True) as connection:
                seen.add(tuple(connection.execute(QUESTION).fetchall()[0]))
        except duckdb.Error as fault:
            errors.add(str(fault))
        rounds += 1
    print(json.dumps({"rounds": rounds, "seen": sorted(seen), "errors": sorted(errors)}))


if __name__ == "__main__":
    main()
