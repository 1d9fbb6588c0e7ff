import type {
  Call,
  CallSnapshot,
  ConsentStatus,
  ParticipantSnapshot,
  WireParticipant,
} from "call-client";
import { useMemo, useRef } from "react";
import type { Person, Reaction, RosterPerson, TilePerson } from "../model.js";
import { keepPeople } from "./keepPeople.js";
import { useMaybeStore } from "./useStore.js";

/** Everybody in a call, sorted into what the screen needs. */
export interface Participants {
  self: TilePerson;
  /** Those who have taken the call. */
  others: readonly TilePerson[];
  /** Those who have not answered yet. */
  awaited: readonly Person[];
  /** Everybody but me, whatever became of them. */
  everybody: readonly Person[];
  /** Everybody, me first, as the list of people shows them. */
  roster: readonly RosterPerson[];
}

function present(person: ParticipantSnapshot): boolean {
  return (
    person.status === "accepted" || person.status === "joined" || person.status === "reconnecting"
  );
}

function linkOf(person: ParticipantSnapshot): TilePerson["link"] {
  const { status, connectionState } = person;
  if (status === "reconnecting") return "reconnecting";
  if (connectionState === "disconnected" || connectionState === "failed") return "reconnecting";
  return connectionState === "connected" ? "connected" : "connecting";
}

function mine(snapshot: CallSnapshot): WireParticipant | undefined {
  const others = new Set(snapshot.participants.map((person) => person.userId));
  return snapshot.wire.participants.find((person) => !others.has(person.userId));
}

/** Raised hands in the order in which they were raised: places from 1, by user id. */
function handsOf(snapshot: CallSnapshot, selfId: string): ReadonlyMap<string, number> {
  const raised = snapshot.participants
    .filter(present)
    .map(({ userId, handRaisedAt }) => ({ userId, handRaisedAt }));
  raised.push({ userId: selfId, handRaisedAt: snapshot.handRaisedAt });
  const inOrder = raised
    .filter((each): each is { userId: string; handRaisedAt: number } => each.handRaisedAt !== null)
    .sort((a, b) => a.handRaisedAt - b.handRaisedAt || (a.userId < b.userId ? -1 : 1));
  return new Map(inOrder.map(({ userId }, index) => [userId, index + 1]));
}

/** Whether the server tells who speaks; else loudness does. */
export function hasSpeakers(snapshot: CallSnapshot): boolean {
  return snapshot.topology === "sfu";
}

/** Turns a call's snapshot into people to show. */
export function participantsOf(snapshot: CallSnapshot): Participants {
  const { self } = snapshot;
  const me = mine(snapshot);
  const selfId = me?.userId ?? "";
  const selfName = me?.name ?? selfId;
  const hands = handsOf(snapshot, selfId);
  const speakers = hasSpeakers(snapshot) ? new Set(snapshot.activeSpeakers) : null;
  const consents = new Map<string, ConsentStatus>(
    snapshot.recording?.consents.map(({ userId, status }) => [userId, status]),
  );
  const reactions = new Map<string, Reaction[]>();
  for (const reaction of snapshot.reactions) {
    const before = reactions.get(reaction.userId);
    if (before === undefined) reactions.set(reaction.userId, [reaction]);
    else before.push(reaction);
  }
  const media = { audio: self.audio, video: self.video, screen: self.screen };
  const quality = snapshot.quality?.level ?? null;
  return {
    self: {
      userId: selfId,
      name: selfName,
      isLocal: true,
      stream: self.localStream,
      media,
      quality,
      link: "connected",
      role: snapshot.role,
      hand: hands.get(selfId) ?? null,
      reactions: reactions.get(selfId) ?? [],
    },
    others: snapshot.participants.filter(present).map((person) => ({
      userId: person.userId,
      name: person.name,
      isLocal: false,
      stream: person.stream,
      media: person.media,
      quality: person.quality?.level ?? null,
      link: linkOf(person),
      // Peer to peer a screen takes the place of the camera.
      ...(person.path === "sfu" || (person.path === null && snapshot.topology === "sfu")
        ? { screenStream: person.screenStream }
        : {}),
      picture: person.streams.video,
      screenPicture: person.streams.screen,
      role: person.role,
      hand: hands.get(person.userId) ?? null,
      ...(speakers === null ? {} : { speaking: speakers.has(person.userId) }),
      reactions: reactions.get(person.userId) ?? [],
    })),
    awaited: snapshot.participants
      .filter((person) => person.status === "invited" || person.status === "alerting")
      .map(({ userId, name }) => ({ userId, name })),
    everybody: snapshot.participants,
    roster: [
      {
        userId: selfId,
        name: selfName,
        isLocal: true,
        status: me?.status ?? "joined",
        role: snapshot.role,
        media,
        quality,
        hand: hands.get(selfId) ?? null,
        consent: consents.get(selfId) ?? null,
      },
      ...snapshot.participants.map((person) => ({
        userId: person.userId,
        name: person.name,
        isLocal: false,
        status: person.status,
        role: person.role,
        media: person.media,
        quality: person.quality?.level ?? null,
        hand: hands.get(person.userId) ?? null,
        consent: consents.get(person.userId) ?? null,
      })),
    ],
  };
}

/** People of a snapshot; whoever did not change is the same object as before. */
export function usePeople(snapshot: CallSnapshot): Participants {
  const last = useRef<Participants | null>(null);
  return useMemo(() => {
    const next = keepPeople(last.current, participantsOf(snapshot));
    last.current = next;
    return next;
  }, [snapshot]);
}

/** The people of a call, kept current. */
export function useParticipants(call: Call | null): Participants | null {
  const snapshot = useMaybeStore(call?.state ?? null);
  return useMemo(() => (snapshot === null ? null : participantsOf(snapshot)), [snapshot]);
}
