import { captureCamera, captureDevices, captureMicrophone, captureScreen } from "./capture.js";
import {
  CallClientError,
  type CaptureSource,
  DeviceNotFoundError,
  MediaError,
  toMediaError,
} from "./errors.js";
import type { MediaChoice } from "./options.js";
import type { PictureSource } from "./sender-limits.js";
import type { SelfSnapshot } from "./snapshot.js";
import { ValueStore } from "./store.js";
import type { BySource } from "./way.js";
import type { MediaState } from "./wire/types.js";

/** What goes to every peer, one per place in the connection. */
export interface OutgoingTracks {
  audio: MediaStreamTrack | null;
  /** The shared screen, else the camera. */
  video: MediaStreamTrack | null;
  screenAudio: MediaStreamTrack | null;
  /** What `video` shows. */
  picture: PictureSource;
}

const NOTHING: SelfSnapshot = {
  audio: false,
  video: false,
  screen: false,
  localStream: null,
  screenStream: null,
  microphoneId: null,
  cameraId: null,
  videoPaused: false,
  errors: { microphone: null, camera: null, screen: null },
  mutedByModerator: { audio: false, video: false, screen: false },
};

/**
 * Microphone, camera and screen of this page, for one call. What cannot be captured is an error in
 * the state; the call goes on without it.
 */
export class LocalMedia {
  readonly state = new ValueStore<SelfSnapshot>(NOTHING);
  readonly #devices: MediaDevices | undefined;
  #microphone: MediaStreamTrack | null = null;
  #camera: MediaStreamTrack | null = null;
  #screen: MediaStream | null = null;
  #microphoneId: string | null = null;
  #cameraId: string | null = null;
  #released = false;
  #muted: MediaState = { audio: false, video: false, screen: false };
  /** One change of the devices at a time, so that two quick clicks end where the last one says. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(devices: MediaDevices | undefined) {
    this.#devices = devices;
  }

  /** What is sent at this moment. */
  tracks(): OutgoingTracks {
    const { screen, video } = this.state.getSnapshot();
    const picture = screen ? this.#screen?.getVideoTracks()[0] : video ? this.#camera : null;
    return {
      // A muted microphone stays in place, silent: it is back at once and costs next to nothing.
      audio: this.#microphone,
      video: picture ?? null,
      screenAudio: this.#screen?.getAudioTracks()[0] ?? null,
      picture: screen ? "screen" : "camera",
    };
  }

  /** What is sent at this moment where every source has a place of its own. */
  sources(): BySource<MediaStreamTrack | null> {
    const { audio, video } = this.state.getSnapshot();
    return {
      // A muted microphone would send silence to everybody, all the time.
      audio: audio ? this.#microphone : null,
      video: video ? this.#camera : null,
      screen: this.#screen?.getVideoTracks()[0] ?? null,
      screenAudio: this.#screen?.getAudioTracks()[0] ?? null,
    };
  }

  /** What others are to be told. */
  signalled(): MediaState {
    const { audio, video, screen } = this.state.getSnapshot();
    return { audio, video, screen };
  }

  /** Captures what is chosen. Never throws: errors are in the state. */
  capture(choice: MediaChoice): Promise<void> {
    return this.#inTurn(async () => {
      this.#microphoneId = choice.microphoneId ?? this.#microphoneId;
      this.#cameraId = choice.cameraId ?? this.#cameraId;
      let captured = await captureDevices(this.#devices, choice);
      if (this.#outdated(captured.microphoneError) || this.#outdated(captured.cameraError)) {
        // A remembered device is gone: the system's choice is better than none.
        this.#microphoneId = null;
        this.#cameraId = null;
        captured.microphone?.stop();
        captured.camera?.stop();
        const { audio, video } = choice;
        captured = await captureDevices(this.#devices, { audio, video });
      }
      this.#keepMicrophone(captured.microphone, captured.microphone !== null);
      this.#keepCamera(captured.camera);
      this.#publish({ microphone: captured.microphoneError, camera: captured.cameraError });
    });
  }

