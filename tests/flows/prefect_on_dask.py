"""An ingest that Prefect records, in the caller's own process. Prints how it ended as JSON."""

import json

from flows import prefect_runner  # isort: split

from flows.prefect_flows import run_ingest


def main() -> None:
    prefect_runner.RETRY_DELAY_SECONDS[:] = [0, 0]
    report = run_ingest()
    states = {one.file_name: one.state for one in report.state.submissions.values()}
    print(json.dumps({"faults": report.faults, "states": states}))


if __name__ == "__main__":
    main()
