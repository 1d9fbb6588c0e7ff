import type { ServerMessage, WireCall, WireParticipant } from "./types.js";

/** Messages that tell of a change of a call. */
export type Change = Extract<
  ServerMessage,
  {
    type:
      | "call:ringing"
      | "call:participant-joined"
      | "call:participant-left"
      | "call:media-state-changed"
      | "call:recording-changed"
      | "call:updated"
      | "call:ended";
  }
>;

/** What became of a change. */
export interface Applied {
  call: WireCall;
  /** Changes before this one are missing: the call has to be asked for whole. */
  gap: boolean;
}

/**
 * Applies a change to the call as it is known. What is older is ignored. The messages of one change
 * share its version, so one of the version already known is applied too. A change that comes whole
 * never leaves a gap; a part of one does when versions before it are missing, and is not applied,
 * because parts alone do not add up to a call.
 */
export function applyChange(call: WireCall, change: Change): Applied {
  if (change.version < call.version) return { call, gap: false };
  switch (change.type) {
    case "call:updated":
    case "call:ended":
      return { call: change.call, gap: false };
    case "call:ringing":
    case "call:participant-joined":
    case "call:participant-left":
    case "call:media-state-changed":
    case "call:recording-changed":
      if (change.version > call.version + 1) return { call, gap: true };
      return { call: { ...part(call, change), version: change.version }, gap: false };
  }
}

function part(
  call: WireCall,
  change: Exclude<Change, { type: "call:updated" | "call:ended" }>,
): WireCall {
  switch (change.type) {
    case "call:ringing": {
      const alerted = withParticipant(call, change.userId, (them) =>
        them.status === "invited" ? { ...them, status: "alerting" } : them,
      );
      return call.status === "created" ? { ...alerted, status: "ringing" } : alerted;
    }
    case "call:participant-joined": {
      const { participant } = change;
      const joined = withParticipant(call, participant.userId, () => participant);
      const known = call.participants.some((them) => them.userId === participant.userId);
      const waiting = call.status === "created" || call.status === "ringing";
      return {
        ...joined,
        participants: known ? joined.participants : [...joined.participants, participant],
        // The first answer; its time comes with the next whole call.
        status: waiting && participant.userId !== call.initiatorId ? "connecting" : call.status,
      };
    }
    case "call:participant-left":
      return withParticipant(call, change.userId, (them) => ({
        ...them,
        status: change.reason === "removed" ? "removed" : "left",
        leaveReason: change.reason,
        media: { audio: false, video: false, screen: false },
        handRaisedAt: null,
      }));
    case "call:media-state-changed":
      return withParticipant(call, change.userId, (them) => ({ ...them, media: change.media }));
    case "call:recording-changed":
      return { ...call, recording: change.recording };
  }
}

function withParticipant(
  call: WireCall,
  userId: string,
  change: (participant: WireParticipant) => WireParticipant,
): WireCall {
  return {
    ...call,
    participants: call.participants.map((participant) =>
      participant.userId === userId ? change(participant) : participant,
    ),
  };
}