  /** Throws a `MediaError`, which is in the state too. */
  setMicrophone(on: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (on && this.#microphone?.readyState !== "live") {
        const track = await this.#try("microphone", () =>
          captureMicrophone(this.#devices, this.#microphoneId),
        );
        this.#keepMicrophone(track, true);
      } else if (this.#microphone) this.#microphone.enabled = on;
      this.#publish({ microphone: null });
    });
  }

  /** Throws a `MediaError`, which is in the state too. Off lets go of the camera and its light. */
  setCamera(on: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!on) this.#keepCamera(null);
      else if (this.#camera?.readyState !== "live") {
        const track = await this.#try("camera", () => captureCamera(this.#devices, this.#cameraId));
        this.#keepCamera(track);
      }
      this.#publish({ camera: null });
    });
  }

  switchMicrophone(deviceId: string): Promise<void> {
    return this.#inTurn(async () => {
      const on = this.state.getSnapshot().audio;
      if (this.#microphone) {
        const track = await this.#try("microphone", () =>
          captureMicrophone(this.#devices, deviceId),
        );
        this.#keepMicrophone(track, on);
      }
      this.#microphoneId = deviceId;
      this.#publish({ microphone: null });
    });
  }

  switchCamera(deviceId: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#camera) {
        // Phones open one camera at a time, so the old one goes first.
        this.#camera.stop();
        const track = await this.#try("camera", () => captureCamera(this.#devices, deviceId));
        this.#keepCamera(track);
      }
      this.#cameraId = deviceId;
      this.#publish({ camera: null });
    });
  }

  /** A moderator switched these off. Each may be switched on again here. */
  mute(off: MediaState): void {
    if (this.#released) return;
    if (off.audio && this.#microphone) this.#microphone.enabled = false;
    if (off.video) this.#keepCamera(null);
    if (off.screen) {
      stop(this.#screen);
      this.#screen = null;
    }
    const { audio, video, screen } = this.#muted;
    this.#muted = {
      audio: audio || off.audio,
      video: video || off.video,
      screen: screen || off.screen,
    };
    this.#publish({});
  }

  setVideoPaused(paused: boolean): void {
    if (!this.#released) this.#publish({}, paused);
  }

  /** Call it directly from a click. Throws `MediaError` or `NotSupportedError`. */
  async startScreenShare(): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await captureScreen(this.#devices);
    } catch (error) {
      if (error instanceof MediaError && !this.#released) this.#publish({ screen: error });
      throw error;
    }
    if (this.#released) {
      stop(stream);
      return;
    }
    stop(this.#screen);
    this.#screen = stream;
    // The browser's own "stop sharing".
    stream.getVideoTracks()[0]?.addEventListener("ended", () => {
      if (this.#screen === stream) this.stopScreenShare();
    });
    this.#publish({ screen: null });
  }

  stopScreenShare(): void {
    stop(this.#screen);
    this.#screen = null;
    if (!this.#released) this.#publish({});
  }

  /** Lets go of microphone and camera; they may be captured again. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.#keepMicrophone(null, false);
      this.#keepCamera(null);
      this.#publish({});
    });
  }

  /** Lets go of all devices, for good. */
  release(): void {
    this.#released = true;
    this.#keepMicrophone(null, false);
    this.#keepCamera(null);
    stop(this.#screen);
    this.#screen = null;
    this.state.set({ ...NOTHING, errors: this.state.getSnapshot().errors });
  }

  async #try(
    source: CaptureSource,
    capture: () => Promise<MediaStreamTrack>,
  ): Promise<MediaStreamTrack> {
    try {
      const track = await capture();
      if (!this.#released) return track;
      track.stop();
      throw new CallClientError("call_ended", "The call is over.");
    } catch (error) {
      if (error instanceof CallClientError && !(error instanceof MediaError)) throw error;
      const problem = toMediaError(error, source);
      if (!this.#released) this.#publish({ [source]: problem });
      throw problem;
    }
  }

  #outdated(error: MediaError | null): boolean {
    if (error === null || (this.#microphoneId === null && this.#cameraId === null)) return false;
    return error.code === "overconstrained" || error.code === "device_not_found";
  }

  #keepMicrophone(track: MediaStreamTrack | null, on: boolean): void {
    if (this.#released) track?.stop();
    if (this.#microphone !== track) this.#microphone?.stop();
    this.#microphone = this.#released ? null : track;
    if (!track || this.#released) return;
    track.enabled = on;
    track.addEventListener("ended", () => this.#unplugged("microphone", track));
  }

  #keepCamera(track: MediaStreamTrack | null): void {
    if (this.#released) track?.stop();
    if (this.#camera !== track) this.#camera?.stop();
    this.#camera = this.#released ? null : track;
    if (!track || this.#released) return;
    track.addEventListener("ended", () => this.#unplugged("camera", track));
  }

  /** A device went away by itself. For the voice, the system's choice takes its place. */
  #unplugged(source: "microphone" | "camera", track: MediaStreamTrack): void {
    const mine = source === "microphone" ? this.#microphone : this.#camera;
    if (mine !== track || this.#released) return;
    const wasOn = track.enabled;
    if (source === "camera") this.#camera = null;
    else this.#microphone = null;
    this.#publish({ [source]: new DeviceNotFoundError(source) });
    if (source === "microphone" && wasOn) {
      this.#microphoneId = null;
      this.setMicrophone(true).catch(() => undefined);
    }
  }

  #publish(
    errors: Partial<Record<CaptureSource, MediaError | null>>,
    videoPaused = this.state.getSnapshot().videoPaused,
  ): void {
    if (this.#released) return;
    const before = this.state.getSnapshot();
    const live = (track: MediaStreamTrack | null) => track?.readyState === "live";
    const tracks = [this.#microphone, this.#camera].filter((track) => track !== null);
    const audio = live(this.#microphone) && this.#microphone?.enabled === true;
    const screen = this.#screen !== null;
    const { audio: voice, video: camera, screen: share } = this.#muted;
    this.#muted = {
      audio: voice && !audio,
      video: camera && !live(this.#camera),
      screen: share && !screen,
    };
    this.state.set({
      audio,
      video: live(this.#camera) && !videoPaused,
      screen,
      localStream: sameTracks(before.localStream, tracks) ? before.localStream : join(tracks),
      screenStream: this.#screen,
      microphoneId: this.#microphone?.getSettings().deviceId ?? this.#microphoneId,
      cameraId: this.#camera?.getSettings().deviceId ?? this.#cameraId,
      videoPaused,
      errors: { ...before.errors, ...errors },
      mutedByModerator: this.#muted,
    });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (!this.#released) await run();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function join(tracks: MediaStreamTrack[]): MediaStream | null {
  return tracks.length > 0 ? new MediaStream(tracks) : null;
}

/** A new stream only for new tracks, so that a picture on the screen is not restarted by a mute. */
function sameTracks(stream: MediaStream | null, tracks: MediaStreamTrack[]): boolean {
  const present = stream?.getTracks() ?? [];
  return present.length === tracks.length && tracks.every((track) => present.includes(track));
}
