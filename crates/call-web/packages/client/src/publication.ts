import { linesOf } from "./sender-limits.js";
import type { BySource } from "./way.js";

/** One layer of a picture. The names are those of `RTCRtpEncodingParameters`. */
interface Layer {
  active: boolean;
  /** Bits per second. */
  maxBitrate: number;
  maxFramerate: number;
  scaleResolutionDownBy: number;
}

interface Step {
  /** Holds from this many captured lines on. */
  lines: number;
  /** Bits per second, by rid. */
  bitrates: Readonly<Record<string, number>>;
}

/** Lines of the largest layer of a camera; more are not worth their bits in a group. */
const CAMERA_LINES = 720;
/** A layer with fewer lines shows nothing. */
const FEWEST_LINES = 80;
const CAMERA: readonly Step[] = [
  { lines: 600, bitrates: { q: 150_000, h: 500_000, f: 1_700_000 } },
  { lines: 400, bitrates: { q: 120_000, h: 350_000, f: 1_000_000 } },
  { lines: 0, bitrates: { q: 100_000, h: 250_000, f: 600_000 } },
];
const SCREEN: Step = { lines: 0, bitrates: { h: 500_000, f: 2_500_000 } };
const SHRINK: Readonly<Record<string, number>> = { q: 4, h: 2, f: 1 };
const CAMERA_FRAMERATES: Readonly<Record<string, number>> = { q: 15, h: 30, f: 30 };
const SCREEN_FRAMERATES: Readonly<Record<string, number>> = { h: 8, f: 15 };

/**
 * What a layer is to be. `lines` is the shorter side of what is captured; undefined where the
 * browser does not tell. A layer without a name is the only one, and so the largest.
 */
export function layerOf(
  source: "video" | "screen",
  rid: string | undefined,
  lines = CAMERA_LINES,
): Layer {
  const name = rid !== undefined && rid in SHRINK ? rid : "f";
  const camera = source === "video";
  const step = camera ? (CAMERA.find((each) => lines >= each.lines) ?? SCREEN) : SCREEN;
  const largest = camera ? Math.max(1, lines / CAMERA_LINES) : 1;
  const scaleResolutionDownBy = largest * (SHRINK[name] ?? 1);
  return {
    active: name === "f" || lines / scaleResolutionDownBy >= FEWEST_LINES,
    maxBitrate: step.bitrates[name] ?? 0,
    maxFramerate: (camera ? CAMERA_FRAMERATES : SCREEN_FRAMERATES)[name] ?? 30,
    scaleResolutionDownBy,
  };
}

/** The places in the connection to an SFU on which this device sends. */
export class Publication {
  readonly #places: BySource<RTCRtpTransceiver | undefined>;

  /** Opens the places for sending; what is on comes by `send`, now and later, without negotiation. */
  constructor(places: BySource<RTCRtpTransceiver | undefined>) {
    this.#places = places;
    for (const place of Object.values(places)) {
      if (place) place.direction = "sendonly";
    }
  }

  /** Sends these tracks from now on. */
  async send(tracks: BySource<MediaStreamTrack | null>): Promise<void> {
    await Promise.all([
      replace(this.#places.audio, tracks.audio),
      replace(this.#places.video, tracks.video),
      replace(this.#places.screen, tracks.screen),
      replace(this.#places.screenAudio, tracks.screenAudio),
    ]);
    await this.shape();
  }

  /**
   * Gives every layer its size and rate. To be called again once the codecs are agreed on: of one
   * that knows layers itself, the browser would make one stream of them all.
   */
  async shape(): Promise<void> {
    await Promise.all([
      shape(this.#places.video?.sender, "video"),
      shape(this.#places.screen?.sender, "screen"),
    ]);
  }
}

async function replace(
  place: RTCRtpTransceiver | undefined,
  track: MediaStreamTrack | null,
): Promise<void> {
  if (!place || place.sender.track === track) return;
  await place.sender.replaceTrack(track);
}

async function shape(sender: RTCRtpSender | undefined, source: "video" | "screen"): Promise<void> {
  if (!sender) return;
  const parameters = sender.getParameters();
  const before = parameters.encodings ?? [];
  const lines = sender.track ? linesOf(sender.track) : undefined;
  const [codec] = parameters.codecs ?? [];
  const scalable = /^video\/(vp9|av1)$/i.test(codec?.mimeType ?? "");
  const encodings = before.map((encoding) => ({
    ...encoding,
    ...layerOf(source, encoding.rid, lines),
    ...(scalable && before.length > 1 ? { scalabilityMode: "L1T1" } : {}),
  }));
  if (encodings.length === 0 || JSON.stringify(encodings) === JSON.stringify(before)) return;
  try {
    await sender.setParameters({ ...parameters, encodings });
  } catch {
    // Refused, or the connection closed meanwhile: the browser's own estimate rules.
  }
}
