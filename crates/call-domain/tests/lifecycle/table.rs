//! Every situation × every command, against a table written down in `table.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use call_domain::{Call, CallStatus, Command, ParticipantStatus, Policy, Recording};

use crate::fixture::*;

/// A call in some state, and the participant whose commands are tried, with two devices of theirs.
struct Situation {
    grid: &'static str,
    name: &'static str,
    line: Line,
    actor: &'static str,
    own: &'static str,
    other: &'static str,
}

#[allow(clippy::too_many_lines)] // a list
fn situations() -> Vec<Situation> {
    let mut all = Vec::new();
    let mut add = |grid, name, actor, line: Line| {
        let (own, other) = match actor {
            "alice" => ("a1", "a2"),
            "bob" => ("b1", "b2"),
            _ => ("m1", "m2"),
        };
        all.push(Situation {
            grid,
            name,
            line,
            actor,
            own,
            other,
        });
    };

    let pair = Line::pair;
    let talking = Line::talking_pair;
    let answered = || pair().after([alert("b1"), answer("b1")]);
    let expired = |mut line: Line| {
        line.expire_next();
        line
    };
    let offline = |callees: &[&str]| {
        let mut request = request(callees);
        request.invitees[0].devices.clear();
        Line::placed(request, &Policy::default())
    };
    let grid = "pair, seen by the callee";
    add(grid, "invited", "bob", pair());
    add(grid, "offline", "bob", offline(&["bob"]));
    add(grid, "alerting", "bob", pair().after([alert("b1")]));
    add(grid, "accepted", "bob", answered());
    add(grid, "first", "bob", answered().after([connect("b1")]));
    add(grid, "second", "bob", answered().after([connect("a1")]));
    add(grid, "joined", "bob", talking());
    add(grid, "lost", "bob", talking().after([disconnect("b1")]));
    let grid = "pair, over, seen by the callee";
    add(grid, "left", "bob", talking().after([end("bob")]));
    add(grid, "declined", "bob", pair().after([reject("bob")]));
    add(grid, "busy", "bob", pair().after([reject_busy("bob")]));
    add(grid, "missed", "bob", expired(pair()));
    add(grid, "unreachable", "bob", expired(offline(&["bob"])));
    add(grid, "cancelled", "bob", pair().after([end("alice")]));
    add(grid, "failed", "bob", expired(answered()));
    let grid = "pair, seen by the caller";
    add(grid, "created", "alice", pair());
    add(grid, "ringing", "alice", pair().after([alert("b1")]));
    add(grid, "gone", "alice", pair().after([disconnect("a1")]));
    add(grid, "connecting", "alice", answered());
    add(grid, "second", "alice", answered().after([connect("b1")]));
    add(grid, "active", "alice", talking());
    add(grid, "lost", "alice", talking().after([disconnect("a1")]));
    add(grid, "ended", "alice", talking().after([end("bob")]));

    // carol keeps the group going, whatever bob does.
    let group = Line::group;
    let with_carol = |line: Line| line.after([answer("c1"), connect("a1"), connect("c1")]);
    let ongoing = || with_carol(group());
    let joined = || ongoing().after([alert("b1"), answer("b1"), connect("b1")]);
    let missed = || {
        let mut line = group().after([answer("c1"), connect("a1"), connect("c1")]);
        while line.status("bob") != ParticipantStatus::Missed {
            line.expire_next();
        }
        line
    };
    let grid = "group that goes on, seen by an invitee in or called";
    add(grid, "invited", "bob", ongoing());
    add(grid, "alerting", "bob", ongoing().after([alert("b1")]));
    add(grid, "accepted", "bob", ongoing().after([answer("b1")]));
    add(grid, "joined", "bob", joined());
    add(grid, "lost", "bob", joined().after([disconnect("b1")]));
    let grid = "group that goes on, seen by an invitee out of it";
    add(grid, "left", "bob", joined().after([leave("bob")]));
    add(grid, "declined", "bob", ongoing().after([reject("bob")]));
    add(grid, "busy", "bob", ongoing().after([reject_busy("bob")]));
    add(grid, "missed", "bob", missed());
    let found = with_carol(offline(&["bob", "carol"]));
    add(grid, "unreachable", "bob", expired(found));
    let failed = expired(ongoing().after([answer("b1")]));
    add(grid, "failed", "bob", failed);
    add(
        grid,
        "removed",
        "bob",
        joined().after([remove("alice", "bob")]),
    );
    let cancelled = group().after([end("alice")]);
    add(grid, "cancelled", "bob", cancelled);
    let grid = "group, seen by the caller";
    let last = || group().after([reject("carol")]);
    add(grid, "created", "alice", group());
    add(grid, "last", "alice", last());
    add(grid, "connecting", "alice", last().after([answer("b1")]));
    let deserted = last().after([answer("b1"), leave("bob")]);
    add(grid, "deserted", "alice", deserted);
    add(grid, "active", "alice", joined());
    let alone = ongoing().after([reject("bob"), leave("carol")]);
    add(grid, "alone", "alice", alone);
    add(grid, "lost", "alice", joined().after([disconnect("a1")]));
    add(grid, "left", "alice", joined().after([leave("alice")]));
    let told = |commands: &[Command]| Line::talking_group(&telling()).after(commands.to_vec());
    let asked = |commands: &[Command]| Line::talking_group(&asking()).after(commands.to_vec());
    let grid = "group that may be recorded";
    let called = || Line::placed(request(&["bob", "carol"]), &telling());
    add(grid, "ringing", "alice", called());
    add(grid, "connecting", "alice", called().after([answer("b1")]));
    add(grid, "active", "alice", told(&[]));
    add(grid, "called", "bob", called());
    add(grid, "joined", "bob", told(&[]));
    add(grid, "moderator", "bob", told(&[promote("alice", "bob")]));
    add(grid, "stranger", "mallory", told(&[]));
    add(grid, "ended", "alice", told(&[end("alice")]));
    let grid = "recorded group";
    add(grid, "initiator", "alice", told(&[record("alice", 1)]));
    add(grid, "participant", "bob", told(&[record("alice", 1)]));
    let promoted = [promote("alice", "bob"), record("alice", 1)];
    add(grid, "moderator", "bob", told(&promoted));
    let left = [record("alice", 1), leave("bob")];
    add(grid, "out", "bob", told(&left));
    let recorded = Line::talking(&telling()).after([record("alice", 1)]);
    add(grid, "pair", "bob", recorded);
    let forced = || Line::talking_group(&forcing());
    add(grid, "to_be_forced", "alice", forced());
    add(
        grid,
        "forced",
        "alice",
        forced().after([record_by_policy(1)]),
    );
    let given_up = [record_by_policy(1), abort_recording(1)];
    add(grid, "aborted", "alice", forced().after(given_up));
    let grid = "recorded group, where all are asked";
    add(grid, "starter", "alice", asked(&[record("alice", 1)]));
    add(grid, "asked", "bob", asked(&[record("alice", 1)]));
    let yes = [record("alice", 1), consent("bob", true)];
    add(grid, "given", "bob", asked(&yes));
    let no = [record("alice", 1), consent("bob", false)];
    add(grid, "refused", "bob", asked(&no));
    let left = [record("alice", 1), consent("bob", true), leave("bob")];
    add(grid, "out", "bob", asked(&left));
    let grid = "stranger";
    add(grid, "ringing", "mallory", pair());
    add(grid, "active", "mallory", talking());
    add(grid, "ended", "mallory", talking().after([end("bob")]));
    all
}

