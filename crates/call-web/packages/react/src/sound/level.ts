/** Watches how loud streams are. One audio context and one timer serve every stream of the page. */
const INTERVAL_MS = 60;
/** Quieter than this is silence (RMS of samples between -1 and 1). */
const FLOOR = 0.006;
const FULL = 0.16;

interface Watch {
  analyser: AnalyserNode;
  source: MediaStreamAudioSourceNode;
  samples: Float32Array<ArrayBuffer>;
  level: number;
  listener: (level: number) => void;
}

let context: AudioContext | undefined;
let timer: ReturnType<typeof setInterval> | undefined;
const watches = new Set<Watch>();

function wake(): void {
  if (context?.state === "suspended") void context.resume().catch(() => undefined);
}

function sharedContext(): AudioContext | undefined {
  if (typeof AudioContext === "undefined") return undefined;
  if (context === undefined) {
    context = new AudioContext();
    // Autoplay rules keep it suspended until the first gesture.
    document.addEventListener("pointerdown", wake, { passive: true });
    document.addEventListener("keydown", wake, { passive: true });
  }
  wake();
  return context;
}

/** Loudness on a scale that looks right: 0 is silence, 1 is loud speech. */
export function perceivedLevel(rms: number): number {
  if (rms <= FLOOR) return 0;
  return Math.min(1, Math.sqrt((rms - FLOOR) / (FULL - FLOOR)));
}

function measure(): void {
  for (const watch of watches) {
    watch.analyser.getFloatTimeDomainData(watch.samples);
    let sum = 0;
    for (const sample of watch.samples) sum += sample * sample;
    const now = perceivedLevel(Math.sqrt(sum / watch.samples.length));
    // Fast up, slow down: a ring that flickers distracts.
    watch.level = now > watch.level ? now : Math.max(0, watch.level * 0.82 - 0.01);
    watch.listener(watch.level);
  }
}

/** Reports the loudness (0 to 1) of a stream's audio several times a second until stopped. */
export function watchLevel(stream: MediaStream, listener: (level: number) => void): () => void {
  const audio = sharedContext();
  if (audio === undefined || stream.getAudioTracks().length === 0) return () => undefined;
  const analyser = audio.createAnalyser();
  analyser.fftSize = 1024;
  // Only the audio tracks: a stream whose tracks change keeps the source it was made with.
  const source = audio.createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
  source.connect(analyser);
  const watch: Watch = {
    analyser,
    source,
    samples: new Float32Array(analyser.fftSize),
    level: 0,
    listener,
  };
  watches.add(watch);
  timer ??= setInterval(measure, INTERVAL_MS);
  return () => {
    watches.delete(watch);
    source.disconnect();
    if (watches.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
