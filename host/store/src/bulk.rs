//! Many rows by one statement.

use serde::Serialize;

/// Rows of so many columns that one `insert … values` takes: SQLite binds at most 32,766 parameters.
pub(crate) const fn rows_per_insert(columns: usize) -> usize {
    32_000 / columns
}

/// A list as one parameter: `where number in (select value from json_each($1))`.
pub(crate) fn list<T: Serialize>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<T> = items.into_iter().collect();
    serde_json::to_string(&items).expect("texts and numbers can be written as JSON")
}

/// Writes `(…), (…)` after the text, with one entry of `$columns` for each of the rows, as many statements as it takes, and
/// evaluates to the number of rows inserted.
macro_rules! insert_many {
    ($reader:expr, $into:literal, $columns:literal, $rows:expr, $after:literal, |$values:ident, $row:ident| $bind:expr) => {{
        let mut inserted = 0;
        for chunk in $rows.chunks($crate::bulk::rows_per_insert($columns)) {
            inserted += on_engine!($reader, |conn| {
                let mut query = sqlx::QueryBuilder::new($into);
                query.push_values(chunk, |mut $values, $row| {
                    $bind;
                });
                query.push($after);
                query.build().persistent(false).execute(conn).await?.rows_affected()
            });
        }
        inserted
    }};
}
