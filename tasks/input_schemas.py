"""What a release is made from besides the accepted tables (tasks/schemas.py): columns of files, slots, findings, and of
what earlier releases published otherwise."""

from collections.abc import Mapping

import polars as pl

_UTC = pl.Datetime("us", "UTC")
Schema = Mapping[str, type[pl.DataType] | pl.DataType]

SUBMISSION: Schema = {
    "submission_id": pl.String,  # SHA-256 of the received bytes
    "sha256": pl.String,
    "file_name": pl.String,
    "source": pl.String,  # inbox, or sample for the synthetic year
    "district_code": pl.String,  # null where the cover could not be read
    "period": pl.Date,  # last day of the month; null where the cover could not be read
    "kind": pl.String,
    "state": pl.String,  # contract, section 2
    "received_at": _UTC,
    "decided_at": _UTC,
    "decided_by": pl.String,
    "reason": pl.String,
    "due": pl.Date,
    "on_time": pl.Boolean,
    "rule_pack": pl.String,
    "critical": pl.Int64,
    "warning": pl.Int64,
    "info": pl.Int64,
}

SLOT: Schema = {
    "period": pl.Date,
    "district_code": pl.String,
    "state": pl.String,
    "accepted_submission_id": pl.String,  # null where nothing is accepted
    "due": pl.Date,
    "received_on": pl.Date,  # when the first file that could be opened came; null where none did
    "on_time": pl.Boolean,  # tasks/timeliness.py
}

FINDING: Schema = {
    "submission_id": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "sheet": pl.String,
    "row": pl.Int32,
    "column": pl.String,
    "cell": pl.String,
    "value": pl.String,
    "expected": pl.String,
    "message_vi": pl.String,
    "message_en": pl.String,
    "household_ref": pl.String,  # commune / hamlet / household code; goes no further than this
    "household_id": pl.String,  # its pseudonym
    "waived": pl.Boolean,
}

# One row per slot that an earlier release published otherwise than it is known now.
RESTATED: Schema = {
    "release_id": pl.String,  # the first release that published the month so
    "published_at": _UTC,
    "period": pl.Date,
    "district_code": pl.String,
    "published_submission_id": pl.String,  # null where the district was missing
    "submission_id": pl.String,  # null where nothing is accepted now
    "cause": pl.String,  # correction, late_report, withdrawal
    "decision": pl.String,
    "event_id": pl.Int64,
    "decided_at": _UTC,
    "decided_by": pl.String,
    "reason": pl.String,
    "is_same_method": pl.Boolean,
}

# One row per earlier release and month of which it published other numbers than are known now.
RESTATED_MONTH: Schema = {
    "release_id": pl.String,
    "published_at": _UTC,
    "period": pl.Date,
    "month_of": pl.String,  # the release of RESTATED that has the month's files; null where they are those of now
    "baseline_of": pl.String,  # the same for the files of the baseline, from which targets start
    "is_same_method": pl.Boolean,
}

FINDING_COUNT: Schema = {
    "submission_id": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "count": pl.Int64,
}
