use std::io;
use std::net::SocketAddr;

use call_media::sfu::SfuError;

use crate::settings::ListenAddress;

/// Why the SFU does not start; names the key that is to blame.
#[derive(Debug, thiserror::Error)]
pub enum SfuStartError {
    /// The address cannot be listened on.
    #[error(
        "sfu.listen: cannot listen on {address} ({protocol}): {error}; choose another port, or set \
         sfu.enabled = false"
    )]
    Listen {
        /// `udp` or `tcp`.
        protocol: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The SFU cannot work by these settings, or not on this host.
    #[error("{key}: {error}")]
    Start {
        /// The key to look at.
        key: &'static str,
        /// What is wrong.
        error: SfuError,
    },
}

impl SfuStartError {
    /// This address cannot be listened on.
    pub(crate) fn listen(listener: ListenAddress, error: io::Error) -> Self {
        Self::Listen {
            protocol: listener.transport.as_str(),
            address: listener.address,
            error,
        }
    }
}

impl From<SfuError> for SfuStartError {
    fn from(error: SfuError) -> Self {
        let key = match error {
            SfuError::Listen {
                protocol,
                address,
                source,
            } => {
                return Self::Listen {
                    protocol,
                    address,
                    error: source,
                };
            }
            SfuError::NoAddress => "sfu.listen",
            SfuError::NoVideoCodec => "sfu.video_codecs",
            SfuError::Certificate(_) | SfuError::System(_) => "sfu.enabled",
        };
        Self::Start { key, error }
    }
}
