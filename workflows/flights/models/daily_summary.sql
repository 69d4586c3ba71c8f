{{ config(materialized='incremental', unique_key=['flight_date', 'origin'], tags=['daily']) }}
select
    flight_date, origin, any_value(origin_name) as origin_name, count(*) as flights, sum(delay) as delay_minutes,
    sum(distance) as miles, count(*) filter (where is_late) as late_flights, max(_loaded_at) as _loaded_at
from {{ ref('fct_flights') }}
{% if is_incremental() %}
where flight_date in (
    select cast(departed_at as date) from {{ source('raw', 'flights') }}
    where _loaded_at > (select coalesce(max(_loaded_at), timestamp '1970-01-01') from {{ this }}))
{% endif %}
group by flight_date, origin
