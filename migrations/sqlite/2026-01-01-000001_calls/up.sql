-- Calls: one row for each, live or ended. The same tables as on PostgreSQL, with the nearest types:
-- ids are TEXT, times INTEGER microseconds since 1970 (UTC), booleans 0 or 1, JSON is TEXT.
CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    -- Number of changes committed so far; every change is made where this still is what was read.
    version INTEGER NOT NULL CHECK (version > 0),
    type TEXT NOT NULL,
    is_group INTEGER NOT NULL,
    topology TEXT NOT NULL,
    initiator_id TEXT NOT NULL,
    conversation_id TEXT,
    metadata TEXT NOT NULL,
    policy TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    answered_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    end_reason TEXT,
    ended_by TEXT,
    alone_deadline INTEGER,
    -- When something has to be done about the call; null once it has ended.
    next_deadline INTEGER,
    sfu_room_id TEXT,
    recording_url TEXT,
    quality_stats TEXT,
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((status = 'ended') = (end_reason IS NOT NULL))
) STRICT;

CREATE INDEX calls_due ON calls (next_deadline) WHERE next_deadline IS NOT NULL;

-- Everybody who belongs to a call.
CREATE TABLE call_participants (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    -- The initiator is 0, then in the order of invitation.
    position INTEGER NOT NULL,
    role TEXT NOT NULL,
    name TEXT,
    status TEXT NOT NULL,
    audio INTEGER NOT NULL,
    video INTEGER NOT NULL,
    screen INTEGER NOT NULL,
    connection_quality TEXT,
    -- The devices: [{"device": ..., "state": {"status": ...}}].
    legs TEXT NOT NULL,
    invited_at INTEGER NOT NULL,
    accepted_at INTEGER,
    joined_at INTEGER,
    -- When the participant declined, missed, left or was otherwise out of it.
    left_at INTEGER,
    leave_reason TEXT,
    ring_deadline INTEGER,
    unreachable_deadline INTEGER,
    connect_deadline INTEGER,
    gone_deadline INTEGER,
    reconnect_deadline INTEGER,
    -- What came of the call for this user (answered, missed, no_answer, ..., ongoing).
    outcome TEXT NOT NULL,
    -- The call has not ended. Kept here for the index below.
    live INTEGER NOT NULL,
    -- When the call was created. Kept here for the index below.
    call_created_at INTEGER NOT NULL,
    PRIMARY KEY (call_id, user_id)
) STRICT;

CREATE INDEX call_participants_live ON call_participants (user_id) WHERE live;
CREATE INDEX call_participants_history
    ON call_participants (user_id, call_created_at DESC, call_id DESC);

-- What happened to a call, in order. All events of one change share its version.
CREATE TABLE call_events (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    user_id TEXT,
    device_id TEXT,
    data TEXT NOT NULL,
    PRIMARY KEY (call_id, version, position)
) STRICT, WITHOUT ROWID;

-- How a participant received a peer, every few seconds; units as in W3C webrtc-stats.
CREATE TABLE quality_samples (
    id INTEGER NOT NULL PRIMARY KEY,
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    peer_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    quality TEXT NOT NULL,
    score REAL NOT NULL,
    round_trip_time REAL,
    jitter REAL,
    packet_loss REAL,
    bitrate_in REAL,
    bitrate_out REAL
) STRICT;

CREATE INDEX quality_samples_call ON quality_samples (call_id, at);

-- TURN credentials that were issued. The password is an HMAC of the username and not kept.
CREATE TABLE turn_credentials (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    username TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX turn_credentials_expires_at ON turn_credentials (expires_at);
CREATE INDEX turn_credentials_user ON turn_credentials (user_id);

-- Requests to begin a call that were fulfilled, so that a repeated one gets the first answer.
CREATE TABLE idempotency_keys (
    user_id TEXT NOT NULL,
    key TEXT NOT NULL,
    -- A digest of the request.
    fingerprint TEXT NOT NULL,
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    answer TEXT NOT NULL,
    -- The call as it was then.
    snapshot TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_call ON idempotency_keys (call_id);
