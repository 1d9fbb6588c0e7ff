ALTER TABLE call_participants DROP COLUMN hand_raised_at;
ALTER TABLE calls DROP COLUMN p2p_deadline;
