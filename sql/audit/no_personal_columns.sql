-- A table has a column that names a person, or from which a household could be found again.
select schema_name || '.' || table_name as table_name, column_name
from duckdb_columns()
where database_name = current_database()
  and not internal
  and (
      column_name in ('head_name', 'head_birth_year', 'head_id_number', 'id_number_hash', 'hamlet',
                      'household_code', 'prepared_by')
      -- Ghi chú of sheet Hộ is free text; the plan's own tables have notes of ours.
      or (table_name = 'household_month' and column_name = 'note')
  )
order by all
