"""The flow of a passport and its promises, as the records `stages` and `service_levels`."""

import pyarrow as pa
from pyarrow import csv

from contract import RECORDS
from simulator.columns import rows_of, schema
from simulator.places import REFERENCE


def stages_record() -> pa.Table:
    """The record `stages`."""
    return _as_record("stages")


def service_levels_record() -> pa.Table:
    """The record `service_levels`, with its history."""
    return _as_record("service_levels")


def _as_record(name: str) -> pa.Table:
    types = {field.name: field.type for field in schema(RECORDS[name])}
    read = csv.read_csv(
        REFERENCE / f"{name}.csv",
        convert_options=csv.ConvertOptions(column_types=types, strings_can_be_null=True),
    )
    return rows_of(name, {column: read[column].combine_chunks() for column in read.column_names})
