import { linesOf } from "./sender-limits.js";
import type { BySource } from "./way.js";
import type { StreamLayer, VideoSource } from "./wire/types.js";

/** The largest layer of each picture that anybody looks at; of what is not named, all are sent. */
export type WantedLayers = Readonly<Partial<Record<VideoSource, StreamLayer>>>;

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
const RANKS: readonly string[] = ["q", "h", "f"];
const WANTED: Readonly<Record<StreamLayer, number>> = { low: 0, medium: 1, high: 2 };
const CAMERA_FRAMERATES: Readonly<Record<string, number>> = { q: 15, h: 30, f: 30 };
const SCREEN_FRAMERATES: Readonly<Record<string, number>> = { h: 8, f: 15 };

/**
 * What a layer is to be. `lines` is the shorter side of what is captured; undefined where the
 * browser does not tell. A layer without a name is the only one, and so the largest.
 */
export function layerOf(source: VideoSource, rid: string | undefined, lines = CAMERA_LINES): Layer {
  const name = nameOf(rid);
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

/**
 * What all layers of a picture are to be, in the order of `rids`. Those above `wanted` are off, but
 * never the smallest that shows anything.
 */
export function layersOf(
  source: VideoSource,
  rids: readonly (string | undefined)[],
  lines?: number,
  wanted: StreamLayer = "high",
): Layer[] {
  const layers = rids.map((rid) => layerOf(source, rid, lines));
  const ranks = rids.map((rid) => RANKS.indexOf(nameOf(rid)));
  const smallest = Math.min(...ranks.filter((_, i) => layers[i]?.active));
  const most = Math.max(WANTED[wanted], smallest);
  return layers.map((layer, i) => ({
    ...layer,
    active: layer.active && (ranks[i] ?? 0) <= most,
  }));
}

function nameOf(rid: string | undefined): string {
  return rid !== undefined && RANKS.includes(rid) ? rid : "f";
}

/** The places in the connection to an SFU on which this device sends. */
export class Publication {
  readonly #places: BySource<RTCRtpTransceiver | undefined>;
  readonly #wanted: () => WantedLayers;
  #shaped: Promise<unknown> = Promise.resolve();

  /**
   * Opens the places for sending; what is on comes by `send`, now and later, without negotiation.
   * `wanted` tells which layers matter at this moment.
   */
  constructor(
    places: BySource<RTCRtpTransceiver | undefined>,
    wanted: () => WantedLayers = () => ({}),
  ) {
    this.#places = places;
    this.#wanted = wanted;
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
   * Gives every layer its size and rate, and turns off those that nobody looks at. To be called
   * again once the codecs are agreed on: of one that knows layers itself, the browser would make one
   * stream of them all.
   */
  shape(): Promise<void> {
    // In turn: until parameters are set, a sender tells the ones of before.
    const run = () => this.#shape();
    const shaped = this.#shaped.then(run, run);
    this.#shaped = shaped;
    return shaped;
  }

  async #shape(): Promise<void> {
    const wanted = this.#wanted();
    await Promise.all([
      shape(this.#places.video?.sender, "video", wanted.video),
      shape(this.#places.screen?.sender, "screen", wanted.screen),
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

async function shape(
  sender: RTCRtpSender | undefined,
  source: VideoSource,
  wanted: StreamLayer | undefined,
): Promise<void> {
  if (!sender) return;
  const parameters = sender.getParameters();
  const before = parameters.encodings ?? [];
  const lines = sender.track ? linesOf(sender.track) : undefined;
  const [codec] = parameters.codecs ?? [];
  const scalable = /^video\/(vp9|av1)$/i.test(codec?.mimeType ?? "");
  const rids = before.map(({ rid }) => rid);
  const layers = layersOf(source, rids, lines, wanted);
  const encodings = before.map((encoding, i) => ({
    ...encoding,
    ...layers[i],
    ...(scalable && before.length > 1 ? { scalabilityMode: "L1T1" } : {}),
  }));
  if (encodings.length === 0 || JSON.stringify(encodings) === JSON.stringify(before)) return;
  try {
    await sender.setParameters({ ...parameters, encodings });
  } catch {
    // Refused, or the connection closed meanwhile: the browser's own estimate rules.
  }
}
