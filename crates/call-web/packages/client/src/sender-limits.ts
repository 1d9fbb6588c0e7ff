/** What one peer is sent at most. The names are those of `RTCRtpEncodingParameters`. */
export interface SenderLimits {
  /** Bits per second. */
  maxBitrate: number;
  maxFramerate: number;
  scaleResolutionDownBy: number;
}

/** Where a picture comes from. */
export type PictureSource = "camera" | "screen";

interface Step {
  /** Holds for up to this many peers. */
  peers: number;
  /** Lines of the picture; a grid of that many people has no room for more. */
  lines: number;
  bitrate: number;
  framerate: number;
}

// In a mesh every peer is encoded for and sent to anew, so the sum stays about what one picture of
// 720 lines costs: 28 million pixels a second to encode, 1.7 to 2 Mbit/s to upload.
const CAMERA: readonly Step[] = [
  { peers: 1, lines: 720, bitrate: 1_700_000, framerate: 30 },
  { peers: 2, lines: 540, bitrate: 900_000, framerate: 30 },
  { peers: 3, lines: 360, bitrate: 600_000, framerate: 30 },
  { peers: 4, lines: 360, bitrate: 450_000, framerate: 24 },
  { peers: 7, lines: 270, bitrate: 250_000, framerate: 20 },
  { peers: Number.POSITIVE_INFINITY, lines: 180, bitrate: 150_000, framerate: 15 },
];

// Text has to stay readable: fewer pictures a second, all of their lines.
const SCREEN: readonly Step[] = [
  { peers: 1, lines: Number.POSITIVE_INFINITY, bitrate: 2_500_000, framerate: 30 },
  { peers: 2, lines: Number.POSITIVE_INFINITY, bitrate: 1_500_000, framerate: 15 },
  { peers: 4, lines: Number.POSITIVE_INFINITY, bitrate: 1_000_000, framerate: 8 },
  { peers: Number.POSITIVE_INFINITY, lines: 720, bitrate: 600_000, framerate: 5 },
];

/**
 * What each of `peers` gets of a picture. `lines` is the shorter side of what is captured, so that
 * a phone held upright counts the same; undefined where the browser does not tell.
 */
export function limitsFor(
  source: PictureSource,
  lines: number | undefined,
  peers: number,
): SenderLimits {
  const steps = source === "camera" ? CAMERA : SCREEN;
  const step = steps.find((each) => peers <= each.peers) ?? (steps.at(-1) as Step);
  return {
    maxBitrate: step.bitrate,
    maxFramerate: step.framerate,
    scaleResolutionDownBy: lines === undefined ? 1 : Math.max(1, lines / step.lines),
  };
}

/** The shorter side of what a track captures. */
export function linesOf(track: MediaStreamTrack): number | undefined {
  const { width, height } = track.getSettings();
  return width === undefined || height === undefined ? height : Math.min(width, height);
}

/** Sets the limits of a sender that has others. */
export async function limit(sender: RTCRtpSender, limits: SenderLimits): Promise<void> {
  const parameters = sender.getParameters();
  // Older browsers have no encodings before the first agreement.
  const encodings = parameters.encodings?.length ? parameters.encodings : [{}];
  const same = encodings.every(
    (encoding) =>
      encoding.maxBitrate === limits.maxBitrate &&
      encoding.maxFramerate === limits.maxFramerate &&
      encoding.scaleResolutionDownBy === limits.scaleResolutionDownBy,
  );
  if (same) return;
  try {
    await sender.setParameters({
      ...parameters,
      encodings: encodings.map((encoding) => ({ ...encoding, ...limits })),
    });
  } catch {
    // Refused, or the connection closed meanwhile: the browser's own estimate rules.
  }
}
