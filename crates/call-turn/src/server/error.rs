use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::{Family, Transport};

/// Why a relay server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nothing to listen on.
    #[error("no address to listen on")]
    NoListener,
    /// Nobody could have credentials.
    #[error("no secret to verify credentials with")]
    NoSecret,
    /// The realm is empty or too long.
    #[error("the realm must have 1 to 127 bytes")]
    Realm,
    /// No relayed address could be had.
    #[error("the range of relay ports is empty")]
    Ports,
    /// More than one address of a family.
    #[error("`{0}` is the second address of its family; there is one relay address per family")]
    SecondAddress(IpAddr),
    /// An unspecified, multicast or broadcast address as relay address.
    #[error("`{0}` cannot be the address that peers send to")]
    UnusableAddress(IpAddr),
    /// An external address without one inside of the NAT.
    #[error("there is an external {0:?} address, but none to relay with")]
    NoLocalAddress(Family),
    /// No address of any family to relay with.
    #[error("no address to relay with: none is configured and the system has no route")]
    NoRelayAddress,
    /// TLS listeners without a certificate.
    #[error("a TLS listener needs a certificate and a key")]
    NoCertificate,
    /// A certificate or key file that cannot be read.
    #[error("cannot read {path}: {reason}")]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A certificate and a key that do not work.
    #[error("the certificate cannot be used: {0}")]
    Certificate(#[from] rustls::Error),
    /// A socket that cannot be opened.
    #[error("cannot listen on {address} ({}): {source}", transport.as_str())]
    Listen {
        /// The protocol.
        transport: Transport,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No thread, or no entropy.
    #[error("the system gives no threads, addresses or random numbers: {0}")]
    System(#[source] io::Error),
}
