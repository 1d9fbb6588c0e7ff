import type { Call, CallSnapshot, ParticipantSnapshot, WireParticipant } from "call-client";
import { useMemo } from "react";
import type { Person, TilePerson } from "../model.js";
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

/** Turns a call's snapshot into people to show. */
export function participantsOf(snapshot: CallSnapshot): Participants {
  const { self } = snapshot;
  const me = mine(snapshot);
  return {
    self: {
      userId: me?.userId ?? "",
      name: me?.name ?? me?.userId ?? "",
      isLocal: true,
      stream: self.localStream,
      media: { audio: self.audio, video: self.video, screen: self.screen },
      quality: snapshot.quality?.level ?? null,
      link: "connected",
    },
    others: snapshot.participants.filter(present).map((person) => ({
      userId: person.userId,
      name: person.name,
      isLocal: false,
      stream: person.stream,
      media: person.media,
      quality: person.quality?.level ?? null,
      link: linkOf(person),
    })),
    awaited: snapshot.participants.filter(
      (person) => person.status === "invited" || person.status === "alerting",
    ),
    everybody: snapshot.participants,
  };
}

/** The people of a call, kept current. */
export function useParticipants(call: Call | null): Participants | null {
  const snapshot = useMaybeStore(call?.state ?? null);
  return useMemo(() => (snapshot === null ? null : participantsOf(snapshot)), [snapshot]);
}