fn rows(s: &Situation) -> Vec<(&'static str, Command)> {
    vec![
        ("offer_own", offer(s.own)),
        ("offer_other", offer(s.other)),
        ("alert_own", alert(s.own)),
        ("alert_other", alert(s.other)),
        ("answer_own", answer(s.own)),
        ("answer_other", answer(s.other)),
        ("answer_offline", answer_offline(s.own)),
        ("reject_declined", reject(s.actor)),
        ("reject_busy", reject_busy(s.actor)),
        ("end", end(s.actor)),
        ("leave", leave(s.actor)),
        ("mute", mute(s.actor)),
        ("connect_own", connect(s.own)),
        ("connect_other", connect(s.other)),
        ("disconnect_own", disconnect(s.own)),
        ("disconnect_other", disconnect(s.other)),
        ("resume_own", resume(s.own)),
        ("resume_other", resume(s.other)),
        ("add_dave", add(s.actor, &["dave"])),
        ("join_own", join(s.own)),
        ("join_other", join(s.other)),
        ("remove_bob", remove(s.actor, "bob")),
        ("silence_bob", silence(s.actor, "bob")),
        ("promote_bob", promote(s.actor, "bob")),
        ("raise_hand", raise_hand(s.actor)),
        ("expel", expel(s.actor)),
        ("record", record(s.actor, 9)),
        ("record_admin", record_as_admin(9)),
        ("record_policy", record_by_policy(9)),
        ("record_again", record(s.actor, 1)),
        ("stop", stop_recording(s.actor)),
        ("stop_admin", stop_recording_as_admin()),
        ("consent_yes", consent(s.actor, true)),
        ("consent_no", consent(s.actor, false)),
        ("abort", abort_recording(1)),
        ("abort_other", abort_recording(9)),
        ("moderate", moderate()),
        ("recover", Command::Recover),
        ("expire_early", Command::Expire),
        ("expire_due", Command::Expire),
    ]
}

