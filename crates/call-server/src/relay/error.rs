use std::io;

use call_turn::StartError;

use crate::settings::ListenAddress;

/// Why the embedded relay does not start; names the key that is to blame.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The address cannot be listened on.
    #[error(
        "turn.listen: cannot listen on {} ({}): {error}; choose another port, or set turn.embedded = \
         false",
        listener.address, listener.transport.as_str()
    )]
    Listen {
        /// Which one.
        listener: ListenAddress,
        /// What the system says.
        error: io::Error,
    },
    /// A secret that cannot be used.
    #[error("turn.secrets: {0}")]
    Secret(#[from] call_turn::InvalidSecret),
    /// The relay cannot work by these settings, or not on this host.
    #[error("{key}: {error}")]
    Start {
        /// The key to look at.
        key: &'static str,
        /// What is wrong.
        error: StartError,
    },
}

impl From<StartError> for RelayError {
    fn from(error: StartError) -> Self {
        let key = match error {
            StartError::Listen {
                transport,
                address,
                source,
            } => {
                return Self::Listen {
                    listener: ListenAddress { transport, address },
                    error: source,
                };
            }
            StartError::NoListener | StartError::NoRelayAddress => "turn.listen",
            StartError::NoSecret => "turn.secrets",
            StartError::Realm => "turn.realm",
            StartError::Ports => "turn.relay_ports",
            StartError::SecondAddress(_)
            | StartError::UnusableAddress(_)
            | StartError::NoLocalAddress(_) => "turn.external_ip",
            StartError::NoCertificate
            | StartError::CertificateFile { .. }
            | StartError::Certificate(_) => "turn.certificate_file",
            StartError::System(_) => "turn.embedded",
        };
        Self::Start { key, error }
    }
}
