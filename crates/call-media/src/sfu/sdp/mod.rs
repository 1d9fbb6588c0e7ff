//! Offers made and answers read (RFC 8829, RFC 8866).
