import type { CallEvent, WireCall } from "call-client";

/** What somebody was doing for a while. */
export type Activity = "ringing" | "connecting" | "joined" | "reconnecting" | "muted" | "sharing";

/** A stretch of time, in milliseconds since the epoch. */
export interface Stretch {
  activity: Activity;
  from: number;
  to: number;
}

/** The time line of one person. */
export interface Lane {
  userId: string;
  /** Where they stood: never two at once. */
  main: Stretch[];
  /** Muted, sharing: beside it. */
  extra: Stretch[];
}

const begins: Record<string, Activity | null> = {
  created: "ringing",
  invited: "ringing",
  answered: "connecting",
  entered: "connecting",
  joined: "joined",
  disconnected: "reconnecting",
  resumed: "joined",
  declined: null,
  busy: null,
  missed: null,
  unreachable: null,
  left: null,
  removed: null,
};

/** When media took another way. */
export interface HandoverMark {
  at: number;
  to: "p2p" | "sfu";
}

/** The changes between devices and server, for marks across all lanes. */
export function handoversOf(events: readonly CallEvent[]): readonly HandoverMark[] {
  return events.flatMap((event) => {
    const to = event.type === "topology_changed" ? event.data.topology : null;
    return to === "p2p" || to === "sfu" ? [{ at: Date.parse(event.at), to }] : [];
  });
}

/** When the call was recorded. */
export interface RecordedStretch {
  from: number;
  to: number;
}

/** The stretches for which the call was recorded. `end` closes one that still goes on. */
export function recordedOf(events: readonly CallEvent[], end: number): readonly RecordedStretch[] {
  const stretches: RecordedStretch[] = [];
  let from: number | null = null;
  for (const event of events) {
    const at = Date.parse(event.at);
    if (event.type === "recording_started") from ??= at;
    if (event.type === "recording_stopped" && from !== null) {
      stretches.push({ from, to: at });
      from = null;
    }
  }
  return from === null ? stretches : [...stretches, { from, to: Math.max(from, end) }];
}

interface Open {
  main: { activity: Activity; from: number } | null;
  muted: number | null;
  sharing: number | null;
}

/** Turns a call's events into one lane for each person. `now` closes what still goes on. */
export function lanesOf(
  call: WireCall,
  events: readonly CallEvent[],
  now: number,
): { from: number; to: number; lanes: Lane[] } {
  const from = Date.parse(call.createdAt);
  const to = Math.max(from + 1, call.endedAt === null ? now : Date.parse(call.endedAt));
  const lanes = new Map<string, Lane>();
  const open = new Map<string, Open>();
  for (const { userId } of call.participants) {
    lanes.set(userId, { userId, main: [], extra: [] });
    open.set(userId, { main: null, muted: null, sharing: null });
  }
  for (const event of events) {
    const userId = event.userId;
    const lane = userId === null ? undefined : lanes.get(userId);
    const state = userId === null ? undefined : open.get(userId);
    if (lane === undefined || state === undefined) continue;
    const at = Date.parse(event.at);
    const next = begins[event.type];
    if (next !== undefined) {
      closeMain(lane, state, at);
      state.main = next === null ? null : { activity: next, from: at };
      if (next === null) closeExtra(lane, state, at);
    } else if (event.type === "media_changed" || event.type === "muted") {
      changeMedia(lane, state, at, event.data.media);
    }
  }
  for (const [userId, state] of open) {
    const lane = lanes.get(userId);
    if (lane === undefined) continue;
    closeMain(lane, state, to);
    closeExtra(lane, state, to);
  }
  return { from, to, lanes: [...lanes.values()] };
}

function closeMain(lane: Lane, state: Open, at: number): void {
  if (state.main !== null && at > state.main.from) lane.main.push({ ...state.main, to: at });
  state.main = null;
}

function closeExtra(lane: Lane, state: Open, at: number): void {
  if (state.muted !== null) lane.extra.push({ activity: "muted", from: state.muted, to: at });
  if (state.sharing !== null) lane.extra.push({ activity: "sharing", from: state.sharing, to: at });
  state.muted = null;
  state.sharing = null;
}

function changeMedia(lane: Lane, state: Open, at: number, media: unknown): void {
  if (typeof media !== "object" || media === null) return;
  const { audio, screen } = media as { audio?: unknown; screen?: unknown };
  if (audio === false) state.muted ??= at;
  if (audio === true && state.muted !== null) {
    lane.extra.push({ activity: "muted", from: state.muted, to: at });
    state.muted = null;
  }
  if (screen === true) state.sharing ??= at;
  if (screen === false && state.sharing !== null) {
    lane.extra.push({ activity: "sharing", from: state.sharing, to: at });
    state.sharing = null;
  }
}
