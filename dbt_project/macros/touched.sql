{#
    The incremental strategy `touched`. A model derives anew every key seen in batches that it has
    not built yet, from all versions of that key; keys that derive to nothing are removed.

        {{ config(
            materialized="incremental", incremental_strategy="touched", unique_key="token_id",
            pre_hook="{{ note_touched(touched_keys('token_id', ['stg_queue_tokens'])) }}",
        ) }}
        select … from … where {{ is_touched() }}

    1. the pre-hook notes the touched keys in `meta.touched__<model>`, inside the transaction;
    2. the model's SQL keeps to them by `is_touched` (true at a first build or full refresh, or one
       part of all keys after the other where `meta: built_in_parts` is set, to fit in memory);
    3. the strategy removes every noted key from the model and inserts what was derived;
    4. the project's post-hook writes the model's mark, in the same transaction.

    What touches a key is the argument of `note_touched`: a query of one column, named as the unique
    key. Its parts are joined by `union all`; too many keys cost time, a missing one is an error.
    - `touched_keys(key, [staging models])`: rows of new batches;
    - `touched_by(model)`: what an upstream model of the same unique key derived anew;
    - `changed_rows(model)`: the rows of an upstream model that differ in the columns it names in
      `meta: logged_columns`, as they were and as they are: the cells of an aggregate.
    A model that names a date column in `meta: settled_by` logs the keys whose rows were removed or
    inserted, by month of that date and the day they lie by: a publication writes only those anew.
    The tables of cases are written in the order of `case_on` (see fct_case_days), so that the rows
    of some cases are found without reading the others: `note_touched` is told the model of the
    days, the model says `meta: ordered_by_case_day`, and `is_touched_case` takes the place of
    `is_touched` for upstream models that are in that order too.
    Hooks run after the model's SQL was compiled: the SQL may read the noted keys, no macro may ask
    for them by `run_query`. `--full-refresh` of a model must take its descendants with it
    (`--select model+`), since the logs begin anew.
