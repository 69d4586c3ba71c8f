{{ config(materialized='incremental', unique_key='order_id', tags=['daily'], schema='analytics') }}
select o.order_id, cast(o.order_date as date) as order_date, o.customer_id, c.customer_segment,
       cast(o.order_amount as decimal(18,2)) as net_amount
from staging.orders o
left join analytics.dim_customer c on c.customer_id = o.customer_id
