use call_domain::{
    BusyPolicy, Policy, RecordingConsent, RecordingMode, RecordingPolicy, TopologyPolicy,
};

use super::reader::Reader;

/// Section `policy`, and what calls know of section `recording`. `sfu`, `recording`: there is such a thing.
pub(super) fn read(reader: &mut Reader, sfu: bool, recording: bool) -> Policy {
    let topology = topology(reader, sfu);
    let policy = Policy {
        ring_timeout: reader.seconds("policy.ring_timeout"),
        unreachable_timeout: reader.seconds("policy.unreachable_timeout"),
        connect_timeout: reader.seconds("policy.connect_timeout"),
        reconnect_grace: reader.seconds("policy.reconnect_grace"),
        caller_gone_timeout: reader.seconds("policy.caller_gone_timeout"),
        alone_timeout: reader.seconds("policy.alone_timeout"),
        max_duration: reader.seconds("policy.max_duration"),
        busy: reader.choice(
            "policy.busy",
            &[
                ("reject", BusyPolicy::Reject),
                ("waiting", BusyPolicy::Waiting),
            ],
            BusyPolicy::Reject,
        ),
        mesh_max: reader.number("policy.mesh_max", 2, 16),
        topology,
        sfu_from: reader.number("policy.sfu_from", 2, 16),
        p2p_return_after: reader.seconds("policy.p2p_return_after"),
        max_participants: reader.number("policy.max_participants", 2, 1000),
        recording: recording_policy(reader, topology, recording),
        recording_consent: choice(
            reader,
            "recording.consent",
            RecordingConsent::ALL,
            RecordingConsent::as_str,
        ),
        recording_mode: choice(
            reader,
            "recording.mode",
            RecordingMode::ALL,
            RecordingMode::as_str,
        ),
    };
    let mesh = policy.sfu_from.saturating_sub(1);
    if policy.topology == TopologyPolicy::Auto && mesh > policy.mesh_max && policy.mesh_max > 0 {
        reader.complain(
            "policy.sfu_from",
            format!(
                "lets {mesh} people into a mesh, and policy.mesh_max {} of them",
                policy.mesh_max
            ),
        );
    }
    policy
}

/// Without an SFU nothing can go over it; only whoever says that everything must is in error.
fn topology(reader: &mut Reader, sfu: bool) -> TopologyPolicy {
    const KEY: &str = "policy.topology";
    let topology = choice(reader, KEY, TopologyPolicy::ALL, TopologyPolicy::as_str);
    if sfu {
        return topology;
    }
    if topology == TopologyPolicy::Sfu {
        reader.complain(KEY, "needs sfu.enabled = true");
    }
    TopologyPolicy::P2p
}

/// Without recordings nobody makes one; only whoever says that every call must be recorded is in error.
fn recording_policy(
    reader: &mut Reader,
    topology: TopologyPolicy,
    recording: bool,
) -> RecordingPolicy {
    const KEY: &str = "recording.policy";
    let policy = choice(reader, KEY, RecordingPolicy::ALL, RecordingPolicy::as_str);
    if policy == RecordingPolicy::Force {
        if !recording {
            reader.complain(KEY, "needs recording.enabled = true");
        } else if topology == TopologyPolicy::P2p {
            reader.complain(
                KEY,
                "needs calls to go over this server: sfu.enabled = true, and a policy.topology other \
                 than p2p",
            );
        }
    }
    if recording {
        policy
    } else {
        RecordingPolicy::Forbid
    }
}

/// One of the domain's words; the first one stands in.
fn choice<T: Copy>(
    reader: &mut Reader,
    key: &'static str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> T {
    let choices: Vec<_> = all.iter().map(|one| (name(*one), *one)).collect();
    reader.choice(key, &choices, all[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn policy(variables: &[(&str, &str)]) -> Result<Policy, String> {
        let variables = variables
            .iter()
            .map(|(key, text)| (format!("CALL__{key}"), (*text).to_owned()));
        let settings = Settings::load_from(None, variables);
        settings
            .map(|settings| settings.policy)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_policy_is_that_of_the_domain_with_an_sfu() {
        let expected = Policy {
            topology: TopologyPolicy::Auto,
            recording: RecordingPolicy::Allow,
            ..Policy::default()
        };
        assert_eq!(policy(&[]), Ok(expected));
    }

    #[test]
    fn without_an_sfu_everything_is_peer_to_peer() {
        let off = ("SFU__ENABLED", "false");
        let expected = Policy {
            recording: RecordingPolicy::Allow,
            ..Policy::default()
        };
        assert_eq!(policy(&[off]), Ok(expected));
        let refused = policy(&[off, ("POLICY__TOPOLOGY", "sfu")]).expect_err("there is none");
        assert!(refused.contains("policy.topology"), "{refused}");
    }

    #[test]
    fn who_decides_of_recordings_can_be_set() {
        let asked = policy(&[
            ("RECORDING__POLICY", "force"),
            ("RECORDING__CONSENT", "ask"),
            ("RECORDING__MODE", "mixed"),
        ])
        .expect("right");
        assert_eq!(asked.recording, RecordingPolicy::Force);
        assert_eq!(asked.recording_consent, RecordingConsent::Ask);
        assert_eq!(asked.recording_mode, RecordingMode::Mixed);
        let off = policy(&[("RECORDING__ENABLED", "false")]).expect("right");
        assert_eq!(off.recording, RecordingPolicy::Forbid);
    }

    #[test]
    fn nothing_is_forced_that_cannot_be_done() {
        let force = ("RECORDING__POLICY", "force");
        for impossible in [
            ("RECORDING__ENABLED", "false"),
            ("SFU__ENABLED", "false"),
            ("POLICY__TOPOLOGY", "p2p"),
        ] {
            let refused = policy(&[force, impossible]).expect_err("cannot be");
            assert!(refused.contains("recording.policy: needs"), "{refused}");
        }
    }

    #[test]
    fn the_topology_can_be_set() {
        let policy = policy(&[
            ("POLICY__TOPOLOGY", "sfu"),
            ("POLICY__SFU_FROM", "4"),
            ("POLICY__P2P_RETURN_AFTER", "2.5"),
            ("POLICY__MAX_PARTICIPANTS", "100"),
        ])
        .expect("right");
        assert_eq!(policy.topology, TopologyPolicy::Sfu);
        assert_eq!((policy.sfu_from, policy.max_participants), (4, 100));
        assert_eq!(policy.p2p_return_after.as_millis(), 2500);
    }

    #[test]
    fn no_mesh_grows_beyond_its_limit() {
        let six = ("POLICY__SFU_FROM", "6");
        assert!(policy(&[six]).is_ok());
        for variables in [
            [("POLICY__SFU_FROM", "7"), ("POLICY__MESH_MAX", "5")],
            [six, ("POLICY__MESH_MAX", "4")],
        ] {
            let refused = policy(&variables).expect_err("too many");
            assert!(refused.contains("policy.sfu_from"), "{refused}");
        }
        // Where nothing is decided by it, it does not matter.
        let p2p = ("POLICY__TOPOLOGY", "p2p");
        assert!(policy(&[("POLICY__SFU_FROM", "7"), p2p]).is_ok());
    }
}
