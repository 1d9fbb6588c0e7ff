import type {
  CallEndReason,
  DirectResult,
  QualityReason,
  RelayProtocol,
  RelayResult,
} from "call-client";
import type {
  CallLayout,
  CallType,
  MediaProblem,
  ParticipantRole,
  ParticipantStatus,
  PauseReason,
  Quality,
} from "../model.js";
import type { RecordingStrings } from "./recording.js";
import type { RecordingsStrings } from "./recordings.js";

/** Every word the components say. Override any part of it by `<CallProvider strings={…}>`. */
export interface Strings {
  you: string;
  unknownPerson: string;

  muteMicrophone: string;
  unmuteMicrophone: string;
  turnCameraOn: string;
  turnCameraOff: string;
  shareScreen: string;
  stopSharing: string;
  hangUp: string;
  endForAll: string;
  more: string;
  controls: string;
  microphoneOptions: string;
  cameraOptions: string;

  microphone: string;
  camera: string;
  speaker: string;
  systemDefault: string;
  noDevices: string;

  layout: string;
  layoutGrid: string;
  layoutSpeaker: string;
  devices: string;
  statistics: string;
  enterFullScreen: string;
  exitFullScreen: string;
  pictureInPicture: string;
  /** The button that changes to a layout. */
  switchLayout: Record<CallLayout, string>;
  previousPage: string;
  nextPage: string;
  page: (page: number, pages: number) => string;

  calling: string;
  ringing: string;
  connecting: string;
  waitingForOthers: string;
  reconnecting: string;
  reconnectingFor: (duration: string) => string;
  peerReconnecting: (name: string) => string;
  slowUpload: string;
  poorNetwork: string;
  microphoneMuted: string;
  cameraOff: string;
  isSharing: (name: string) => string;
  youAreSharing: string;
  selfView: string;
  selfViewHint: string;
  videoOf: (name: string) => string;
  screenOf: (name: string) => string;
  participants: string;
  /** A title for many: the first name, and how many more. */
  andOthers: (name: string, count: string) => string;
  pin: string;
  unpin: string;
  pinned: string;
  tileOptions: (name: string) => string;
  /** On a tile without its picture. */
  pauses: Record<Exclude<PauseReason, "hidden">, string>;
  raiseHand: string;
  lowerHand: string;
  /** `place` in the order of raised hands. */
  handRaised: (place: string) => string;
  react: string;
  /** Names of the emoji that can be thrown in, by the emoji. */
  reactionNames: Record<string, string>;
  mutedByModerator: Record<"audio" | "video" | "screen", string>;

  people: {
    title: string;
    /** The button that opens the list. */
    open: (count: string) => string;
    inCall: (count: string) => string;
    notInCall: (count: string) => string;
    roles: Record<Exclude<ParticipantRole, "participant">, string>;
    statuses: Record<ParticipantStatus, string>;
    options: (name: string) => string;
    mute: string;
    stopCamera: string;
    stopScreen: string;
    makeModerator: string;
    takeModerator: string;
    remove: string;
    confirmRemoveTitle: (name: string) => string;
    confirmRemove: string;
    confirmRemoveAction: string;
    add: string;
    addHint: string;
    /** What adding does in a call of two. */
    addHintDuo: string;
    addPerson: (name: string) => string;
    adding: (name: string) => string;
    noMatch: string;
    callAgain: (name: string) => string;
    failed: string;
    failures: Record<string, string>;
  };
  qualityLabel: (quality: string) => string;
  qualities: Record<Quality, string>;
  qualityReasons: Record<QualityReason, string>;

  callStoppedElsewhere: Record<"answered_elsewhere" | "declined_elsewhere", string>;
  missedCall: (name: string) => string;
  incomingCall: (name: string, type: CallType) => string;
  incomingGroupCall: (name: string, others: string, type: CallType) => string;
  incomingVideo: string;
  incomingAudio: string;
  decline: string;
  acceptAudio: string;
  acceptVideo: string;
  accept: string;
  audio: string;
  video: string;

  preJoinTitle: string;
  joinCall: string;
  startCall: string;
  cancel: string;
  testSpeaker: string;
  testingSpeaker: string;
  microphoneLevel: string;
  networkTest: string;
  networkTests: Record<"running" | "direct" | "relayed" | "blocked", string>;
  relayedBy: (protocol: string) => string;
  /** Which transports failed, already joined to a list. */
  blockedTransports: (transports: string) => string;
  networkDetails: Record<"direct" | "relayed" | "blocked", string>;
  relayProtocols: Record<RelayProtocol, string>;
  /** The lines of a network report. */
  ways: { title: string; direct: string; relay: (protocol: string) => string };
  directResults: Record<DirectResult, string>;
  relayResults: Record<RelayResult, string>;
  noRelays: string;

  startAudioTitle: string;
  startAudio: string;

  confirmLeaveTitle: string;
  confirmLeave: string;
  stay: string;
  leaveCall: string;

  callEnded: string;
  callAgain: string;
  /** Back into a group call that one has left. */
  rejoin: string;
  close: string;
  duration: string;
  quality: string;
  endReasons: Record<CallEndReason, string>;

  retry: string;
  continueWithout: string;
  dismiss: string;
  showHelp: string;
  screenFailed: string;
  blocked: Record<"microphone" | "camera" | "both", string>;
  problems: Record<MediaProblem, { title: string; detail: string }>;
  permissionSteps: Record<"chrome" | "firefox" | "safari" | "ios" | "android" | "other", string[]>;
  problemCode: (code: string) => string;
  errors: Record<string, string>;

  /** The recording of a call that goes on. */
  recording: RecordingStrings;
  /** The list of recordings. */
  recordings: RecordingsStrings;

  stats: {
    title: string;
    roundTrip: string;
    jitter: string;
    loss: string;
    received: string;
    sent: string;
    picture: string;
    pictureSent: string;
    path: string;
    pathDirect: string;
    pathRelay: string;
    pathRelayBy: (protocol: string) => string;
    none: string;
  };

  says: {
    joined: (names: string) => string;
    left: (name: string) => string;
    muted: (name: string) => string;
    unmuted: (name: string) => string;
    youMuted: string;
    youUnmuted: string;
    sharing: (name: string) => string;
    stoppedSharing: (name: string) => string;
    quality: (quality: string) => string;
    reconnected: string;
    dropped: string;
    connected: string;
    handRaised: (name: string) => string;
    youRaisedHand: string;
    youLoweredHand: string;
    /** `reaction` is the emoji's name, or the emoji. */
    reacted: (names: string, reaction: string) => string;
    youAreModerator: string;
    layout: Record<CallLayout, string>;
  };
}

/** Strings with any part left out. */
export type PartialStrings = {
  [K in keyof Strings]?: Strings[K] extends (...args: never[]) => string
    ? Strings[K]
    : Strings[K] extends object
      ? Partial<Strings[K]>
      : Strings[K];
};

function isGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The base catalogue with the given parts replaced, one level deep. */
export function mergeStrings(base: Strings, changes: PartialStrings | undefined): Strings {
  if (changes === undefined) return base;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const before = merged[key];
    merged[key] = isGroup(value) && isGroup(before) ? { ...before, ...value } : value;
  }
  return merged as unknown as Strings;
}
