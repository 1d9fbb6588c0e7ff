use std::time::{Duration, Instant};

use proptest::prelude::*;
use rtc_srtp::crypto::default_provider;
use stun_types::attribute::ErrorCode;
use stun_types::message::{Message, MessageClass};

use super::check::Check;
use super::path;
use crate::sfu::transport::ice::{Checked, Ice};
use crate::sfu::transport::paths::PathChange;
use crate::sfu::transport::{Link, Path, RemoteError};

struct Agent {
    ice: Ice,
    now: Instant,
    changes: Vec<PathChange>,
}

impl Agent {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            ice: Ice::new(default_provider().unwrap(), 7, now),
            now,
            changes: Vec::new(),
        }
    }

    fn valid(&self) -> Check {
        Check::new(self.ice.local(), "them")
    }

    fn send(&mut self, path: Path, datagram: &[u8]) -> Checked {
        let changes = &mut self.changes;
        self.ice
            .handle(self.now, path, datagram, &mut |change| changes.push(change))
    }

    fn check(&mut self, path: Path, check: &Check) -> Checked {
        self.send(path, &check.write())
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }
}

fn code(checked: &Checked) -> Option<u16> {
    let answer = checked.answer.as_ref()?;
    let message = Message::from_bytes(answer).unwrap();
    match message.class() {
        MessageClass::Success => Some(200),
        _ => Some(message.attribute::<ErrorCode>().unwrap().code()),
    }
}

#[test]
fn a_valid_check_makes_a_path_and_a_nomination_chooses_it() {
    let mut agent = Agent::new();
    let checked = agent.check(path(1), &agent.valid());
    assert!(checked.is_authentic && code(&checked) == Some(200));
    assert_eq!(agent.changes, [PathChange::Added(path(1))]);
    assert_eq!(agent.ice.paths.selected(), None);

    agent.check(path(1), &agent.valid().nominating());
    assert_eq!(agent.ice.paths.selected(), Some(path(1)));
    assert_eq!(agent.changes[1..], [PathChange::Selected(path(1))]);
}

#[test]
fn checks_before_the_answer_are_answered_and_those_of_others_after_it_are_not() {
    let mut agent = Agent::new();
    assert!(agent.check(path(1), &agent.valid()).is_authentic);
    agent.ice.set_remote("them".to_owned()).unwrap();
    assert!(agent.check(path(1), &agent.valid()).is_authentic);
    let other = Check::new(agent.ice.local(), "others");
    let checked = agent.check(path(1), &other);
    assert!(!checked.is_authentic && code(&checked) == Some(401));
    assert_eq!(
        agent.ice.set_remote("others".to_owned()),
        Err(RemoteError::Changed)
    );
}

#[test]
fn strangers_learn_nothing_and_get_no_path() {
    let mut agent = Agent::new();
    let valid = agent.valid();
    let wrong_pwd = Check {
        pwd: Some("x".repeat(24)),
        ..valid.clone()
    };
    let wrong_ufrag = Check::new(("nobody", agent.ice.local().1), "them");
    let unsigned = Check {
        pwd: None,
        ..valid.clone()
    };
    let unnamed = Check {
        username: None,
        ..valid.clone()
    };
    for (check, expected) in [
        (&wrong_pwd, 401),
        (&wrong_ufrag, 401),
        (&unsigned, 400),
        (&unnamed, 400),
    ] {
        let written = check.write();
        let checked = agent.send(path(1), &written);
        assert!(!checked.is_authentic && checked.is_refused);
        assert_eq!(code(&checked), Some(expected));
        assert!(checked.answer.unwrap().len() <= written.len());
    }
    assert!(agent.changes.is_empty());
    assert!(!agent.ice.paths.knows(path(1)));
}

#[test]
fn strangers_are_answered_seldom() {
    let mut agent = Agent::new();
    let wrong = Check {
        pwd: Some("x".repeat(24)),
        ..agent.valid()
    };
    for _ in 0..3 {
        let answers = (0..1000)
            .filter(|port| agent.check(path(*port), &wrong).answer.is_some())
            .count();
        assert_eq!(answers, 10);
        let valid = agent.valid();
        assert!(agent.check(path(1), &valid).answer.is_some());
        agent.wait(1000);
    }
}

