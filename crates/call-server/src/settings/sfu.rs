use std::net::IpAddr;

use call_media::sfu::VideoCodec;
use call_turn::Transport;

use super::listen::{ListenAddress, external_ip};
use super::reader::Reader;

/// Section `sfu`.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct SfuSettings {
    pub enabled: bool,
    /// UDP and TCP only.
    pub listen: Vec<ListenAddress>,
    pub external_ip: Vec<IpAddr>,
    /// 0: one for each processor.
    pub shards: usize,
    /// Each once, the preferred one first.
    pub video_codecs: Vec<VideoCodec>,
    pub simulcast: bool,
    pub last_n: usize,
}

impl SfuSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            enabled: reader.flag("sfu.enabled"),
            listen: reader.items("sfu.listen", |text| {
                let listener: ListenAddress = text.parse()?;
                match listener.transport {
                    Transport::Udp | Transport::Tcp => Ok(listener),
                    Transport::Tls => Err(format!(
                        "{text:?}: media comes by udp or tcp, encrypted by itself"
                    )),
                }
            }),
            external_ip: external_ip(reader, "sfu.external_ip"),
            shards: reader.number("sfu.shards", 0, 256) as usize,
            video_codecs: video_codecs(reader),
            simulcast: reader.flag("sfu.simulcast"),
            last_n: reader.number("sfu.last_n", 1, 1000) as usize,
        }
    }
}

fn video_codecs(reader: &mut Reader) -> Vec<VideoCodec> {
    const KEY: &str = "sfu.video_codecs";
    let listed = reader.items(KEY, |text| {
        VideoCodec::from_name(text).ok_or_else(|| {
            let known: Vec<_> = VideoCodec::ALL.iter().map(|codec| codec.as_str()).collect();
            format!("{text:?} is none of {}", known.join(", "))
        })
    });
    if reader.list(KEY).is_empty() {
        reader.complain(KEY, "must name one at least");
    }
    let mut codecs = Vec::new();
    for codec in listed {
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
    }
    codecs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn sfu(variables: &[(&str, &str)]) -> Result<SfuSettings, Vec<String>> {
        let variables = variables
            .iter()
            .map(|(key, text)| (format!("CALL__SFU__{key}"), (*text).to_owned()));
        let settings = Settings::load_from(None, variables);
        settings.map(|settings| settings.sfu).map_err(|error| {
            let complaints = error.complaints.iter();
            complaints
                .map(|complaint| format!("{}: {}", complaint.key, complaint.what))
                .collect()
        })
    }

    #[test]
    fn the_defaults_are_those_of_the_sfu() {
        let sfu = sfu(&[]).expect("right");
        let usual = call_media::sfu::SfuConfig::default();
        assert!(sfu.enabled);
        assert_eq!(sfu.shards, usual.shards);
        assert_eq!(sfu.video_codecs, usual.video_codecs);
        assert_eq!(sfu.simulcast, usual.simulcast);
        assert_eq!(sfu.last_n, usual.last_n);
        assert!(sfu.listen.is_empty() && sfu.external_ip.is_empty());
    }

    #[test]
    fn everything_can_be_set() {
        let sfu = sfu(&[
            ("ENABLED", "false"),
            ("LISTEN", "udp:192.0.2.1:7000, tcp:[2001:db8::1]:443"),
            ("EXTERNAL_IP", "198.41.0.4"),
            ("SHARDS", "4"),
            ("VIDEO_CODECS", "H264,vp8,h264"),
            ("SIMULCAST", "false"),
            ("LAST_N", "9"),
        ])
        .expect("right");
        assert!(!sfu.enabled && !sfu.simulcast);
        let written = |l: &ListenAddress| format!("{} {}", l.transport.as_str(), l.address);
        assert_eq!(
            sfu.listen.iter().map(written).collect::<Vec<_>>(),
            ["udp 192.0.2.1:7000", "tcp [2001:db8::1]:443"]
        );
        assert_eq!(sfu.external_ip.len(), 1);
        assert_eq!((sfu.shards, sfu.last_n), (4, 9));
        assert_eq!(sfu.video_codecs, [VideoCodec::H264, VideoCodec::Vp8]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key() {
        for (key, text, beginning) in [
            ("LISTEN", "7882", "sfu.listen: \"7882\" is not of the form"),
            ("LISTEN", "tls:127.0.0.1:443", "sfu.listen: \"tls:"),
            ("EXTERNAL_IP", "example.com", "sfu.external_ip: \"example"),
            ("SHARDS", "257", "sfu.shards: must be a whole"),
            (
                "VIDEO_CODECS",
                "vp8,mpeg2",
                "sfu.video_codecs: \"mpeg2\" is",
            ),
            ("VIDEO_CODECS", "", "sfu.video_codecs: must name one"),
            ("SIMULCAST", "perhaps", "sfu.simulcast: must be true"),
            ("LAST_N", "0", "sfu.last_n: must be a whole"),
        ] {
            let complaints = sfu(&[(key, text)]).expect_err("wrong");
            assert_eq!(complaints.len(), 1, "{complaints:?}");
            assert!(complaints[0].starts_with(beginning), "{complaints:?}");
        }
    }
}
