-- The recording that runs: {"id": ..., "mode": ..., "consent": ..., "consents": [...]}.
ALTER TABLE calls ADD COLUMN recording jsonb;
-- A recording of the call has stopped.
ALTER TABLE calls ADD COLUMN was_recorded boolean NOT NULL DEFAULT false;

-- Recordings of calls, running or done. A call cannot be deleted while it has some: their files
-- would be forgotten.
CREATE TABLE recordings (
    id uuid PRIMARY KEY,
    call_id uuid NOT NULL REFERENCES calls (id),
    mode text NOT NULL,
    -- recording, processing, ready, partial or failed.
    status text NOT NULL,
    -- What went wrong, if anything did.
    cause text,
    -- Null: the policy.
    started_by text,
    -- Null: it runs, or it ended with the call, by the policy or because the server could not go on.
    stopped_by text,
    consent text NOT NULL,
    -- What those who were asked answered: [{"user": ..., "state": {"status": ..., "at": ...}}].
    consents jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    stopped_at timestamptz,
    duration_ms bigint CHECK (duration_ms >= 0),
    -- Of all its files.
    bytes bigint NOT NULL CHECK (bytes >= 0),
    -- Of the work in hand, 0 to 1; null while there is none.
    progress double precision CHECK (progress BETWEEN 0 AND 1),
    -- none, queued, running, done, failed or unavailable.
    mix text NOT NULL,
    -- Nobody sees it any more; its files are being deleted.
    deleted_at timestamptz,
    CHECK ((status = 'recording') = (stopped_at IS NULL))
);

CREATE INDEX recordings_call ON recordings (call_id, started_at);
CREATE INDEX recordings_started_at ON recordings (started_at);
CREATE INDEX recordings_stopped_at ON recordings (stopped_at) WHERE deleted_at IS NULL;
CREATE INDEX recordings_unfinished ON recordings (started_at)
    WHERE status IN ('recording', 'processing');

-- Files of recordings; the bytes are in a folder or an object store, under `object_key`.
CREATE TABLE recording_files (
    -- Random: it says nothing, and nobody can guess it.
    id uuid PRIMARY KEY,
    recording_id uuid NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    position integer NOT NULL,
    -- track, mixed or manifest.
    kind text NOT NULL,
    -- Whose track, and what of theirs.
    user_id text,
    source text,
    codec text,
    content_type text NOT NULL,
    object_key text NOT NULL,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    -- From the start of the recording to that of the file.
    offset_ms bigint NOT NULL CHECK (offset_ms >= 0),
    duration_ms bigint CHECK (duration_ms >= 0),
    width integer,
    height integer
);

CREATE INDEX recording_files_recording ON recording_files (recording_id, position);

-- What is to be done about recordings; what is done is deleted.
CREATE TABLE recording_jobs (
    recording_id uuid NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    -- finish, mix, upload or delete.
    kind text NOT NULL,
    -- How often somebody began.
    attempts integer NOT NULL CHECK (attempts >= 0),
    -- Not before this time.
    run_at timestamptz NOT NULL,
    -- Somebody is at it until this time; whoever is not done by then has crashed.
    lease_until timestamptz,
    -- What the next attempt can go on from.
    state jsonb,
    PRIMARY KEY (recording_id, kind)
);

CREATE INDEX recording_jobs_run_at ON recording_jobs (run_at);

-- What an operator should know of. Kept also when the call and the recording are gone.
CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    call_id uuid,
    recording_id uuid,
    cause text NOT NULL,
    raised_at timestamptz NOT NULL
);

CREATE INDEX alerts_raised_at ON alerts (raised_at DESC, id DESC);

ALTER TABLE recordings ENABLE ROW LEVEL SECURITY;
ALTER TABLE recording_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE recording_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE alerts ENABLE ROW LEVEL SECURITY;