#[test]
fn a_peer_that_says_it_is_controlled_is_told_otherwise() {
    let mut agent = Agent::new();
    let conflict = Check {
        controlled: true,
        ..agent.valid()
    };
    let checked = agent.check(path(1), &conflict);
    assert_eq!(code(&checked), Some(487));
    assert!(!checked.is_authentic && agent.changes.is_empty());

    let unknown = Check {
        extra: Some(0x0077),
        ..agent.valid()
    };
    assert_eq!(code(&agent.check(path(1), &unknown)), Some(420));
    let optional = Check {
        extra: Some(0xc057),
        ..agent.valid()
    };
    assert_eq!(code(&agent.check(path(1), &optional)), Some(200));
}

#[test]
fn of_many_nominated_paths_the_one_of_the_highest_priority_is_kept() {
    let mut agent = Agent::new();
    for (port, priority) in [(1, 100), (2, 300), (3, 200), (4, 10)] {
        let check = agent.valid().priority(priority).nominating();
        agent.check(path(port), &check);
        agent.wait(20);
    }
    assert_eq!(agent.ice.paths.selected(), Some(path(2)));
}

#[test]
fn a_peer_that_moves_is_followed() {
    let mut agent = Agent::new();
    let high = agent.valid().priority(500).nominating();
    let low = agent.valid().priority(100).nominating();
    agent.check(path(1), &high);
    agent.check(path(2), &low);
    assert_eq!(agent.ice.paths.selected(), Some(path(1)));
    // A retransmission is no other wish, a second nomination is.
    agent.wait(50);
    agent.check(path(1), &agent.valid().priority(500));
    agent.check(path(2), &low);
    assert_eq!(agent.ice.paths.selected(), Some(path(2)));

    // The old path is heard again only by chance: it does not come back by that.
    agent.check(path(1), &agent.valid().priority(500));
    assert_eq!(agent.ice.paths.selected(), Some(path(2)));
}

#[test]
fn a_peer_whose_address_changes_is_followed_at_once() {
    let mut agent = Agent::new();
    for port in 1..4 {
        agent.check(path(port), &agent.valid().nominating());
        assert_eq!(agent.ice.paths.selected(), Some(path(port)));
        agent.wait(10);
    }
}

#[test]
fn a_repeated_transaction_is_one_nomination() {
    let mut agent = Agent::new();
    let high = agent.valid().priority(500).nominating();
    agent.check(path(1), &high);
    let low = agent.valid().priority(100).nominating().write();
    for _ in 0..5 {
        agent.send(path(2), &low);
        assert_eq!(agent.ice.paths.selected(), Some(path(1)));
    }
}

#[test]
fn a_dead_path_is_left_at_once() {
    let mut agent = Agent::new();
    agent.check(path(1), &agent.valid().priority(500).nominating());
    agent.wait(1000);
    agent.check(path(2), &agent.valid().priority(100).nominating());
    assert_eq!(agent.ice.paths.selected(), Some(path(2)));
}

#[test]
fn paths_are_bounded_and_the_chosen_one_stays() {
    let mut agent = Agent::new();
    agent.check(path(0), &agent.valid().priority(900).nominating());
    for port in 1..100 {
        agent.wait(1);
        agent.check(path(port), &agent.valid());
    }
    let known = (0..100).filter(|port| agent.ice.paths.knows(path(*port)));
    assert_eq!(known.collect::<Vec<_>>(), [0, 93, 94, 95, 96, 97, 98, 99]);
    let removed = agent
        .changes
        .iter()
        .filter(|change| matches!(change, PathChange::Removed(_)));
    assert_eq!(removed.count(), 92);
}

#[test]
fn silent_paths_are_forgotten() {
    let mut agent = Agent::new();
    agent.check(path(1), &agent.valid().nominating());
    agent.check(path(2), &agent.valid());
    assert_eq!(
        agent.ice.paths.next_expiry(),
        Some(agent.now + Duration::from_secs(30))
    );
    agent.wait(20_000);
    assert!(agent.ice.paths.knows(path(2)));
    agent.ice.paths.touch(agent.now);
    agent.wait(29_999);
    agent.changes.clear();
    let changes = &mut agent.changes;
    agent
        .ice
        .paths
        .expire(agent.now, &mut |change| changes.push(change));
    assert!(agent.changes.is_empty());
    agent.wait(1);
    let changes = &mut agent.changes;
    agent
        .ice
        .paths
        .expire(agent.now, &mut |change| changes.push(change));
    assert_eq!(agent.changes, [PathChange::Removed(path(2))]);
    assert_eq!(agent.ice.paths.selected(), Some(path(1)));
    assert_eq!(agent.ice.paths.next_expiry(), None);
}

