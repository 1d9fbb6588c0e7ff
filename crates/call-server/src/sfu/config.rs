use std::net::SocketAddr;

use call_media::sfu::SfuConfig;
use call_turn::Transport;

use super::external_ips;
use crate::listen::usual_ips;
use crate::settings::{ListenAddress, Settings};

/// The usual port of forwarding units.
const PORT: u16 = 7882;

/// What the SFU of these settings is to be.
pub(crate) fn sfu_config(settings: &Settings) -> SfuConfig {
    let listeners = listeners(settings);
    let of = |transport: Transport| {
        let of_transport = listeners.iter().filter(|l| l.transport == transport);
        of_transport.map(|listener| listener.address).collect()
    };
    let sfu = &settings.sfu;
    SfuConfig {
        udp: of(Transport::Udp),
        tcp: of(Transport::Tcp),
        external_ip: external_ips(settings).to_vec(),
        shards: sfu.shards,
        video_codecs: sfu.video_codecs.clone(),
        simulcast: sfu.simulcast,
        last_n: sfu.last_n,
        // The engine admits no more; this is for calls that began under other settings.
        peers_max: SfuConfig::default()
            .peers_max
            .max(settings.policy.max_participants as usize),
        ..SfuConfig::default()
    }
}

/// Where the SFU listens, defaults filled in.
pub(crate) fn listeners(settings: &Settings) -> Vec<ListenAddress> {
    if !settings.sfu.listen.is_empty() {
        return settings.sfu.listen.clone();
    }
    let ips = usual_ips(&settings.server);
    let listener = |transport| {
        ips.iter().map(move |ip| ListenAddress {
            transport,
            address: SocketAddr::new(*ip, PORT),
        })
    };
    [Transport::Udp, Transport::Tcp]
        .into_iter()
        .flat_map(listener)
        .collect()
}

impl Settings {
    /// Whether nobody on another machine reaches the SFU.
    pub(crate) fn sfu_listens_on_loopback_only(&self) -> bool {
        let listeners = listeners(self);
        listeners.iter().all(|l| l.address.ip().is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables
            .iter()
            .map(|(key, text)| (format!("CALL__{key}"), (*text).to_owned()));
        Settings::load_from(None, variables).expect("right")
    }

    fn written(variables: &[(&str, &str)]) -> Vec<String> {
        let listeners = listeners(&settings(variables));
        let written = |l: &ListenAddress| format!("{}:{}", l.transport.as_str(), l.address);
        listeners.iter().map(written).collect()
    }

    #[test]
    fn it_listens_where_the_relay_listens() {
        assert_eq!(written(&[]), ["udp:127.0.0.1:7882", "tcp:127.0.0.1:7882"]);
        assert_eq!(
            written(&[("SERVER__HOST", "192.0.2.1")]),
            ["udp:192.0.2.1:7882", "tcp:192.0.2.1:7882"]
        );
        let behind_proxy = written(&[("SERVER__PUBLIC_URL", "https://calls.example.com")]);
        assert!(behind_proxy.contains(&"udp:0.0.0.0:7882".to_owned()));
        assert_eq!(
            written(&[("SFU__LISTEN", "udp:127.0.0.1:1")]),
            ["udp:127.0.0.1:1"]
        );
    }

    #[test]
    fn what_is_set_reaches_the_sfu() {
        let config = sfu_config(&settings(&[
            ("SFU__LISTEN", "udp:127.0.0.1:1,tcp:127.0.0.1:2"),
            ("SFU__VIDEO_CODECS", "av1"),
            ("SFU__LAST_N", "4"),
            ("SFU__SHARDS", "3"),
            ("SFU__SIMULCAST", "false"),
            ("TURN__EXTERNAL_IP", "198.41.0.4"),
            ("POLICY__MAX_PARTICIPANTS", "400"),
        ]));
        assert_eq!((config.udp.len(), config.tcp.len()), (1, 1));
        assert_eq!(config.video_codecs.len(), 1);
        assert_eq!(
            (config.last_n, config.shards, config.peers_max),
            (4, 3, 400)
        );
        assert!(!config.simulcast);
        assert_eq!(config.external_ip.len(), 1);
    }
}