/// A new command must get a place here, and rows above.
fn ordinal(command: &Command) -> usize {
    match command {
        Command::Offer { .. } => 0,
        Command::Alert { .. } => 1,
        Command::Answer { .. } => 2,
        Command::Reject { .. } => 3,
        Command::End { .. } => 4,
        Command::EndByModerator { .. } => 5,
        Command::Leave { .. } => 6,
        Command::ChangeMedia { .. } => 7,
        Command::Connect { .. } => 8,
        Command::Disconnect { .. } => 9,
        Command::Resume { .. } => 10,
        Command::Add { .. } => 11,
        Command::Join { .. } => 12,
        Command::Remove { .. } => 13,
        Command::Mute { .. } => 14,
        Command::SetRole { .. } => 15,
        Command::RaiseHand { .. } => 16,
        Command::Recover => 17,
        Command::Expire => 18,
        Command::StartRecording { .. } => 19,
        Command::StopRecording { .. } => 20,
        Command::ConsentToRecording { .. } => 21,
        Command::AbortRecording { .. } => 22,
    }
}

/// What a command does, in the words of the table.
fn outcome(situation: &Situation, row: &str, command: Command) -> String {
    let mut line = situation.line.clone();
    line.log.clear();
    if row == "expire_due" {
        line.now = line.call.next_deadline().unwrap_or(line.now);
    }
    let before = line.call.clone();
    let step = match before.apply(command, line.now) {
        Ok(step) => step,
        Err(rejection) => return format!("!{}", refusal(rejection.kind)),
    };
    crate::invariants::check_step(Some(&before), &step);
    if step.events.is_empty() {
        return "=".to_owned();
    }
    let actor = user(situation.actor);
    let status = |call: &Call| {
        call.participant(&actor)
            .map(call_domain::Participant::status)
    };
    let mut cell = String::new();
    if status(&before) != status(&step.call) {
        cell.push_str(status(&step.call).unwrap().as_str());
    }
    if let Some(reason) = step.call.end_reason() {
        write!(cell, ">{reason}").unwrap();
    } else if before.status() != step.call.status() {
        write!(cell, ">{}", step.call.status()).unwrap();
    }
    if before.recording().is_some() != step.call.recording().is_some() && !step.call.is_ended() {
        let on = step.call.recording().is_some();
        cell.push_str(if on { "+on" } else { "+off" });
    }
    let consent = |call: &Call| {
        call.recording()
            .and_then(|r: &Recording| r.consent_of(&actor))
    };
    if let Some(state) = consent(&step.call).filter(|is| consent(&before) != Some(*is)) {
        write!(cell, "+{}", state.as_str()).unwrap();
    }
    if cell.is_empty() {
        cell.push('+');
    }
    cell
}

fn refusal(kind: call_domain::RejectionKind) -> &'static str {
    use call_domain::RejectionKind as K;
    match kind {
        K::NotParticipant => "stranger",
        K::AnsweredElsewhere => "elsewhere",
        K::NotRinging => "not_ringing",
        K::NotJoined => "not_joined",
        K::WrongDevice => "wrong_device",
        K::NotAllowed => "not_allowed",
        K::NoSuchParticipant => "nobody",
        K::TooManyParticipants { .. } => "too_many",
        K::RecordingForbidden => "forbidden",
        K::RecordingUnavailable => "unavailable",
        K::NotAnswered => "not_answered",
        K::AlreadyRecording => "recorded",
        K::NotRecording => "not_recorded",
        K::NotAsked => "not_asked",
        K::Ended(_) => "ended",
    }
}

