//! The two trees of migrations are mirrors, and each migration can be undone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use call_domain::TopologyPolicy;
use call_store::{IdempotencyKey, Placed, Store};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use crate::support::*;

contract!(
    down_undoes_up,
    migrating_twice_does_nothing,
    what_an_older_server_stored_is_understood,
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

/// Where documents have what servers of before the SFU and of before recordings knew nothing of.
const NEW_IN_POLICY: [&str; 7] = [
    "topology",
    "sfu_from",
    "p2p_return_after",
    "max_participants",
    "recording",
    "recording_consent",
    "recording_mode",
];
const NEW_IN_SNAPSHOT: [&str; 13] = [
    "call.policy.topology",
    "call.policy.sfu_from",
    "call.policy.p2p_return_after",
    "call.policy.max_participants",
    "call.change.sfu_room_id",
    "call.change.p2p_deadline",
    "call.policy.recording",
    "call.policy.recording_consent",
    "call.policy.recording_mode",
    "call.change.recording",
    "call.change.was_recorded",
    "participants.0.change.hand_raised_at",
    "participants.1.change.hand_raised_at",
];

/// Takes from every document of a column what stands there.
fn strip(store: &TestStore, table: &str, column: &str, places: &[&str]) {
    match store.backend() {
        #[cfg(feature = "sqlite")]
        call_store::Backend::Sqlite => {
            let file = store.url.strip_prefix("sqlite://").unwrap();
            let mut connection = SqliteConnection::establish(file).unwrap();
            for place in places {
                let place = place.replace(".0.", "[0].").replace(".1.", "[1].");
                let removed = format!("json_remove({column}, '$.{place}')");
                let update =
                    format!("UPDATE {table} SET {column} = {removed} WHERE {removed} <> {column}");
                let rows = sql_query(update).execute(&mut connection).unwrap();
                assert!(rows > 0, "{place} is not there");
            }
        }
        #[cfg(feature = "libpq")]
        call_store::Backend::Postgres => {
            let mut connection = PgConnection::establish(&store.url).unwrap();
            for place in places {
                let removed = format!("{column} #- '{{{}}}'", place.replace('.', ","));
                let update =
                    format!("UPDATE {table} SET {column} = {removed} WHERE {removed} <> {column}");
                let rows = sql_query(update).execute(&mut connection).unwrap();
                assert!(rows > 0, "{place} is not there");
            }
        }
        #[allow(unreachable_patterns)]
        _ => unreachable!("a store of a database that is not compiled in"),
    }
}

async fn what_an_older_server_stored_is_understood(store: TestStore) {
    let key = IdempotencyKey {
        user: user("alice"),
        key: "key".into(),
        fingerprint: "f".into(),
        expires_at: after(86_400),
    };
    let wish = || request("alice", &["bob"]);
    let Placed::Stored { step: first, .. } =
        try_place(&store, wish(), Some(key.clone()), START).await
    else {
        panic!("no new call");
    };
    let call = step(&store, &first.call, answer("bob"), after(1)).await;

    strip(&store, "calls", "policy", &NEW_IN_POLICY);
    strip(&store, "idempotency_keys", "snapshot", &NEW_IN_SNAPSHOT);
    let added = ["20260201000001", "20260301000001"];
    for name in added.iter().rev() {
        assert_eq!(store.revert().await.unwrap().as_deref(), Some(*name));
    }
    assert_eq!(store.pending().await.unwrap(), added);
    store.migrate().await.unwrap();

    assert_eq!(load(&store, call.id()).await, call);
    match try_place(&store, wish(), Some(key), after(2)).await {
        Placed::Replayed { call, .. } => assert_eq!(call.call, first.call),
        other => panic!("{other:?}"),
    }
    // It lives on, without what it never had.
    let end = step(&store, &call, end("alice"), after(3)).await;
    assert_eq!(end.parts().policy.topology, TopologyPolicy::P2p);
    assert_eq!(load(&store, call.id()).await, end);
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
