import {
  InsecureContextError,
  type MediaError,
  NotSupportedError,
  toMediaError,
} from "./errors.js";
import type { MediaChoice } from "./options.js";

/** What could be captured, and why the rest could not. */
export interface Captured {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  microphoneError: MediaError | null;
  cameraError: MediaError | null;
}

/**
 * Captures microphone and camera with one question to the person. When that fails, each is tried
 * alone, so that one missing device does not take the other away. Never throws.
 */
export async function captureDevices(
  devices: MediaDevices | undefined,
  choice: MediaChoice,
): Promise<Captured> {
  const { audio = false, video = false } = choice;
  const result: Captured = {
    microphone: null,
    camera: null,
    microphoneError: null,
    cameraError: null,
  };
  if (audio && video && devices) {
    try {
      const stream = await devices.getUserMedia({
        audio: microphoneConstraints(choice.microphoneId),
        video: cameraConstraints(choice.cameraId),
      });
      result.microphone = stream.getAudioTracks()[0] ?? null;
      result.camera = stream.getVideoTracks()[0] ?? null;
      return result;
    } catch {
      // Which of the two it was shows when each is asked for alone.
    }
  }
  if (audio) {
    try {
      result.microphone = await captureMicrophone(devices, choice.microphoneId);
    } catch (error) {
      result.microphoneError = toMediaError(error, "microphone");
    }
  }
  if (video) {
    try {
      result.camera = await captureCamera(devices, choice.cameraId);
    } catch (error) {
      result.cameraError = toMediaError(error, "camera");
    }
  }
  return result;
}

/** Throws a `MediaError`. */
export async function captureMicrophone(
  devices: MediaDevices | undefined,
  deviceId?: string | null,
): Promise<MediaStreamTrack> {
  if (!devices) throw new InsecureContextError("microphone");
  try {
    const stream = await devices.getUserMedia({ audio: microphoneConstraints(deviceId) });
    return first(stream.getAudioTracks());
  } catch (error) {
    throw toMediaError(error, "microphone");
  }
}

/** Throws a `MediaError`. */
export async function captureCamera(
  devices: MediaDevices | undefined,
  deviceId?: string | null,
): Promise<MediaStreamTrack> {
  if (!devices) throw new InsecureContextError("camera");
  try {
    const stream = await devices.getUserMedia({ video: cameraConstraints(deviceId) });
    return first(stream.getVideoTracks());
  } catch (error) {
    throw toMediaError(error, "camera");
  }
}

/**
 * Asks the person for a screen. Calls the browser before anything is awaited, since that needs the
 * click that led here. Throws a `MediaError` or `NotSupportedError`.
 */
export async function captureScreen(devices: MediaDevices | undefined): Promise<MediaStream> {
  if (!devices) throw new InsecureContextError("screen");
  if (typeof devices.getDisplayMedia !== "function") throw new NotSupportedError("share a screen");
  try {
    const stream = await devices.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 30 } },
      audio: true,
    });
    const [picture] = stream.getVideoTracks();
    // Text has to stay sharp; the frame rate may suffer.
    if (picture) picture.contentHint = "detail";
    return stream;
  } catch (error) {
    throw toMediaError(error, "screen");
  }
}

function microphoneConstraints(deviceId: string | null | undefined): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
}

function cameraConstraints(deviceId: string | null | undefined): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
}

function first(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw new DOMException("The stream has no track.", "NotFoundError");
  return track;
}
