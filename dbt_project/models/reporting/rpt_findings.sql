with

    found as (
        {% for family in ["places", "network", "printing", "service", "deliveries", "data"] %}
            select
                rule,
                thing,
                state,
                office_code,
                severity,
                measured,
                expected,
                since_at,
                shared_cause,
                parameters
            from {{ ref("findings_" ~ family) }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    places as (select * from {{ ref("rpt_places") }})

select
    found.rule,
    found.thing,
    found.state,
    found.office_code,
    coalesce('office:' || found.office_code, 'country') as place_scope,
    places.name as place,
    places.zone,
    coalesce(places.kind = 'mission', false) as is_mission,
    coalesce(found.severity, rules.severity) as severity,
    cast(found.measured as double) as measured,
    cast(found.expected as double) as expected,
    rules.unit,
    found.since_at,
    found.shared_cause,
    found.parameters
from found
join {{ ref("incident_rules") }} as rules on found.rule = rules.rule
left join places on found.office_code = places.office_code
