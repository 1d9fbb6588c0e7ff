//! The VP8 payload descriptor (RFC 7741 section 4.2).
