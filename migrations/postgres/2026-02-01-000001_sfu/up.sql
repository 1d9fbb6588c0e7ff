-- When media goes from peer to peer again, unless more people come.
ALTER TABLE calls ADD COLUMN p2p_deadline timestamptz;
-- Since when the participant has a hand raised.
ALTER TABLE call_participants ADD COLUMN hand_raised_at timestamptz;
