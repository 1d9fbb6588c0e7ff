DROP TABLE alerts;
DROP TABLE recording_jobs;
DROP TABLE recording_files;
DROP TABLE recordings;
ALTER TABLE calls DROP COLUMN was_recorded;
ALTER TABLE calls DROP COLUMN recording;
