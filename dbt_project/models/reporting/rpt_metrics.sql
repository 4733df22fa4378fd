with metrics as (select * from {{ ref("metrics") }})

select metric, definition, unit, formula, table_name, column_name, owner
from metrics
