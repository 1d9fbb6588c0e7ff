//! The VP9 payload descriptor (RFC 9628 section 4.2).
