{{ config(materialized='table', tags=['daily']) }}
select iata as airport_id, name, city, state, country, latitude, longitude
from {{ source('raw', 'airports') }}
