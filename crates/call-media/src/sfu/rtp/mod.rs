//! RTP packets (RFC 3550): read, recognised, rewritten.
