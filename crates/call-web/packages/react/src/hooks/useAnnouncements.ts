import type { CallSnapshot } from "call-client";
import { useEffect, useRef } from "react";
import { listOf } from "../format/text.js";
import { useAnnounce } from "../parts/Announcer.js";
import { recorderWords, refusedInWords, refusers, stoppedWords } from "../recording/words.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import type { Strings } from "../strings/strings.js";
import { type Participants, participantsOf } from "./useParticipants.js";
import { currentRecording, endedRecording } from "./useRecording.js";

interface Said {
  words: string;
  urgency: "polite" | "assertive";
}

const polite = (words: string): Said => ({ words, urgency: "polite" });

/** In larger calls, every microphone that goes on or off would talk over those who speak. */
const FEW = 8;

/** What has changed between two snapshots, in words worth hearing. */
export function changesInWords(
  before: CallSnapshot,
  after: CallSnapshot,
  strings: Strings,
  locale?: string,
): Said[] {
  const said: Said[] = [];
  if (before.phase !== after.phase) {
    if (after.phase === "reconnecting") {
      said.push({ words: strings.says.dropped, urgency: "assertive" });
    } else if (after.phase === "active") {
      said.push(
        polite(before.phase === "reconnecting" ? strings.says.reconnected : strings.says.connected),
      );
    } else if (after.phase === "ended" && after.endReason !== null) {
      said.push(polite(strings.endReasons[after.endReason]));
    }
  }
  if (after.phase === "ended") return said;
  const then = participantsOf(before);
  const now = participantsOf(after);
  const previous = new Map(then.others.map((person) => [person.userId, person]));
  const joined = now.others.filter((person) => !previous.has(person.userId));
  if (joined.length > 0) {
    const names = joined.map((person) => person.name);
    said.push(polite(strings.says.joined(listOf(names, locale))));
  }
  for (const person of then.others) {
    if (!now.others.some((other) => other.userId === person.userId)) {
      said.push(polite(strings.says.left(person.name)));
    }
  }
  for (const person of now.others) {
    const old = previous.get(person.userId);
    if (old === undefined) continue;
    if (old.media.audio !== person.media.audio && now.others.length <= FEW) {
      const { muted, unmuted } = strings.says;
      said.push(polite((person.media.audio ? unmuted : muted)(person.name)));
    }
    if (old.media.screen !== person.media.screen) {
      const { sharing, stoppedSharing } = strings.says;
      said.push(polite((person.media.screen ? sharing : stoppedSharing)(person.name)));
    }
    if (old.link !== "reconnecting" && person.link === "reconnecting") {
      said.push(polite(strings.peerReconnecting(person.name)));
    }
  }
  if (then.self.media.audio !== now.self.media.audio) {
    said.push(polite(now.self.media.audio ? strings.says.youUnmuted : strings.says.youMuted));
  }
  said.push(
    ...handsInWords(then, now, strings),
    ...reactionsInWords(before, after, strings, locale),
    ...recordingInWords(before, after, strings, locale),
  );
  if (before.role === "participant" && after.role === "moderator") {
    said.push(polite(strings.says.youAreModerator));
  }
  const level = after.quality?.level;
  if (level !== undefined && before.quality !== null && before.quality.level !== level) {
    said.push(polite(strings.says.quality(strings.qualities[level])));
  }
  return said;
}

function handsInWords(then: Participants, now: Participants, strings: Strings): Said[] {
  const { handRaised, youRaisedHand, youLoweredHand } = strings.says;
  const up = new Set(
    then.others.filter((person) => person.hand != null).map((each) => each.userId),
  );
  const said = now.others
    .filter((person) => person.hand != null && !up.has(person.userId))
    .map((person) => polite(handRaised(person.name)));
  const [mine, before] = [now.self.hand != null, then.self.hand != null];
  if (mine !== before) said.push(polite(mine ? youRaisedHand : youLoweredHand));
  return said;
}

/** That a recording begins, asks, stops or fails; what my own answer leads to, and who refused. */
function recordingInWords(
  before: CallSnapshot,
  after: CallSnapshot,
  strings: Strings,
  locale: string | undefined,
): Said[] {
  const { recording: words } = strings;
  const [then, now] = [before.recording, after.recording];
  const said: Said[] = [];
  if (now !== null && now.id !== then?.id) {
    said.push(polite(recorderWords(currentRecording(now, after), strings)));
    if (now.mine === "asked") said.push(polite(words.asked));
  } else if (now !== null && now.mine !== then?.mine) {
    if (now.mine === "given" || now.mine === "refused") said.push(polite(words.answers[now.mine]));
    else if (now.mine === "asked") said.push(polite(words.asked));
  }
  if (now !== null) {
    const known = new Set(
      (then?.id === now.id ? refusers(currentRecording(then, before)) : []).map(
        ({ userId }) => userId,
      ),
    );
    const left = refusers(currentRecording(now, after)).filter(({ userId }) => !known.has(userId));
    if (left.length > 0) said.push(polite(refusedInWords(left, strings, locale)));
  }
  const [last, ended] = [before.lastRecording, after.lastRecording];
  if (ended !== null) {
    const isNew = ended.id !== last?.id || ended.cause !== last.cause;
    if (isNew) said.push(polite(stoppedWords(endedRecording(ended, after), strings)));
  } else if (then !== null && now === null) {
    said.push(polite(words.stopped));
  }
  return said;
}

/** Reactions of others since the last snapshot: one sentence for each kind. */
function reactionsInWords(
  before: CallSnapshot,
  after: CallSnapshot,
  strings: Strings,
  locale: string | undefined,
): Said[] {
  const known = new Set(before.reactions.map(({ id }) => id));
  const names = new Map(after.participants.map((person) => [person.userId, person.name]));
  const kinds = new Map<string, Set<string>>();
  for (const { id, userId, reaction } of after.reactions) {
    const name = names.get(userId);
    if (known.has(id) || name === undefined) continue;
    kinds.set(reaction, (kinds.get(reaction) ?? new Set()).add(name));
  }
  return [...kinds].map(([reaction, who]) =>
    polite(
      strings.says.reacted(listOf([...who], locale), strings.reactionNames[reaction] ?? reaction),
    ),
  );
}

/** Speaks the changes of a call through the live regions. */
export function useAnnouncements(snapshot: CallSnapshot | null): void {
  const announce = useAnnounce();
  const strings = useStrings();
  const locale = useLocale();
  const last = useRef<CallSnapshot | null>(null);
  useEffect(() => {
    const before = last.current;
    last.current = snapshot;
    if (before === null || snapshot === null || before.id !== snapshot.id) return;
    const said = changesInWords(before, snapshot, strings, locale);
    const urgent = said.filter((each) => each.urgency === "assertive");
    const calm = said.filter((each) => each.urgency === "polite");
    // One sentence per region: a second one would silence the first.
    if (urgent.length > 0) announce(urgent.map((each) => each.words).join(". "), "assertive");
    if (calm.length > 0) announce(calm.map((each) => each.words).join(". "));
  }, [snapshot, announce, strings, locale]);
}
