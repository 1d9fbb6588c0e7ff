/**
 * Tones made with WebAudio: no sound file, no licence. A tone is a repeating pattern of notes;
 * envelopes are soft so that nothing clicks.
 */
interface Note {
  /** Seconds from the start of the pattern. */
  at: number;
  /** Seconds. */
  length: number;
  /** Hertz, sounded together. */
  pitches: readonly number[];
  /** 0 to 1. */
  volume: number;
}

interface Pattern {
  /** Seconds until it starts again. */
  every: number;
  notes: readonly Note[];
}

/**
 * Which tone: an incoming call, the far end ringing, the end of a call, a speaker test, a recording
 * that begins.
 */
export type ToneName = "ring" | "ringback" | "ended" | "test" | "recording";

const note = (at: number, length: number, volume: number, ...pitches: number[]): Note => ({
  at,
  length,
  pitches,
  volume,
});

const patterns: Record<ToneName, Pattern> = {
  // A rising arpeggio of a major seventh, twice: friendly, heard through a laptop's speakers.
  ring: {
    every: 3.2,
    notes: [0, 1.05].flatMap((start) => [
      note(start, 0.42, 0.5, 587.33),
      note(start + 0.14, 0.42, 0.5, 739.99),
      note(start + 0.28, 0.42, 0.5, 880),
      note(start + 0.42, 0.62, 0.55, 1108.73),
    ]),
  },
  // ITU-T E.180: 425 Hz, one second on, four seconds off.
  ringback: { every: 5, notes: [note(0, 1, 0.22, 425)] },
  ended: {
    every: Number.POSITIVE_INFINITY,
    notes: [note(0, 0.16, 0.25, 493.88), note(0.14, 0.28, 0.22, 369.99)],
  },
  // Two short high notes, as of a tape machine that starts: heard over voices, and soon over.
  recording: {
    every: Number.POSITIVE_INFINITY,
    notes: [note(0, 0.18, 0.4, 1046.5), note(0.24, 0.34, 0.4, 1318.51)],
  },
  test: {
    every: Number.POSITIVE_INFINITY,
    notes: [note(0, 0.3, 0.4, 523.25), note(0.22, 0.3, 0.4, 659.25), note(0.44, 0.6, 0.4, 783.99)],
  },
};

function sound(context: BaseAudioContext, out: AudioNode, start: number, what: Note): void {
  const gain = context.createGain();
  const begin = start + what.at;
  const end = begin + what.length;
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(what.volume * 0.3, begin + 0.02);
  gain.gain.setValueAtTime(what.volume * 0.3, Math.max(begin + 0.02, end - what.length * 0.5));
  gain.gain.linearRampToValueAtTime(0, end);
  gain.connect(out);
  for (const pitch of what.pitches) {
    const oscillator = context.createOscillator();
    oscillator.type = "sine";
    oscillator.frequency.value = pitch;
    oscillator.connect(gain);
    oscillator.start(begin);
    oscillator.stop(end + 0.05);
  }
}

/** Plays a tone until the returned function is called. Silent where WebAudio is not to be had. */
export function playTone(name: ToneName): () => void {
  if (typeof AudioContext === "undefined") return () => undefined;
  const context = new AudioContext();
  const pattern = patterns[name];
  const out = context.createGain();
  out.connect(context.destination);
  let timer: ReturnType<typeof setInterval> | undefined;
  let stopped = false;
  const once = () => {
    // A context that autoplay rules keep suspended would pile up notes and play them at once.
    if (context.state !== "running") return;
    for (const each of pattern.notes) sound(context, out, context.currentTime + 0.03, each);
  };
  const begin = () => {
    if (stopped) return;
    once();
    if (Number.isFinite(pattern.every)) timer = setInterval(once, pattern.every * 1000);
  };
  if (context.state === "running") begin();
  else void context.resume().then(begin, () => undefined);
  return () => {
    if (stopped) return;
    stopped = true;
    clearInterval(timer);
    out.gain.setTargetAtTime(0, context.currentTime, 0.03);
    setTimeout(() => void context.close().catch(() => undefined), 150);
  };
}
