-- A table, a column or a function carries no comment.
select schema_name || '.' || table_name as table_name, null as column_name
from duckdb_tables()
where database_name = current_database() and coalesce(comment, '') = ''
union all
select schema_name || '.' || table_name, column_name
from duckdb_columns()
where database_name = current_database() and not internal and coalesce(comment, '') = ''
union all
select schema_name || '.' || function_name, null
from duckdb_functions()
where database_name = current_database() and not internal and coalesce(comment, '') = ''
order by all
