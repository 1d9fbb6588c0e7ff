//! The tables, as the migrations make them.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::columns::sql::{Jsonb, Moment, Uuid};

    calls (id) {
        id -> Uuid,
        version -> BigInt,
        #[sql_name = "type"]
        call_type -> Text,
        is_group -> Bool,
        topology -> Text,
        initiator_id -> Text,
        conversation_id -> Nullable<Text>,
        metadata -> Jsonb,
        policy -> Jsonb,
        status -> Text,
        created_at -> Moment,
        answered_at -> Nullable<Moment>,
        started_at -> Nullable<Moment>,
        ended_at -> Nullable<Moment>,
        end_reason -> Nullable<Text>,
        ended_by -> Nullable<Text>,
        alone_deadline -> Nullable<Moment>,
        p2p_deadline -> Nullable<Moment>,
        next_deadline -> Nullable<Moment>,
        sfu_room_id -> Nullable<Text>,
        recording -> Nullable<Jsonb>,
        was_recorded -> Bool,
        recording_url -> Nullable<Text>,
        quality_stats -> Nullable<Jsonb>,
    }
}

table! {
    use diesel::sql_types::{Bool, Integer, Nullable, Text};
    use crate::columns::sql::{Jsonb, Moment, Uuid};

    call_participants (call_id, user_id) {
        call_id -> Uuid,
        user_id -> Text,
        position -> Integer,
        role -> Text,
        name -> Nullable<Text>,
        status -> Text,
        audio -> Bool,
        video -> Bool,
        screen -> Bool,
        connection_quality -> Nullable<Text>,
        legs -> Jsonb,
        hand_raised_at -> Nullable<Moment>,
        invited_at -> Moment,
        accepted_at -> Nullable<Moment>,
        joined_at -> Nullable<Moment>,
        left_at -> Nullable<Moment>,
        leave_reason -> Nullable<Text>,
        ring_deadline -> Nullable<Moment>,
        unreachable_deadline -> Nullable<Moment>,
        connect_deadline -> Nullable<Moment>,
        gone_deadline -> Nullable<Moment>,
        reconnect_deadline -> Nullable<Moment>,
        outcome -> Text,
        live -> Bool,
        call_created_at -> Moment,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::columns::sql::{Jsonb, Moment, Uuid};

    call_events (call_id, version, position) {
        call_id -> Uuid,
        version -> BigInt,
        position -> Integer,
        at -> Moment,
        #[sql_name = "type"]
        event_type -> Text,
        user_id -> Nullable<Text>,
        device_id -> Nullable<Text>,
        data -> Jsonb,
    }
}

table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use crate::columns::sql::{Moment, Uuid};

    quality_samples (id) {
        id -> BigInt,
        call_id -> Uuid,
        user_id -> Text,
        peer_id -> Text,
        at -> Moment,
        quality -> Text,
        score -> Double,
        round_trip_time -> Nullable<Double>,
        jitter -> Nullable<Double>,
        packet_loss -> Nullable<Double>,
        bitrate_in -> Nullable<Double>,
        bitrate_out -> Nullable<Double>,
    }
}

table! {
    use diesel::sql_types::Text;
    use crate::columns::sql::{Moment, Uuid};

    turn_credentials (id) {
        id -> Uuid,
        user_id -> Text,
        username -> Text,
        issued_at -> Moment,
        expires_at -> Moment,
    }
}

table! {
    use diesel::sql_types::Text;
    use crate::columns::sql::{Jsonb, Moment, Uuid};

    idempotency_keys (user_id, key) {
        user_id -> Text,
        key -> Text,
        fingerprint -> Text,
        call_id -> Uuid,
        answer -> Text,
        snapshot -> Jsonb,
        expires_at -> Moment,
    }
}

table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use crate::columns::sql::{Jsonb, Moment, Uuid};

    recordings (id) {
        id -> Uuid,
        call_id -> Uuid,
        mode -> Text,
        status -> Text,
        cause -> Nullable<Text>,
        started_by -> Nullable<Text>,
        stopped_by -> Nullable<Text>,
        consent -> Text,
        consents -> Jsonb,
        started_at -> Moment,
        stopped_at -> Nullable<Moment>,
        duration_ms -> Nullable<BigInt>,
        bytes -> BigInt,
        progress -> Nullable<Double>,
        mix -> Text,
        deleted_at -> Nullable<Moment>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::columns::sql::Uuid;

    recording_files (id) {
        id -> Uuid,
        recording_id -> Uuid,
        position -> Integer,
        kind -> Text,
        user_id -> Nullable<Text>,
        source -> Nullable<Text>,
        codec -> Nullable<Text>,
        content_type -> Text,
        object_key -> Text,
        bytes -> BigInt,
        offset_ms -> BigInt,
        duration_ms -> Nullable<BigInt>,
        width -> Nullable<Integer>,
        height -> Nullable<Integer>,
    }
}

table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use crate::columns::sql::{Jsonb, Moment, Uuid};

    recording_jobs (recording_id, kind) {
        recording_id -> Uuid,
        kind -> Text,
        attempts -> Integer,
        run_at -> Moment,
        lease_until -> Nullable<Moment>,
        state -> Nullable<Jsonb>,
    }
}

table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::columns::sql::{Moment, Uuid};

    alerts (id) {
        id -> Uuid,
        kind -> Text,
        call_id -> Nullable<Uuid>,
        recording_id -> Nullable<Uuid>,
        cause -> Text,
        raised_at -> Moment,
    }
}

joinable!(call_participants -> calls (call_id));
joinable!(recording_files -> recordings (recording_id));
allow_tables_to_appear_in_same_query!(calls, call_participants);
allow_tables_to_appear_in_same_query!(recordings, recording_files);
