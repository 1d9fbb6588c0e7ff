import { isPresent } from "./mesh.js";
import type { QualityLevel } from "./quality.js";
import { mayRecord, viewOfRecording } from "./recording-view.js";
import type { Remote } from "./remote.js";
import type {
  CallEndReason,
  CallPhase,
  CallSnapshot,
  ConnectionFigures,
  Handover,
  ParticipantSnapshot,
  QualityState,
  Reaction,
  RecordingEnd,
  SelfSnapshot,
  StreamState,
} from "./snapshot.js";
import type { RecordingAbility, VideoSource, WireCall, WireParticipant } from "./wire/types.js";

/** All that a snapshot is made of. */
export interface CallParts {
  wire: WireCall;
  selfId: string;
  deviceId: string;
  self: SelfSnapshot;
  endReason: CallEndReason | null;
  /** Taken by the person here; the server has not confirmed it. */
  answering: boolean;
  /** Taken up again after a reload. */
  restored: boolean;
  /** Media flowed here at least once. */
  flowed: boolean;
  remotes: ReadonlyMap<string, Remote>;
  /** How a picture comes by the SFU. */
  stream(userId: string, source: VideoSource): StreamState | null;
  speakers: readonly string[];
  reactions: readonly Reaction[];
  handovers: readonly Handover[];
  lastRecording: RecordingEnd | null;
  /** What the server can record; null until known. */
  ability: RecordingAbility | null;
  quality: {
    of(userId: string): QualityLevel | null;
    worst(): QualityLevel | null;
    figures(userId: string): ConnectionFigures | null;
  };
}

/** My own entry in the call. */
export function mine(wire: WireCall, selfId: string): WireParticipant | undefined {
  return wire.participants.find(({ userId }) => userId === selfId);
}

/** This very device is in the call. */
export function isInside(wire: WireCall, selfId: string, deviceId: string): boolean {
  const me = mine(wire, selfId);
  return me !== undefined && isPresent(me.status) && me.deviceId === deviceId;
}

/** It rings for me. */
export function isRinging(wire: WireCall, selfId: string): boolean {
  const status = mine(wire, selfId)?.status;
  return wire.status !== "ended" && (status === "invited" || status === "alerting");
}

/** A call as it is shown. */
export function viewOf(parts: CallParts): CallSnapshot {
  const { wire, selfId, quality } = parts;
  const phase = phaseOf(parts);
  const me = mine(wire, selfId);
  const role = me?.role ?? "participant";
  return {
    id: wire.id,
    type: wire.type,
    phase,
    outgoing: wire.initiatorId === selfId,
    ringing: phase === "incoming" && isRinging(wire, selfId),
    group: wire.participants.length > 2,
    wire,
    self: parts.self,
    participants: wire.participants
      .filter(({ userId }) => userId !== selfId)
      .map((participant) => viewOfOther(parts, participant)),
    startedAt: toTime(wire.startedAt),
    endedAt: toTime(wire.endedAt),
    endReason: parts.endReason,
    quality: toState(quality.worst()),
    topology: wire.topology,
    role,
    moderator: role !== "participant",
    handRaisedAt: toTime(me?.handRaisedAt ?? null),
    activeSpeakers: parts.speakers,
    reactions: parts.reactions,
    handovers: parts.handovers,
    recording: wire.recording && viewOfRecording(wire.recording, selfId, role, parts.ability),
    lastRecording: parts.lastRecording,
    canRecord: phase === "active" && mayRecord(wire, role, parts.ability),
  };
}

function viewOfOther(parts: CallParts, participant: WireParticipant): ParticipantSnapshot {
  const { userId, name, role, status, media, handRaisedAt } = participant;
  const remote = parts.remotes.get(userId);
  const figures = remote ? parts.quality.figures(userId) : null;
  return {
    userId,
    name: name ?? userId,
    role,
    status,
    media,
    stream: remote?.stream ?? null,
    screenStream: media.screen ? (remote?.screenStream ?? null) : null,
    screenAudioStream: media.screen ? (remote?.screenAudioStream ?? null) : null,
    quality: remote ? toState(parts.quality.of(userId)) : null,
    connectionState: remote?.state ?? null,
    candidateType: figures?.candidateType ?? null,
    figures,
    path: remote?.topology ?? null,
    streams: { video: parts.stream(userId, "video"), screen: parts.stream(userId, "screen") },
    handRaisedAt: toTime(handRaisedAt),
  };
}

function phaseOf(parts: CallParts): CallPhase {
  const { wire, selfId, deviceId } = parts;
  if (parts.endReason !== null) return "ended";
  if (!isInside(wire, selfId, deviceId)) return parts.answering ? "connecting" : "incoming";
  const others = wire.participants.some((p) => p.userId !== selfId && isPresent(p.status));
  if (!others) {
    if (wire.status === "created" || wire.status === "ringing") return "ringing-out";
    return parts.flowed || wire.startedAt !== null ? "active" : "connecting";
  }
  const connected = [...parts.remotes.values()].some((remote) => remote.state === "connected");
  if (connected && parts.flowed) return "active";
  return parts.flowed || parts.restored ? "reconnecting" : "connecting";
}

function toState(level: QualityLevel | null): QualityState | null {
  return level && { level: level.quality, score: level.score, reasons: level.reasons };
}

function toTime(time: string | null): number | null {
  const ms = time === null ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? null : ms;
}
