//! The two trees of migrations are mirrors, and each migration can be undone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use call_store::Store;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use crate::support::*;

contract!(
    down_undoes_up,
    migrating_twice_does_nothing,
    many_may_migrate_at_once
);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[cfg(feature = "sqlite")]
const SQLITE_SCHEMA: &str = "SELECT type || ' ' || name || ': ' || coalesce(sql, '') AS line \
     FROM sqlite_schema WHERE name NOT LIKE '%__diesel%' ORDER BY line";
#[cfg(all(feature = "sqlite", feature = "libpq"))]
const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name || ' ' || c.\"notnull\" AS line \
     FROM pragma_table_list AS t, pragma_table_info(t.name) AS c \
     WHERE t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY line";

#[cfg(feature = "libpq")]
const POSTGRES_SCHEMA: &str = "\
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
        || ' ' || is_identity AS line FROM information_schema.columns \
        WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations' \
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes \
        WHERE schemaname = 'public' AND tablename <> '__diesel_schema_migrations' \
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) \
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
        AND conrelid::regclass::text <> '__diesel_schema_migrations' \
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc \
        WHERE pronamespace = 'public'::regnamespace \
    UNION ALL SELECT 'row security ' || relname || ' ' || relrowsecurity FROM pg_class \
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' \
        AND relname <> '__diesel_schema_migrations' \
    ORDER BY line";
#[cfg(all(feature = "sqlite", feature = "libpq"))]
const POSTGRES_COLUMNS: &str = "\
    SELECT table_name || '.' || column_name || ' ' \
        || CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS line \
    FROM information_schema.columns \
    WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%' ORDER BY line";

#[cfg(feature = "sqlite")]
fn sqlite_lines(url: &str, query: &str) -> BTreeSet<String> {
    let path = url.strip_prefix("sqlite://").unwrap();
    lines(&mut SqliteConnection::establish(path).unwrap(), query)
}

#[cfg(feature = "libpq")]
fn postgres_lines(url: &str, query: &str) -> BTreeSet<String> {
    lines(&mut PgConnection::establish(url).unwrap(), query)
}

fn lines<C>(connection: &mut C, query: &str) -> BTreeSet<String>
where
    C: diesel::connection::LoadConnection,
    for<'query> diesel::query_builder::SqlQuery: diesel::query_dsl::LoadQuery<'query, C, Line>,
{
    let lines: Vec<Line> = sql_query(query).load(connection).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

fn schema(store: &TestStore) -> BTreeSet<String> {
    match store.backend() {
        #[cfg(feature = "sqlite")]
        call_store::Backend::Sqlite => sqlite_lines(&store.url, SQLITE_SCHEMA),
        #[cfg(feature = "libpq")]
        call_store::Backend::Postgres => postgres_lines(&store.url, POSTGRES_SCHEMA),
        #[allow(unreachable_patterns)]
        _ => unreachable!("a store of a database that is not compiled in"),
    }
}

async fn down_undoes_up(store: TestStore) {
    let whole = schema(&store);
    let mut schemas = vec![whole];
    while let Some(name) = store.revert().await.unwrap() {
        assert_eq!(store.pending().await.unwrap()[0], name);
        schemas.push(schema(&store));
    }
    assert_eq!(
        schemas.last(),
        Some(&BTreeSet::new()),
        "everything is undone"
    );
    assert_eq!(store.migrate().await.unwrap().len(), schemas.len() - 1);
    assert_eq!(schema(&store), schemas[0]);
    active(&store, "alice", "bob").await;
}

async fn migrating_twice_does_nothing(store: TestStore) {
    assert_eq!(store.pending().await.unwrap(), [""; 0]);
    assert_eq!(store.migrate().await.unwrap(), [""; 0]);
}

async fn many_may_migrate_at_once(store: TestStore) {
    while store.revert().await.unwrap().is_some() {}
    let mut servers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = store.url.clone();
        servers.spawn(async move {
            let store = Store::connect(&url, call_store::Options::default())
                .await
                .unwrap();
            store.migrate().await.unwrap().len()
        });
    }
    let mut runs: Vec<usize> = servers.join_all().await;
    runs.sort_unstable();
    assert_eq!(runs[..3], [0, 0, 0], "one did it all: {runs:?}");
    assert!(runs[3] > 0);
}

#[test]
fn both_trees_have_the_same_migrations() {
    let tree = |database: &str| -> BTreeSet<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(database);
        let mut files = BTreeSet::new();
        for migration in std::fs::read_dir(&root).unwrap() {
            for file in std::fs::read_dir(migration.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                files.insert(path.strip_prefix(&root).unwrap().to_owned());
            }
        }
        files
    };
    assert_eq!(tree("sqlite"), tree("postgres"));
    assert!(!tree("sqlite").is_empty());
}

#[cfg(all(feature = "sqlite", feature = "libpq"))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_columns() {
    let sqlite = sqlite().await;
    let postgres = postgres().await;
    assert_eq!(
        sqlite_lines(&sqlite.url, SQLITE_COLUMNS),
        postgres_lines(&postgres.url, POSTGRES_COLUMNS)
    );
}
