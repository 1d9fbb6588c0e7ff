/**
 * Runs in every page before its scripts: notes when each person's picture changed on the screen, whatever element shows it, and how
 * much of the sound was made up because none had come. It knows nothing of how media travels.
 */
export function recordGaps() {
  const frames = new Map();
  const watched = new WeakSet();
  const watch = (video, userId) => {
    if (watched.has(video)) return;
    watched.add(video);
    const seen = (now) => {
      const tile = video.closest('[data-testid^="tile-"]');
      const shown = tile?.dataset.testid.slice('tile-'.length) ?? userId;
      let times = frames.get(shown);
      if (times === undefined) frames.set(shown, (times = []));
      times.push(now);
      if (video.isConnected) video.requestVideoFrameCallback(seen);
      else watched.delete(video);
    };
    video.requestVideoFrameCallback(seen);
  };
  // When the page came to run at all: on a machine that has more to do than it can, nothing is drawn meanwhile, whatever comes.
  const turns = [];
  setInterval(() => {
    turns.push(performance.now());
    for (const tile of document.querySelectorAll('[data-testid^="tile-"]')) {
      const userId = tile.dataset.testid.slice('tile-'.length);
      for (const video of tile.querySelectorAll('video')) watch(video, userId);
    }
  }, 5);

  /** Made-up sound of each stream, as it was at each moment: silence between words does not count. */
  const sound = [];
  setInterval(async () => {
    const at = performance.now();
    const concealed = new Map();
    for (const connection of globalThis.connectionsOfThisPage ?? []) {
      if (connection.connectionState === 'closed') continue;
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type !== 'inbound-rtp' || stat.kind !== 'audio') continue;
        const samples = (stat.concealedSamples ?? 0) - (stat.silentConcealedSamples ?? 0);
        concealed.set(stat.ssrc, samples);
      }
    }
    sound.push({ at, concealed });
  }, 100);

  globalThis.gapsOfThisPage = {
    now: () => performance.now(),
    /** The longest time that the page did not come to run, in milliseconds. */
    stalled(from, until) {
      const marks = turns.filter((at) => at >= from && at <= until);
      return Math.max(0, ...marks.slice(1).map((at, index) => at - marks[index]));
    },
    /** The longest time without a new picture of somebody, in milliseconds. */
    picture(userId, from, until) {
      const times = (frames.get(userId) ?? []).filter((at) => at >= from && at <= until);
      const marks = [from, ...times, until];
      const gaps = marks.slice(1).map((at, index) => at - marks[index]);
      const longest = Math.max(...gaps);
      // When it began, so that one sees what else happened then.
      return { longest, began: marks[gaps.indexOf(longest)] - from, pictures: times.length };
    },
    /** The moment of the first picture of anybody else since then. */
    firstPicture(since) {
      const own = document.querySelector('[data-testid^="tile-"][data-local="true"]');
      const others = [...frames].filter(([userId]) => own?.dataset.testid !== `tile-${userId}`);
      const later = others.flatMap(([, times]) => times).filter((at) => at >= since);
      return later.length > 0 ? Math.min(...later) : null;
    },
    /**
     * How much of a voice was made up, in milliseconds, of the voice that had most of it. `known`: of those that were there at the
     * beginning, not of those that begin to be heard.
     */
    concealed(from, until, known) {
      const between = sound.filter(({ at }) => at >= from && at <= until);
      const made = new Map();
      for (const [index, { concealed }] of between.entries()) {
        for (const [stream, samples] of concealed) {
          if (known && !between[0].concealed.has(stream)) continue;
          const before = between[index - 1]?.concealed.get(stream) ?? (index === 0 ? samples : 0);
          made.set(stream, (made.get(stream) ?? 0) + Math.max(0, samples - before));
        }
      }
      return Math.max(0, ...made.values()) / 48;
    },
  };
}
