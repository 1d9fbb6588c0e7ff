use std::collections::{HashMap, VecDeque};

use call_media::sfu::{Command, RoomId};

/// How many commands may wait before those that can be refused are.
const MOST: usize = 1024;
/// How many may wait at all. An SFU holds fewer people and rooms, of whom each is put out once.
const MOST_ENDINGS: usize = 64 * 1024;

/// The commands that an SFU has not taken yet, in order for each room.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    rooms: HashMap<RoomId, VecDeque<Command>>,
    waiting: usize,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// The SFU has it.
    On,
    /// It waits.
    Kept,
    /// Too much waits already.
    Refused,
}

impl Backlog {
    /// Gives a command to `take`, which says whether the SFU took it, or keeps it. What waits for a room is not overtaken.
    ///
    /// Nobody must go on hearing others because a command was lost: whatever ends something is kept when all else is
    /// refused.
    pub(super) fn pass(
        &mut self,
        room: &RoomId,
        command: Command,
        take: impl FnOnce(&RoomId, Command) -> bool,
    ) -> Passed {
        if !self.rooms.contains_key(room) && take(room, command.clone()) {
            return Passed::On;
        }
        self.keep(room, command)
    }

    /// Gives what waits to `take`, each room's as far as that takes it.
    pub(super) fn retry(&mut self, mut take: impl FnMut(&RoomId, Command) -> bool) {
        let waiting = &mut self.waiting;
        self.rooms.retain(|room, commands| {
            while let Some(next) = commands.front() {
                if !take(room, next.clone()) {
                    return true;
                }
                commands.pop_front();
                *waiting -= 1;
            }
            false
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    fn keep(&mut self, room: &RoomId, command: Command) -> Passed {
        let most = if ends(&command) { MOST_ENDINGS } else { MOST };
        if self.waiting >= most {
            return Passed::Refused;
        }
        let commands = self.rooms.entry(room.clone()).or_default();
        let before = commands.len();
        commands.retain(|waiting| !is_outdated_by(waiting, &command));
        commands.push_back(command);
        self.waiting = self.waiting + commands.len() - before;
        Passed::Kept
    }
}

fn ends(command: &Command) -> bool {
    match command {
        Command::Leave { .. } | Command::Untap { .. } | Command::CloseRoom => true,
        Command::Join { .. }
        | Command::Answer { .. }
        | Command::Candidate { .. }
        | Command::Restart { .. }
        | Command::Subscribe { .. }
        | Command::Publish { .. }
        | Command::Tap { .. } => false,
    }
}

/// Whether a command that waits makes no difference any more, with that one after it.
fn is_outdated_by(waiting: &Command, later: &Command) -> bool {
    match later {
        Command::CloseRoom => true,
        Command::Leave { peer } => waiting.peer() == Some(peer),
        // A tap's command is its whole state.
        Command::Tap { tap, .. } | Command::Untap { tap } => {
            matches!(waiting, Command::Tap { tap: waits, .. } if waits == tap)
        }
        Command::Join { .. }
        | Command::Answer { .. }
        | Command::Candidate { .. }
        | Command::Restart { .. }
        | Command::Subscribe { .. }
        | Command::Publish { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call_domain::UserId;
    use call_media::sfu::{Publication, SessionId};

    fn room(name: &str) -> RoomId {
        RoomId::new(name)
    }

    fn user(name: &str) -> UserId {
        name.parse().expect("user id")
    }

    fn join(name: &str) -> Command {
        let (peer, publication) = (user(name), Publication::ALL);
        Command::Join { peer, publication }
    }

    fn restart(name: &str, session: u32) -> Command {
        Command::Restart {
            peer: user(name),
            session: Some(SessionId::new(session.to_string())),
        }
    }

    fn leave(name: &str) -> Command {
        Command::Leave { peer: user(name) }
    }

    fn full(_: &RoomId, _: Command) -> bool {
        false
    }

    /// A backlog with these commands of one room.
    fn waiting(commands: impl IntoIterator<Item = Command>) -> Backlog {
        let mut backlog = Backlog::default();
        for command in commands {
            assert_eq!(backlog.pass(&room("a"), command, full), Passed::Kept);
        }
        backlog
    }

    /// Everything that waits, and then nothing does.
    fn taken(backlog: &mut Backlog) -> Vec<(String, Command)> {
        let mut taken = Vec::new();
        backlog.retry(|room, command| {
            taken.push((room.to_string(), command));
            true
        });
        assert!(backlog.is_empty());
        assert_eq!(backlog.waiting, 0);
        taken
    }

    fn of_a(commands: impl IntoIterator<Item = Command>) -> Vec<(String, Command)> {
        let of_a = |command| ("a".to_owned(), command);
        commands.into_iter().map(of_a).collect()
    }

    #[test]
    fn what_the_sfu_takes_does_not_wait() {
        let mut backlog = Backlog::default();
        let passed = backlog.pass(&room("a"), join("bob"), |_, command| command == join("bob"));
        assert_eq!(passed, Passed::On);
        assert!(backlog.is_empty());
    }

    #[test]
    fn a_room_is_not_overtaken_and_holds_up_no_other() {
        let mut backlog = waiting([leave("bob")]);
        let never = |_: &RoomId, _| -> bool { unreachable!("must wait for the first one") };
        assert_eq!(backlog.pass(&room("a"), join("bob"), never), Passed::Kept);
        assert_eq!(
            backlog.pass(&room("b"), join("bob"), |_, _| true),
            Passed::On
        );
        // Its shard takes one, and then no more.
        let mut places = 1;
        backlog.retry(|_, _| {
            places -= 1;
            places >= 0
        });
        assert_eq!(
            backlog.pass(&room("a"), leave("carol"), never),
            Passed::Kept
        );
        assert_eq!(taken(&mut backlog), of_a([join("bob"), leave("carol")]));
        assert_eq!(
            backlog.pass(&room("a"), join("dave"), |_, _| true),
            Passed::On
        );
    }

    #[test]
    fn a_room_that_waits_lets_others_go_on() {
        let mut backlog = waiting([leave("bob")]);
        assert_eq!(backlog.pass(&room("b"), leave("bob"), full), Passed::Kept);
        backlog.retry(|room, _| room.as_str() == "b");
        assert_eq!(taken(&mut backlog), of_a([leave("bob")]));
    }

    #[test]
    fn with_too_much_waiting_nobody_stays_all_the_same() {
        let most = u32::try_from(MOST).expect("few");
        let mut backlog = waiting((0..most).map(|n| restart("bob", n)));
        let refused = backlog.pass(&room("a"), restart("bob", most), full);
        assert_eq!(refused, Passed::Refused);
        assert_eq!(backlog.pass(&room("b"), join("bob"), full), Passed::Refused);
        assert_eq!(backlog.pass(&room("a"), leave("carol"), full), Passed::Kept);
        assert_eq!(
            backlog.pass(&room("b"), Command::CloseRoom, full),
            Passed::Kept
        );
        let taken = taken(&mut backlog);
        assert_eq!(taken.len(), MOST + 2);
        assert!(taken.contains(&("b".to_owned(), Command::CloseRoom)));
        assert_eq!(
            taken.iter().rfind(|(room, _)| room == "a"),
            of_a([leave("carol")]).first()
        );
    }

    #[test]
    fn endings_are_bounded_by_who_can_be_put_out() {
        let mut backlog = Backlog::default();
        for _ in 0..=MOST_ENDINGS {
            assert_eq!(backlog.pass(&room("a"), leave("bob"), full), Passed::Kept);
        }
        assert_eq!(backlog.waiting, 1);
        for n in 1..MOST_ENDINGS {
            let name = room(&n.to_string());
            assert_eq!(backlog.pass(&name, Command::CloseRoom, full), Passed::Kept);
        }
        let name = room("more");
        assert_eq!(
            backlog.pass(&name, Command::CloseRoom, full),
            Passed::Refused
        );
    }

    #[test]
    fn what_an_ending_makes_needless_is_left_out() {
        let before = [join("bob"), restart("bob", 1), join("carol")];
        let mut backlog = waiting(
            before
                .clone()
                .into_iter()
                .chain([leave("bob"), join("bob")]),
        );
        let expected = [join("carol"), leave("bob"), join("bob")];
        assert_eq!(taken(&mut backlog), of_a(expected));
        let mut backlog = waiting(before.into_iter().chain([Command::CloseRoom, join("dave")]));
        assert_eq!(
            taken(&mut backlog),
            of_a([Command::CloseRoom, join("dave")])
        );
    }
}
