{#
    Item of a place whose counts came anew; all of them when places changed, since one may be in
    another time zone.
#}
{% macro touched_stocks() %}
    select {{ joined_key(["office_code", "item"]) }} as stock_key
    from {{ changed_rows("fct_consumable_counts") }}
    union all
    select stock_key
    from {{ this }}
    where {{ is_any_touched("dim_offices") }}
{% endmacro %}
