-- What does a movement code mean, and where does it stand on sheet Diễn biến?
-- Grain: one row per code.
with
movements as (select * from input.movements)

select
    code                    as movement,
    class_previous,
    class,
    nullif(group_out, '')   as group_out,
    nullif(flow_out, '')    as flow_out,
    nullif(group_in, '')    as group_in,
    nullif(flow_in, '')     as flow_in,
    label_vi,
    label_en
from movements
order by movement
