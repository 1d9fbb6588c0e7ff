-- Calls: one row for each, live or ended. Times are UTC with microseconds.
CREATE TABLE calls (
    id uuid PRIMARY KEY,
    -- Number of changes committed so far; every change is made where this still is what was read.
    version bigint NOT NULL CHECK (version > 0),
    type text NOT NULL,
    is_group boolean NOT NULL,
    topology text NOT NULL,
    initiator_id text NOT NULL,
    conversation_id text,
    metadata jsonb NOT NULL,
    policy jsonb NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    answered_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    ended_by text,
    alone_deadline timestamptz,
    -- When something has to be done about the call; null once it has ended.
    next_deadline timestamptz,
    sfu_room_id text,
    recording_url text,
    quality_stats jsonb,
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((status = 'ended') = (end_reason IS NOT NULL))
);

CREATE INDEX calls_due ON calls (next_deadline) WHERE next_deadline IS NOT NULL;

-- Everybody who belongs to a call.
CREATE TABLE call_participants (
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    user_id text NOT NULL,
    -- The initiator is 0, then in the order of invitation.
    position integer NOT NULL,
    role text NOT NULL,
    name text,
    status text NOT NULL,
    audio boolean NOT NULL,
    video boolean NOT NULL,
    screen boolean NOT NULL,
    connection_quality text,
    -- The devices: [{"device": ..., "state": {"status": ...}}].
    legs jsonb NOT NULL,
    invited_at timestamptz NOT NULL,
    accepted_at timestamptz,
    joined_at timestamptz,
    -- When the participant declined, missed, left or was otherwise out of it.
    left_at timestamptz,
    leave_reason text,
    ring_deadline timestamptz,
    unreachable_deadline timestamptz,
    connect_deadline timestamptz,
    gone_deadline timestamptz,
    reconnect_deadline timestamptz,
    -- What came of the call for this user (answered, missed, no_answer, ..., ongoing).
    outcome text NOT NULL,
    -- The call has not ended. Kept here for the index below.
    live boolean NOT NULL,
    -- When the call was created. Kept here for the index below.
    call_created_at timestamptz NOT NULL,
    PRIMARY KEY (call_id, user_id)
);

CREATE INDEX call_participants_live ON call_participants (user_id) WHERE live;
CREATE INDEX call_participants_history
    ON call_participants (user_id, call_created_at DESC, call_id DESC);

-- What happened to a call, in order. All events of one change share its version.
CREATE TABLE call_events (
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    version bigint NOT NULL,
    position integer NOT NULL,
    at timestamptz NOT NULL,
    type text NOT NULL,
    user_id text,
    device_id text,
    data jsonb NOT NULL,
    PRIMARY KEY (call_id, version, position)
);

-- How a participant received a peer, every few seconds; units as in W3C webrtc-stats.
CREATE TABLE quality_samples (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    user_id text NOT NULL,
    peer_id text NOT NULL,
    at timestamptz NOT NULL,
    quality text NOT NULL,
    score double precision NOT NULL,
    round_trip_time double precision,
    jitter double precision,
    packet_loss double precision,
    bitrate_in double precision,
    bitrate_out double precision
);

CREATE INDEX quality_samples_call ON quality_samples (call_id, at);

-- TURN credentials that were issued. The password is an HMAC of the username and not kept.
CREATE TABLE turn_credentials (
    id uuid PRIMARY KEY,
    user_id text NOT NULL,
    username text NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX turn_credentials_expires_at ON turn_credentials (expires_at);
CREATE INDEX turn_credentials_user ON turn_credentials (user_id);

-- Requests to begin a call that were fulfilled, so that a repeated one gets the first answer.
CREATE TABLE idempotency_keys (
    user_id text NOT NULL,
    key text NOT NULL,
    -- A digest of the request.
    fingerprint text NOT NULL,
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    answer text NOT NULL,
    -- The call as it was then.
    snapshot jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_call ON idempotency_keys (call_id);

-- Deletes expired TURN credentials and says how many: for pg_cron, or by hand.
CREATE FUNCTION cleanup_expired_turn_credentials() RETURNS bigint
LANGUAGE sql
SET search_path FROM CURRENT
AS $$
    WITH deleted AS (
        DELETE FROM turn_credentials WHERE expires_at <= now() RETURNING 1
    )
    SELECT count(*) FROM deleted
$$;
REVOKE EXECUTE ON FUNCTION cleanup_expired_turn_credentials() FROM PUBLIC;

-- No policies: only the owner of the tables (the server) sees anything. A Supabase project, whose
-- API speaks for other roles, exposes nothing by accident.
ALTER TABLE calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_participants ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE quality_samples ENABLE ROW LEVEL SECURITY;
ALTER TABLE turn_credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE __diesel_schema_migrations ENABLE ROW LEVEL SECURITY;