type Cells = BTreeMap<(String, String, String), String>;

/// Reads `table.txt`: grids of cells, each under a line `# name` and a line of columns.
fn expected() -> Cells {
    let mut cells = Cells::new();
    let (mut grid, mut columns) = (String::new(), Vec::new());
    for line in include_str!("table.txt").lines() {
        let mut words = line.split_whitespace();
        if let Some(name) = line.strip_prefix("# ") {
            name.clone_into(&mut grid);
            columns.clear();
        } else if line.starts_with("//") || line.trim().is_empty() {
        } else if columns.is_empty() {
            columns = words.map(str::to_owned).collect();
        } else {
            let row = words.next().unwrap().to_owned();
            for column in &columns {
                let cell = words.next().unwrap_or("(missing)").to_owned();
                let twice = cells.insert((grid.clone(), row.clone(), column.clone()), cell);
                assert_eq!(twice, None, "{grid}: {row} × {column} is there twice");
            }
            assert_eq!(words.next(), None, "{grid}: {row} has too many cells");
        }
    }
    cells
}

type Column = (&'static str, &'static str, Vec<(&'static str, String)>);

/// The table as it would have to be for things to be right as they are.
fn render(actual: &[Column]) -> String {
    let mut text = String::new();
    let mut grids: Vec<&str> = actual.iter().map(|(grid, ..)| *grid).collect();
    grids.dedup();
    for grid in grids {
        let columns: Vec<_> = actual.iter().filter(|(g, ..)| *g == grid).collect();
        let width = |(_, name, cells): &Column| {
            let cells = cells.iter().map(|(_, cell)| cell.len());
            cells.chain([name.len()]).max().unwrap_or(0) + 2
        };
        write!(text, "# {grid}\n{:18}", "").unwrap();
        for column in &columns {
            write!(text, "{:1$}", column.1, width(column)).unwrap();
        }
        for row in 0..columns[0].2.len() {
            write!(text, "\n{:18}", columns[0].2[row].0).unwrap();
            for column in &columns {
                write!(text, "{:1$}", column.2[row].1, width(column)).unwrap();
            }
        }
        text.push_str("\n\n");
    }
    let lines = text.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

#[test]
fn every_situation_and_every_command() {
    let mut expected = expected();
    let mut actual = Vec::new();
    let mut wrong = Vec::new();
    for situation in situations() {
        let mut cells = Vec::new();
        for (row, command) in rows(&situation) {
            let is = outcome(&situation, row, command);
            let place = (
                situation.grid.to_owned(),
                row.to_owned(),
                situation.name.to_owned(),
            );
            let should = expected.remove(&place).unwrap_or("(missing)".to_owned());
            if is != should {
                wrong.push(format!("{place:?} is {is}, should be {should}"));
            }
            cells.push((row, is));
        }
        actual.push((situation.grid, situation.name, cells));
    }
    wrong.extend(
        expected
            .keys()
            .map(|place| format!("{place:?} is tried by nothing")),
    );
    assert!(
        wrong.is_empty(),
        "{}\n\nas it is:\n\n{}",
        wrong.join("\n"),
        render(&actual)
    );
}

#[test]
fn the_table_leaves_nothing_out() {
    let situations = situations();
    let tried: BTreeSet<usize> = rows(&situations[0])
        .iter()
        .map(|(_, c)| ordinal(c))
        .collect();
    assert_eq!(tried, (0..23).collect());
    for group in [false, true] {
        for status in CallStatus::ALL {
            // A group in which somebody rings is `created` or `ringing` alike, but for its first
            // alert, which the pair shows.
            let seen = |s: &Situation| {
                s.line.call.parts().group == group && s.line.call.status() == *status
            };
            let exempt = group && *status == CallStatus::Ringing;
            assert!(exempt || situations.iter().any(seen), "{group} {status}");
        }
    }
    for status in ParticipantStatus::ALL {
        let seen = |s: &Situation| {
            let actor = s.line.call.participant(&user(s.actor));
            actor.is_some_and(|actor| actor.status() == *status)
        };
        assert!(situations.iter().any(seen), "{status}");
    }
}
