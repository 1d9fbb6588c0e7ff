//! RTCP (RFC 3550, 4585): reception, retransmission, key frames, transport feedback.
