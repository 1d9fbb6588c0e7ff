-- The recording that runs: {"id": ..., "mode": ..., "consent": ..., "consents": [...]}.
ALTER TABLE calls ADD COLUMN recording TEXT;
-- A recording of the call has stopped.
ALTER TABLE calls ADD COLUMN was_recorded INTEGER NOT NULL DEFAULT 0;

-- Recordings of calls, running or done. A call cannot be deleted while it has some: their files
-- would be forgotten.
CREATE TABLE recordings (
    id TEXT NOT NULL PRIMARY KEY,
    call_id TEXT NOT NULL REFERENCES calls (id),
    mode TEXT NOT NULL,
    -- recording, processing, ready, partial or failed.
    status TEXT NOT NULL,
    -- What went wrong, if anything did.
    cause TEXT,
    -- Null: the policy.
    started_by TEXT,
    -- Null: it runs, or it ended with the call, by the policy or because the server could not go on.
    stopped_by TEXT,
    consent TEXT NOT NULL,
    -- What those who were asked answered: [{"user": ..., "state": {"status": ..., "at": ...}}].
    consents TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    stopped_at INTEGER,
    duration_ms INTEGER CHECK (duration_ms >= 0),
    -- Of all its files.
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    -- Of the work in hand, 0 to 1; null while there is none.
    progress REAL CHECK (progress BETWEEN 0 AND 1),
    -- none, queued, running, done, failed or unavailable.
    mix TEXT NOT NULL,
    -- Nobody sees it any more; its files are being deleted.
    deleted_at INTEGER,
    CHECK ((status = 'recording') = (stopped_at IS NULL))
) STRICT;

CREATE INDEX recordings_call ON recordings (call_id, started_at);
CREATE INDEX recordings_started_at ON recordings (started_at);
CREATE INDEX recordings_stopped_at ON recordings (stopped_at) WHERE deleted_at IS NULL;
CREATE INDEX recordings_unfinished ON recordings (started_at)
    WHERE status IN ('recording', 'processing');

-- Files of recordings; the bytes are in a folder or an object store, under `object_key`.
CREATE TABLE recording_files (
    -- Random: it says nothing, and nobody can guess it.
    id TEXT NOT NULL PRIMARY KEY,
    recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    -- track, mixed or manifest.
    kind TEXT NOT NULL,
    -- Whose track, and what of theirs.
    user_id TEXT,
    source TEXT,
    codec TEXT,
    content_type TEXT NOT NULL,
    object_key TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    -- From the start of the recording to that of the file.
    offset_ms INTEGER NOT NULL CHECK (offset_ms >= 0),
    duration_ms INTEGER CHECK (duration_ms >= 0),
    width INTEGER,
    height INTEGER
) STRICT;

CREATE INDEX recording_files_recording ON recording_files (recording_id, position);

-- What is to be done about recordings; what is done is deleted.
CREATE TABLE recording_jobs (
    recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    -- finish, mix, upload or delete.
    kind TEXT NOT NULL,
    -- How often somebody began.
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    -- Not before this time.
    run_at INTEGER NOT NULL,
    -- Somebody is at it until this time; whoever is not done by then has crashed.
    lease_until INTEGER,
    -- What the next attempt can go on from.
    state TEXT,
    PRIMARY KEY (recording_id, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX recording_jobs_run_at ON recording_jobs (run_at);

-- What an operator should know of. Kept also when the call and the recording are gone.
CREATE TABLE alerts (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    call_id TEXT,
    recording_id TEXT,
    cause TEXT NOT NULL,
    raised_at INTEGER NOT NULL
) STRICT;

CREATE INDEX alerts_raised_at ON alerts (raised_at DESC, id DESC);