#}
{# The noted keys of the model's present build, and the log of all of them since the last of its
   descendants' marks: what a descendant reads by `touched_by`. #}
{% macro noted_keys() %}
    {{- return(target.database ~ ".meta.touched__" ~ model.name) -}}
{% endmacro %}


{% macro touched_log(name) %}
    {{- return(target.database ~ ".meta.touched_log__" ~ name) -}}
{% endmacro %}


{# The days by which the rows of the noted cases lie, as they were and as they are. #}
{% macro noted_days() %}
    {{- return(target.database ~ ".meta.touched_days__" ~ model.name) -}}
{% endmacro %}


{# The first and the last noted key: values where a scan is planned. #}
{% macro first_noted() %} {{- return(kept_value("first__" ~ model.name)) -}} {% endmacro %}
{% macro last_noted() %} {{- return(kept_value("last__" ~ model.name)) -}} {% endmacro %}


{# The log of changed rows of a model that has `logged_columns`: what `changed_rows` reads. #}
{% macro change_log(name) %}
    {{- return(target.database ~ ".meta.change_log__" ~ name) -}}
{% endmacro %}


{# The log of the keys of which rows of a model that has `settled_by` came or went, by month. #}
{% macro changed_cases(name) %}
    {{- return(target.database ~ ".meta.changed_cases__" ~ name) -}}
{% endmacro %}


{# What the mark of this model says of its last build; `unmarked` before its first. #}
{% macro marked(column, unmarked) %}
    {%- if execute and is_incremental() -%}
        {%- set rows = asked_once(
            "select "
            ~ column
            ~ " from meta.model_marks where model= '"
            ~ model.name
            ~ "'"
        ) -%}
        {%- if rows | length -%} {{- return(rows[0][0]) -}} {%- endif -%}
    {%- endif -%}
    {{- return(unmarked) -}}
{% endmacro %}


{# The newest batch this model has built; -1 before its first. #}
{% macro mark() %} {{- return(marked("newest_batch_id", -1)) -}} {% endmacro %}


{#
    The number of this model's last build; -1 before its first. Logs tell by it what changed since:
    a build without a new batch changes rows too, where a later now sees them otherwise.
#}
{% macro last_build() %} {{- return(marked("build_number", -1)) -}} {% endmacro %}


{# The now of this model's last build, a SQL literal; the run's own before the first. #}
{% macro mark_now() %}
    {%- set now_at_then = marked("cast(now_at as varchar)", none) -%}
    {{- return("timestamp '" ~ now_at_then ~ "'" if now_at_then else now_at()) -}}
{% endmacro %}


{#
    Pre-hook: keeps the distinct keys that `keys_sql` selects, one column named as the key. With
    `days_of`, the model of the cases' days, also the days by which their rows lie.
#}
{% macro note_touched(keys_sql, days_of=none) %}
    {# named here for parsing, where nothing is incremental #}
    {% set case_days = ref(days_of) if days_of else none %}
    {% if is_incremental() %}
        {% set key = config.get("unique_key") %}
        create or replace table {{ noted_keys() }} as
        select distinct {{ key }}
        from ({{ keys_sql }}) as touched_keys
        where {{ key }} is not null;
        {% set noted = "(noted." ~ key ~ ") from " ~ noted_keys() ~ " as noted" %}
        {{ keep_value("first__" ~ model.name, "select min" ~ noted) }}
        ;
        {{ keep_value("last__" ~ model.name, "select max" ~ noted) }}
        ;
        delete from {{ touched_log(model.name) }}
        where built_by <= (select min(build_number) from meta.model_marks)
        ;
        insert into {{ touched_log(model.name) }}
        select cast({{ key }} as varchar), build_number
        from {{ noted_keys() }}, {{ source("meta", "run") }}
        ;
        {% if case_days %}
            {% set cases = "select noted.application_id from " ~ noted_keys() ~ " as noted" %}
            create or replace table {{ noted_days() }} as
            select distinct case_on
            from ({{ days_of_cases(days_of, cases) }}) as days;
            {{
                keep_value(
                    "first_day__" ~ model.name, "select min(case_on) from " ~ noted_days()
                )
            }}
            ;
        {% endif %}
    {% endif %}
{% endmacro %}


{# Whether a row came in a batch this model has not built yet. #}
{% macro is_new() -%} batch_id > {{ mark() }} {%- endmacro %}


{# The keys of every row that came in a batch this model has not built yet. #}
{% macro touched_keys(key, models) %}
    {% for name in models %}
        select {{ key }}
        from {{ ref(name) }}
        where {{ is_new() }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}


{# The keys that an upstream model of the same unique key derived anew since this model's mark. #}
{% macro touched_by(name) %}
    select key as {{ config.get("unique_key") }}
    from {{ touched_log(ref(name).identifier) }}
    where built_by > {{ last_build() }}
{% endmacro %}


{# A condition: whether an upstream model derived any key anew since this model's mark. #}
{% macro is_any_touched(name) -%}
    exists (
        select key from {{ touched_log(ref(name).identifier) }} where built_by > {{ last_build() }}
    )
{%- endmacro %}


{# Whether a row's key is one to derive anew: a condition for `where`. #}
{% macro is_touched(column=none) -%}
    {%- set key = config.get("unique_key") -%}
    {%- if is_incremental() -%}
        {{ column or key }} in (select noted.{{ key }} from {{ noted_keys() }} as noted)
    {%- elif is_built_in_parts() -%}
        mod({{ key_number(column or key) }}, {{ full_build_parts() }}) = {{ part_marker(0) }}
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{# Whether a full build of this model takes its keys part by part. #}
{% macro is_built_in_parts() %}
    {{-
        return(
            (config.get("meta") or {}).get("built_in_parts", false) and full_build_parts() > 1
        )
    -}}
{% endmacro %}


{# The number of a part in compiled SQL, marked so that the next part's can take its place. #}
{% macro part_marker(part) %} {{- return("/* part */ " ~ part) -}} {% endmacro %}


{#
    Post-hook: a full build made the first part of the keys; here are the others. One query each,
    since DuckDB takes a named window of two statements for one.
#}
{% macro build_other_parts() %}
    {% if execute and part_marker(0) in model.compiled_code %}
        {% for part in range(1, full_build_parts()) %}
            {% do run_query(
                "insert into " ~ this ~ " by name " ~ model.compiled_code
                | replace(part_marker(0), part_marker(part))
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{#
    The same for a row of a table that is in the order of `case_on`: by the days first, since of
    them few are in question, and what lies by others is not read.
#}
{% macro is_touched_case() -%}
    {%- if is_incremental() -%}
        case_on in (select noted.case_on from {{ noted_days() }} as noted) and {{ is_touched() }}
    {%- else -%} {{ is_touched() }}
    {%- endif -%}
{%- endmacro %}


{#
    Whether a version of an application may be of a noted case: none was submitted before the first
    of the noted days, which are by the least of all versions.
#}
{% macro is_version_of_touched_case() -%}
    {%- if is_incremental() -%}
        submitted_at >= cast({{ kept_value("first_day__" ~ model.name) }} as timestamp)
        and {{ is_touched() }}
    {%- else -%} {{ is_touched() }}
    {%- endif -%}
{%- endmacro %}


{# The day by which the rows of an application lie of which nothing came but events. #}
{% macro no_case_day() -%} date '9999-12-31' {%- endmacro %}


{#
    Whether a moment lies between the first and the last noted key (a time), give or take: a bound
    that spares the rest of a large table. True at a full build.
#}
{% macro near_noted(at, before, after) -%}
    {%- if is_incremental() -%}
        {{ at }} >= {{ first_noted() }} - {{ before }}
        and {{ at }} < {{ last_noted() }} + {{ after }}
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{#
    Removes the noted keys, inserts what was derived, possibly nothing. With `logged_columns` in the
    model's meta, rows that differ in these columns are logged first, as they were (change -1) and
    as they are (change 1): what an aggregate needs to know its cells by.
#}
{% macro get_incremental_touched_sql(arg_dict) %}
    {% set columns = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) %}
    {% set is_noted %}
        {% if (config.get("meta") or {}).get("ordered_by_case_day") %}
            case_on in (select noted.case_on from {{ noted_days() }} as noted) and
        {% endif %}
        {{ arg_dict["unique_key"] }} in (
            select noted.{{ arg_dict["unique_key"] }} from {{ noted_keys() }} as noted
        )
    {% endset %}
    {% set logged = (config.get("meta") or {}).get("logged_columns", []) | join(", ") %}
    {% if logged %}
        delete from {{ change_log(model.name) }}
        where built_by <= (select min(build_number) from meta.model_marks)
        ;
        insert into {{ change_log(model.name) }}
        with
            before_rows as (
                select {{ logged }} from {{ arg_dict["target_relation"] }} where {{ is_noted }}
            ),
            after_rows as (select {{ logged }} from {{ arg_dict["temp_relation"] }}),
            changed_rows as (
                select {{ logged }}, -1 as change
                from (select * from before_rows except all select * from after_rows) as gone
                union all
                select {{ logged }}, 1 as change
                from (select * from after_rows except all select * from before_rows) as come
            )
        select changed_rows.*, build_number
        from changed_rows, {{ source("meta", "run") }};
    {% endif %}
    {% set settled_by = (config.get("meta") or {}).get("settled_by") %}
    {% if settled_by %}
        {% set month = "cast(date_trunc('month', " ~ settled_by ~ ") as date)" %}
        insert into {{ changed_cases(model.name) }} (key, month, case_on)
        select cast({{ arg_dict["unique_key"] }} as varchar), {{ month }}, case_on
        from {{ arg_dict["target_relation"] }}
        where {{ is_noted }}
        union
        select cast({{ arg_dict["unique_key"] }} as varchar), {{ month }}, case_on
        from {{ arg_dict["temp_relation"] }};
    {% endif %}
    delete from {{ arg_dict["target_relation"] }}
    where {{ is_noted }}
    ;
    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }}
{% endmacro %}


{# The logged columns of rows of an upstream model that changed since this model's mark. #}
{% macro changed_rows(name) %}
    (select * from {{ change_log(ref(name).identifier) }} where built_by > {{ last_build() }})
{% endmacro %}


{#
    The same for some of the columns only: their values that there are more or fewer of than at this
    model's mark.
#}
{% macro changed_values(name, columns) %}
    (
        select {{ columns | join(", ") }}
        from {{ changed_rows(name) }} as changed
        group by {{ columns | join(", ") }}
        having sum(change) <> 0
    )
{% endmacro %}


{#
    On-run-start: the marks exist before the first model asks for its own; those of models that are
    gone, or views now, go too, since the oldest mark of all says what logs must keep. What an
    earlier run of this process was told (`asked_once`) is forgotten.
#}
{% macro prepare_marks() %}
    create schema if not exists meta;
    create table if not exists meta.model_marks (
        model varchar, newest_batch_id bigint, build_number bigint, now_at timestamp
    );
    {% if execute %}
        {% do graph.update({"answers": {}}) %}
        {% set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model") %}
        {% set tables = models | rejectattr("config.materialized", "equalto", "view") %}
        delete from meta.model_marks
        where model not in ('{{ tables | map(attribute="name") | join("', '") }}')
    {% endif %}
{% endmacro %}


{# Post-hook: how far this model has built, committed together with its rows. #}
{% macro write_mark() %}
    {% if model.config.materialized != "view" %}
        {% if model.config.incremental_strategy == "touched" %}
            {% set logged = (config.get("meta") or {}).get("logged_columns", []) | join(", ") %}
            {% set settled_by = (config.get("meta") or {}).get("settled_by") %}
            {% if should_full_refresh() %}
                drop table if exists {{ touched_log(model.name) }};
                drop table if exists {{ change_log(model.name) }};
                drop table if exists {{ changed_cases(model.name) }};
            {% endif %}
            create table if not exists {{ touched_log(model.name) }} (
                key varchar, built_by bigint
            );
            {% if logged %}
                create table if not exists {{ change_log(model.name) }} as
                select {{ logged }}, 0 as change, cast(0 as bigint) as built_by
                from {{ this }}
                where false;
            {% endif %}
        {% endif %}
        {% if settled_by %}
            -- a row with a generation says that the log tells of all that changed since that one
            create table if not exists {{ changed_cases(model.name) }} (
                key varchar, month date, case_on date, generation varchar
            )
            ;
        {% endif %}
        delete from meta.model_marks
        where model = '{{ model.name }}'
        ;
        insert into meta.model_marks (model, newest_batch_id, build_number, now_at)
        select '{{ model.name }}', newest_batch_id, build_number, now_at
        from {{ source("meta", "run") }}
    {% endif %}
{% endmacro %}
