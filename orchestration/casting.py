"""From what a source sends to the types of the landing: one SQL expression per column.

Text is cast strictly: DuckDB's own casts would round 3.7 to an integer, take a timestamp without
an offset for UTC, or read 1_0 as ten. What does not fit becomes null and is told in `uncast`.
"""

from dataclasses import dataclass

import pyarrow as pa

from contract import Column, Record, Type, landed_columns

DUCKDB_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
    Type.CLOCK_TIME: "VARCHAR",
    Type.TIMESTAMP: "TIMESTAMP",
}

_INTEGER = r"[+-]?[0-9]+(\.0+)?"
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIMESTAMP = _DATE + r"[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_SHORT_TIMESTAMP = _DATE + r"[T ][0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_CLOCK_TIME = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?|24:00(:00(\.0+)?)?"
_BOOLEAN = r"true|false|t|f|1|0"

# Digits that may be an identity number do not reach the landing by way of a bad value.
_IDENTITY_DIGITS = r"[0-9]{5}-?[0-9]{7}-?[0-9]"
_UNCAST_CHARACTERS = 100


@dataclass(frozen=True)
class Cast:
    """How one landed column is made of the source's column of the same name.

    `value` is the typed expression; `fails` tells where a value was there and could not be cast
    (None where that cannot happen); both over the columns of the reading, aliased `r`.
    """

    column: Column
    value: str
    fails: str | None = None


def casts(record: Record, schema: pa.Schema) -> list[Cast]:
    """One cast for each landed column of `record`, in order; what `schema` lacks becomes null."""
    return [
        _cast(column, schema.field(column.name).type)
        if column.name in schema.names
        else Cast(column, f"null::{DUCKDB_TYPES[column.type]}")
        for column in landed_columns(record)
    ]


def uncast_json(made: list[Cast]) -> str:
    """The text of what could not be cast, as JSON by column; null where everything could."""
    fallible = [cast for cast in made if cast.fails]
    if not fallible:
        return "null::VARCHAR"
    entries = ", ".join(
        f"""case when {cast.fails} then '"{cast.column.name}":' || to_json(left(regexp_replace("""
        f"""r."{cast.column.name}"::VARCHAR, '{_IDENTITY_DIGITS}', '#', 'g'), """
        f"""{_UNCAST_CHARACTERS}))::VARCHAR end"""
        for cast in fallible
    )
    some = " or ".join(f"({cast.fails})" for cast in fallible)
    return f"case when {some} then '{{' || concat_ws(',', {entries}) || '}}' end"


def _cast(column: Column, given: pa.DataType) -> Cast:
    source = f'r."{column.name}"'
    if pa.types.is_dictionary(given):
        given = given.value_type
    if _fits(column.type, given):
        return Cast(column, _typed(column.type, given, source))
    if pa.types.is_null(given):
        return Cast(column, f"null::{DUCKDB_TYPES[column.type]}")
    if pa.types.is_floating(given) and column.type in {Type.NUMBER, Type.INTEGER}:
        fits = f"isfinite({source})"
        if column.type is Type.INTEGER:
            fits += f" and {source} = floor({source}) and abs({source}) < 9e18"
        value = f"case when {fits} then {source}::{DUCKDB_TYPES[column.type]} end"
        return Cast(column, value, f"{source} is not null and ({value}) is null")
    if not _is_text(given):
        # Another type than the contract's is judged by how it reads as text.
        source = f"{source}::VARCHAR"
    value = _parsed(column.type, source)
    return Cast(column, value, f"{source} is not null and ({value}) is null")


def _is_text(given: pa.DataType) -> bool:
    return given in (pa.string(), pa.large_string(), pa.string_view())


def _fits(wanted: Type, given: pa.DataType) -> bool:
    """Whether every value of the type given is one of the type wanted."""
    types = pa.types
    whole = types.is_integer(given) and not types.is_uint64(given)
    fits = {
        Type.TEXT: _is_text(given) or types.is_integer(given),
        Type.INTEGER: whole,
        Type.NUMBER: types.is_integer(given) or types.is_decimal(given),
        Type.BOOLEAN: types.is_boolean(given),
        Type.DATE: types.is_date(given),
        Type.TIMESTAMP: types.is_timestamp(given),
        Type.CLOCK_TIME: False,
    }
    return bool(fits[wanted])


def _typed(wanted: Type, given: pa.DataType, source: str) -> str:
    if wanted is Type.TIMESTAMP and given.tz is not None:
        return f"{source}::TIMESTAMPTZ::TIMESTAMP"
    return f"{source}::{DUCKDB_TYPES[wanted]}"


def _parsed(wanted: Type, text: str) -> str:
    match wanted:
        case Type.TEXT:
            return text
        case Type.INTEGER:
            return _where(text, _INTEGER, f"try_cast(split_part({text}, '.', 1) as BIGINT)")
        case Type.NUMBER:
            number = f"try_cast({text} as DOUBLE)"
            return _where(text, _NUMBER, f"case when isfinite({number}) then {number} end")
        case Type.BOOLEAN:
            return _where(f"lower({text})", _BOOLEAN, f"try_cast({text} as BOOLEAN)")
        case Type.DATE:
            return (
                f"case when regexp_full_match({text}, '{_DATE}') then try_cast({text} as DATE) "
                f"when regexp_full_match({text}, '{_DATE}[T ]00:00:00(\\.0+)?') "
                f"then try_cast(left({text}, 10) as DATE) end"
            )
        case Type.CLOCK_TIME:
            padded = f"lpad(split_part({text}, ':', 1), 2, '0') || ':' || substr({text}, "
            padded += f"instr({text}, ':') + 1)"
            return _where(text, _CLOCK_TIME, f"left({padded} || ':00', 8)")
        case Type.TIMESTAMP:
            return (
                f"case when regexp_full_match({text}, '{_TIMESTAMP}') "
                f"then try_cast({text} as TIMESTAMPTZ)::TIMESTAMP "
                f"when regexp_full_match({text}, '{_SHORT_TIMESTAMP}') "
                f"then try_cast(insert_seconds({text}) as TIMESTAMPTZ)::TIMESTAMP end"
            ).replace(f"insert_seconds({text})", f"left({text}, 16) || ':00' || substr({text}, 17)")


def _where(text: str, pattern: str, value: str) -> str:
    return f"case when regexp_full_match({text}, '{pattern}') then {value} end"
