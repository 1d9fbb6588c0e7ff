import type {
  CallRecording,
  ParticipantStatus,
  Recording,
  WireCall,
  WireParticipant,
} from "../../src/wire/types.js";

const AT = "2026-11-23T12:00:00.000Z";

/** Somebody in a call; a device only once they took it. */
export function person(
  userId: string,
  status: ParticipantStatus,
  more: Partial<WireParticipant> = {},
): WireParticipant {
  const present = ["accepted", "joined", "reconnecting"].includes(status);
  return {
    userId,
    name: userId.toUpperCase(),
    role: "participant",
    status,
    deviceId: present ? `device-of-${userId}` : null,
    media: { audio: present, video: present, screen: false },
    connectionQuality: null,
    invitedAt: AT,
    joinedAt: null,
    leftAt: null,
    leaveReason: null,
    handRaisedAt: null,
    ...more,
  };
}

/** A call; alice called bob unless told otherwise. */
export function wireCall(more: Partial<WireCall> = {}): WireCall {
  return {
    id: "call-1",
    version: 1,
    type: "video",
    status: "created",
    topology: "p2p",
    initiatorId: "alice",
    conversationId: null,
    metadata: {},
    createdAt: AT,
    ringDeadline: AT,
    answeredAt: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    endReason: null,
    endedBy: null,
    sfuRoomId: null,
    recording: null,
    recordingUrl: null,
    qualityStats: null,
    participants: [person("alice", "accepted", { role: "initiator" }), person("bob", "invited")],
    ...more,
  };
}

/** A recording that runs; alice began it, and bob is asked unless told otherwise. */
export function callRecording(more: Partial<CallRecording> = {}): CallRecording {
  return {
    id: "recording-1",
    mode: "tracks",
    startedBy: "alice",
    startedAt: AT,
    consent: "ask",
    consents: [
      { userId: "alice", status: "given", at: AT },
      { userId: "bob", status: "asked", at: null },
    ],
    ...more,
  };
}

/** A recording that is done, of one track. */
export function recording(more: Partial<Recording> = {}): Recording {
  return {
    ...callRecording(),
    callId: "call-1",
    status: "ready",
    cause: null,
    stoppedAt: AT,
    stoppedBy: "alice",
    durationMs: 61_000,
    bytes: 4096,
    progress: null,
    mix: "none",
    files: [
      {
        id: "file-1",
        kind: "track",
        userId: "alice",
        source: "audio",
        codec: "opus",
        contentType: "audio/webm",
        bytes: 4096,
        offsetMs: 20,
        durationMs: 60_000,
        width: null,
        height: null,
      },
    ],
    ...more,
  };
}