#[test]
fn a_closed_connection_gives_way_to_what_was_heard_last() {
    let tcp = Path {
        link: Link::Tcp(9),
        ..path(1)
    };
    let mut agent = Agent::new();
    agent.check(tcp, &agent.valid().nominating());
    agent.check(path(2), &agent.valid());
    agent.wait(1);
    agent.check(path(3), &agent.valid());
    agent.changes.clear();
    let seen = &mut agent.changes;
    let mut notice = |change| seen.push(change);
    agent.ice.paths.close_link(Link::Tcp(9), &mut notice);
    agent.ice.paths.close_link(Link::Udp(0), &mut notice);
    assert_eq!(
        agent.changes,
        [
            PathChange::Removed(tcp),
            PathChange::Selected(path(3)),
            PathChange::Removed(path(2)),
            PathChange::Removed(path(3)),
        ]
    );
    assert_eq!(agent.ice.paths.selected(), None);
}

#[test]
fn a_restart_keeps_the_old_credentials_until_the_new_ones_are_used() {
    let mut agent = Agent::new();
    agent.ice.set_remote("them".to_owned()).unwrap();
    let old = agent.valid().priority(900).nominating();
    agent.check(path(1), &old);
    let old_ufrag = agent.ice.local().0.to_owned();

    assert_eq!(agent.ice.restart(), None);
    assert_ne!(agent.ice.local().0, old_ufrag);
    assert!(agent.check(path(1), &old).is_authentic);

    // The answer is not there yet; the new path has less priority, but is of the restart.
    let new = Check::new(agent.ice.local(), "them2")
        .priority(10)
        .nominating();
    let checked = agent.check(path(2), &new);
    assert!(checked.is_authentic);
    assert_eq!(checked.retired, Some(old_ufrag));
    assert_eq!(agent.ice.paths.selected(), Some(path(2)));
    agent.ice.set_remote("them2".to_owned()).unwrap();
    assert!(!agent.check(path(1), &old).is_authentic);
    assert!(agent.check(path(2), &new).retired.is_none());
}

#[test]
fn of_restarts_without_an_answer_the_last_one_counts() {
    let mut agent = Agent::new();
    agent.ice.set_remote("them".to_owned()).unwrap();
    let followed = agent.valid();
    agent.ice.restart();
    let given_up = agent.ice.local().0.to_owned();
    assert_eq!(agent.ice.restart(), Some(given_up));
    assert!(agent.check(path(1), &followed).is_authentic);
    assert!(agent.check(path(1), &agent.valid()).is_authentic);
}

proptest! {
    /// Whatever comes in whatever order: paths are bounded, told of exactly, and the chosen one is one of them.
    #[test]
    fn what_is_told_of_paths_is_what_is_known(
        steps in proptest::collection::vec((0..20_u16, any::<bool>(), 0..5_u32, 0..20_000_u64, 0..12_u8), 1..150),
    ) {
        let mut agent = Agent::new();
        for (port, nominate, priority, pause, action) in steps {
            agent.wait(pause);
            let seen = &mut agent.changes;
            let mut notice = |change| seen.push(change);
            match action {
                0 => { agent.ice.restart(); }
                1 => agent.ice.paths.expire(agent.now, &mut notice),
                2 if pause > 19_000 => agent.ice.paths.close_link(Link::Udp(0), &mut notice),
                _ => {
                    let mut check = agent.valid().priority(priority);
                    check.use_candidate = nominate;
                    prop_assert!(agent.check(path(port), &check).is_authentic);
                }
            }
            let mut told = Vec::new();
            let mut selected = None;
            for change in &agent.changes {
                match change {
                    PathChange::Added(path) => {
                        prop_assert!(!told.contains(path));
                        told.push(*path);
                    }
                    PathChange::Removed(path) => {
                        prop_assert!(told.contains(path));
                        told.retain(|known| known != path);
                    }
                    PathChange::Selected(path) => selected = Some(*path),
                }
            }
            prop_assert!(told.len() <= 8);
            let known: Vec<_> = (0..20).map(path).filter(|path| agent.ice.paths.knows(*path)).collect();
            prop_assert_eq!(told.len(), known.len());
            prop_assert!(known.iter().all(|path| told.contains(path)));
            if let Some(path) = agent.ice.paths.selected() {
                prop_assert_eq!(selected, Some(path));
                prop_assert!(told.contains(&path));
            }
        }
    }
}
