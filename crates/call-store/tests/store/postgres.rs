//! What only PostgreSQL has.

use call_store::{CallStore, ConnectError, Options, Store, StoreError};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use crate::credentials::credential;
use crate::support::*;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn lines(url: &str, query: &str) -> Vec<String> {
    let mut connection = PgConnection::establish(url).unwrap();
    let lines: Vec<Line> = sql_query(query).load(&mut connection).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_row_level_security() {
    let store = postgres().await;
    let open = lines(
        &store.url,
        "SELECT relname::text AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         AND relkind IN ('r', 'p') AND NOT relrowsecurity",
    );
    assert_eq!(open, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_role_sees_nothing_even_if_granted_everything() {
    let store = postgres().await;
    active(&store, "alice", "bob").await;
    recorded(&store, 10, 60).await;
    let mut connection = PgConnection::establish(&store.url).unwrap();
    for statement in [
        "CREATE ROLE visitor",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO visitor",
        "SET ROLE visitor",
    ] {
        sql_query(statement).execute(&mut connection).unwrap();
    }
    for table in [
        "calls",
        "call_participants",
        "call_events",
        "recordings",
        "recording_jobs",
    ] {
        let rows: Vec<Count> = sql_query(format!("SELECT count(*) AS count FROM {table}"))
            .load(&mut connection)
            .unwrap();
        assert_eq!(rows[0].count, 0, "{table}");
    }
    let clean_up = sql_query("SELECT cleanup_expired_turn_credentials()");
    assert!(clean_up.execute(&mut connection).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_cleans_up_by_itself() {
    let store = postgres().await;
    // In the past and in the future of the server's own clock.
    let mut old = credential("alice", 0);
    old.expires_at = call_domain::Timestamp::from_micros(1);
    let mut new = credential("alice", 0);
    new.expires_at = call_domain::Timestamp::from_micros(253_370_764_800_000_000);
    store.record_turn_credential(old).await.unwrap();
    store.record_turn_credential(new.clone()).await.unwrap();

    let deleted = "SELECT cleanup_expired_turn_credentials()::text AS line";
    assert_eq!(lines(&store.url, deleted), ["1"]);
    assert_eq!(lines(&store.url, deleted), ["0"]);
    let left = lines(&store.url, "SELECT id::text AS line FROM turn_credentials");
    assert_eq!(left, [new.id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_what_one_expects_in_psql() {
    let store = postgres().await;
    let call = active(&store, "alice", "bob").await;
    let types = lines(
        &store.url,
        "SELECT concat_ws(' ', pg_typeof(id), pg_typeof(version), pg_typeof(created_at), \
         pg_typeof(metadata), pg_typeof(type)) AS line FROM calls",
    );
    let expected = "uuid bigint timestamp with time zone jsonb text";
    assert_eq!(types, [expected]);
    let row = lines(
        &store.url,
        "SELECT concat_ws(' ', id, type, status, \
         to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')) AS line FROM calls",
    );
    let expected = format!("{} video active 2026-09-21 14:13:20.123457", call.id());
    assert_eq!(row, [expected]);
    let who = lines(
        &store.url,
        "SELECT concat_ws(' ', user_id, status, legs -> 0 ->> 'device') AS line \
         FROM call_participants ORDER BY position",
    );
    assert_eq!(who, ["alice joined alice-phone", "bob joined bob-phone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_beyond_the_calendar_is_refused() {
    let store = postgres().await;
    let mut credential = credential("alice", 1);
    credential.expires_at = call_domain::Timestamp::from_micros(i64::MIN);
    let refused = store.record_turn_credential(credential).await;
    assert!(
        matches!(refused, Err(StoreError::Unstorable("time"))),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_replaced() {
    let store = postgres().await;
    let call = placed(&store, "alice", &["bob"], START).await;
    lines(
        &store.url,
        "SELECT pg_terminate_backend(pid, 5000)::text AS line FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert_eq!(load(&store, call.id()).await, call);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_an_error() {
    let server = tokio::task::spawn_blocking(call_store::testing::PostgresServer::start)
        .await
        .unwrap();
    let url = server.url("postgres");
    let options = Options {
        patience: std::time::Duration::from_secs(1),
        ..Options::default()
    };
    let store = Store::connect(&url, options).await.unwrap();
    store.migrate().await.unwrap();
    placed(&store, "alice", &["bob"], START).await;
    tokio::task::spawn_blocking(move || drop(server))
        .await
        .unwrap();

    let lost = store.live_calls().await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    let refused = Store::connect(&url, Options::default()).await;
    let Err(ConnectError::Store(StoreError::Unavailable(message))) = refused else {
        panic!("connected to nothing");
    };
    assert!(message.contains("refused"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_tells_the_password() {
    for url in [
        "postgres://u:s3cret@127.0.0.1:1/db",
        "postgres://u:s3cret/@127.0.0.1:1/db",
        "postgres://u:%zs3cret@127.0.0.1:1/db",
        "postgres://u:a@s3cret@127.0.0.1:1/db",
        "postgres://u:1:s3cret@127.0.0.1:1/db",
        "postgres://127.0.0.1:1/db?user=u&password=s3cret&nonsense=1",
    ] {
        let Err(error) = Store::connect(url, Options::default()).await else {
            panic!("connected to nothing");
        };
        assert!(
            !format!("{error} {error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
}
