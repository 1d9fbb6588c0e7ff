DROP TABLE idempotency_keys;
DROP TABLE turn_credentials;
DROP TABLE quality_samples;
DROP TABLE call_events;
DROP TABLE call_participants;
DROP TABLE calls;
