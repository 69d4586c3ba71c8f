{{ config(materialized='view', tags=['daily']) }}
select
    f.flight_id, f.departed_at, cast(f.departed_at as date) as flight_date, f.flight_month,
    f.origin, f.destination, o.name as origin_name, f.delay, f.distance, f.is_late, f._loaded_at
from {{ source('raw', 'flights') }} f
left join {{ ref('dim_airport') }} o on o.airport_id = f.origin
