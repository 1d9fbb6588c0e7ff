//! What stands between a datagram and a packet of a peer: ICE-lite, DTLS, SRTP, SCTP.
