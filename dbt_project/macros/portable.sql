{# What DuckDB and Spark say differently. Everything else in staging and marts is common SQL. #}
{# A UTC timestamp as the wall clock of a time zone (an expression). #}
{% macro local_time(at, timezone) -%}
    {{ return(adapter.dispatch("local_time", "passport")(at, timezone)) }}
{%- endmacro %}
{% macro duckdb__local_time(at, timezone) -%}
    timezone({{ timezone }}, timezone('UTC', {{ at }}))
{%- endmacro %}
{% macro spark__local_time(at, timezone) -%}
    from_utc_timestamp({{ at }}, {{ timezone }})
{%- endmacro %}

{# The wall clock of a time zone as a UTC timestamp. #}
{% macro utc_time(local, timezone) -%}
    {{ return(adapter.dispatch("utc_time", "passport")(local, timezone)) }}
{%- endmacro %}
{% macro duckdb__utc_time(local, timezone) -%}
    timezone('UTC', timezone({{ timezone }}, {{ local }}))
{%- endmacro %}
{% macro spark__utc_time(local, timezone) -%}
    to_utc_timestamp({{ local }}, {{ timezone }})
{%- endmacro %}

{# Microseconds from one timestamp to another, an exact integer. #}
{% macro microseconds(from_at, until_at) -%}
    {{ return(adapter.dispatch("microseconds", "passport")(from_at, until_at)) }}
{%- endmacro %}
{% macro duckdb__microseconds(from_at, until_at) -%}
    (epoch_us({{ until_at }}) - epoch_us({{ from_at }}))
{%- endmacro %}
{% macro spark__microseconds(from_at, until_at) -%}
    timestampdiff(microsecond, {{ from_at }}, {{ until_at }})
{%- endmacro %}

{# Texts of a group, joined in the order given. #}
{% macro ordered_text(expression, separator, order_by) -%}
    {{ return(adapter.dispatch("ordered_text", "passport")(expression, separator, order_by)) }}
{%- endmacro %}
{% macro duckdb__ordered_text(expression, separator, order_by) -%}
    {# one sort of all lists: an ordered string_agg sorts group by group #}
    array_to_string(
        list_transform(
            list_sort(list(struct_pack(place := row({{ order_by }}), text := {{ expression }}))),
            lambda entry:entry.text
        ),
        '{{ separator }}'
    )
{%- endmacro %}
{% macro spark__ordered_text(expression, separator, order_by) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{# Of the rows before this one in a named window, the last value that is not null. #}
{% macro last_known_before(expression, window_name) -%}
    {{ return(adapter.dispatch("last_known_before", "passport")(expression, window_name)) }}
{%- endmacro %}
{% macro duckdb__last_known_before(expression, window_name) -%}
    last_value({{ expression }} ignore nulls) over (
        {{ window_name }} rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}
{% macro spark__last_known_before(expression, window_name) -%}
    last_value({{ expression }}, true) over (
        {{ window_name }} rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}

{#
    A linear quantile of a group. Where a model asks for several `shares` of one measure it names
    all of them each time, so that its values are kept once.
#}
{% macro quantile(expression, share, shares=none) -%}
    {{ return(adapter.dispatch("quantile", "passport")(expression, share, shares or [share])) }}
{%- endmacro %}
{% macro duckdb__quantile(expression, share, shares) -%}
    list_extract(
        quantile_cont({{ expression }}, [{{ shares | join(", ") }}]), {{ shares.index(share) + 1 }}
    )
{%- endmacro %}
{% macro spark__quantile(expression, share, shares) -%}
    element_at(
        percentile({{ expression }}, array({{ shares | join(", ") }})),
        {{ shares.index(share) + 1 }}
    )
{%- endmacro %}

{# A number from 0 on that spreads keys evenly; two keys may have the same. #}
{% macro key_number(key) -%}
    {{ return(adapter.dispatch("key_number", "passport")(key)) }}
{%- endmacro %}
{% macro duckdb__key_number(key) -%} hash({{ key }}) {%- endmacro %}
{% macro spark__key_number(key) -%} abs(xxhash64({{ key }})) {%- endmacro %}

{# Every date from one to another, both included, as a table with the column `calendar_date`. #}
{% macro every_date(from_date, until_date) -%}
    {{ return(adapter.dispatch("every_date", "passport")(from_date, until_date)) }}
{%- endmacro %}
{% macro duckdb__every_date(from_date, until_date) -%}
    (
        select cast(day_at as date) as calendar_date
        from
            range(
                cast('{{ from_date }}' as timestamp),
                cast('{{ until_date }}' as timestamp) + interval '1' day,
                interval '1' day
            ) as days(day_at)
    )
{%- endmacro %}
{% macro spark__every_date(from_date, until_date) -%}
    (
        select
            explode(
                sequence(cast('{{ from_date }}' as date), cast('{{ until_date }}' as date))
            ) as calendar_date
    )
{%- endmacro %}

{# A statement that keeps the one value of a query under a name, for this connection. #}
{% macro keep_value(name, query) -%}
    {{ return(adapter.dispatch("keep_value", "passport")(name, query)) }}
{%- endmacro %}
{% macro duckdb__keep_value(name, query) -%} set variable {{ name }} = ({{ query }}) {%- endmacro %}
{% macro spark__keep_value(name, query) -%}
    declare or replace variable {{ name }} = ({{ query }})
{%- endmacro %}

{# The value: a constant when a statement is planned, so that a scan leaves out what lies by it. #}
{% macro kept_value(name) -%}
    {{ return(adapter.dispatch("kept_value", "passport")(name)) }}
{%- endmacro %}
{% macro duckdb__kept_value(name) -%} getvariable('{{ name }}') {%- endmacro %}
{% macro spark__kept_value(name) -%} {{ name }} {%- endmacro %}
