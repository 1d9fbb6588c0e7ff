use call_domain::{BusyPolicy, Policy, TopologyPolicy};

use super::reader::Reader;

/// Section `policy`. `sfu`: there is one.
pub(super) fn read(reader: &mut Reader, sfu: bool) -> Policy {
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
        topology: topology(reader, sfu),
        sfu_from: reader.number("policy.sfu_from", 2, 16),
        p2p_return_after: reader.seconds("policy.p2p_return_after"),
        max_participants: reader.number("policy.max_participants", 2, 1000),
        ..Policy::default()
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
    let choices = TopologyPolicy::ALL
        .iter()
        .map(|topology| (topology.as_str(), *topology));
    let choices: Vec<_> = choices.collect();
    let topology = reader.choice(KEY, &choices, TopologyPolicy::P2p);
    if sfu {
        return topology;
    }
    if topology == TopologyPolicy::Sfu {
        reader.complain(KEY, "needs sfu.enabled = true");
    }
    TopologyPolicy::P2p
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
            ..Policy::default()
        };
        assert_eq!(policy(&[]), Ok(expected));
    }

    #[test]
    fn without_an_sfu_everything_is_peer_to_peer() {
        let off = ("SFU__ENABLED", "false");
        assert_eq!(policy(&[off]), Ok(Policy::default()));
        let refused = policy(&[off, ("POLICY__TOPOLOGY", "sfu")]).expect_err("there is none");
        assert!(refused.contains("policy.topology"), "{refused}");
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
