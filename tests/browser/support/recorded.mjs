import { spawnSync } from 'node:child_process';

/** What ffprobe says of a file: its streams and its format. */
export function probe(file) {
  const out = run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', file]);
  return JSON.parse(out.toString());
}

/** Decodes all of a file; what ffmpeg has to complain of, which should be nothing. */
export function complaints(file) {
  // The times of frames as they are: rounded to a guessed rate, two may fall together, which is no fault of the file.
  const times = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];
  const args = ['-nostdin', '-v', 'warning', '-xerror', '-i', file, ...times, '-f', 'null', '-'];
  const { status, stderr } = spawnSync('ffmpeg', args, { maxBuffer: 1 << 26 });
  return status === 0 ? stderr.toString() : `${stderr} (exit ${status})`;
}

/** The pictures of a file, small, with their times in milliseconds: `{at, rgb}` of `width` × `height` pixels. */
export function pictures(file, { width = 64, height = 36 } = {}) {
  const times = run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=best_effort_timestamp_time'],
    ...['-of', 'csv=p=0', file],
  ]);
  const at = [...times.toString().matchAll(/^[\d.]+/gm)].map(([seconds]) => Number(seconds) * 1000);
  const filter = `scale=${width}:${height}:flags=area`;
  const raw = run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-i', file, '-map', '0:v:0', '-vf', filter, '-fps_mode', 'passthrough'],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
  ]);
  const size = width * height * 3;
  return at.slice(0, Math.floor(raw.length / size)).map((time, index) => ({
    at: time,
    rgb: raw.subarray(index * size, (index + 1) * size),
  }));
}

/** How much of a picture has a colour, 0 to 1. */
export function share(rgb, [red, green, blue]) {
  let like = 0;
  for (let i = 0; i < rgb.length; i += 3) {
    const far = Math.abs(rgb[i] - red) + Math.abs(rgb[i + 1] - green) + Math.abs(rgb[i + 2] - blue);
    if (far < 90) like += 1;
  }
  return (like * 3) / rgb.length;
}

/** In how many of the pictures of a time something of a colour is to be seen, 0 to 1. */
export function seen(frames, rgb, [from, until]) {
  const between = frames.filter(({ at }) => at > from && at < until);
  if (between.length < 20) throw new Error(`${between.length} pictures between ${from} and ${until}`);
  return between.filter((frame) => share(frame.rgb, rgb) > 0.05).length / between.length;
}

/** When a beacon's picture turns white, in milliseconds. */
export function flashes(frames) {
  return onsets(frames.map(({ at, rgb }) => ({ at, value: share(rgb, [255, 255, 255]) })), 0.08);
}

/** When a file beeps, in milliseconds: where the loudness rises, at a tone or at any. */
export function beeps(file, tone) {
  const rate = 16_000;
  const band = tone === undefined ? [] : [`bandpass=f=${tone}:width_type=h:w=120`];
  const filter = [`aresample=${rate}:async=1:first_pts=0`, ...band].join(',');
  const raw = run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-i', file, '-map', '0:a:0', '-af', filter],
    ...['-ac', '1', '-f', 'f32le', '-'],
  ]);
  const samples = new Float32Array(raw.buffer, raw.byteOffset, Math.floor(raw.length / 4));
  const step = rate / 200;
  const loudness = [];
  for (let from = 0; from + step <= samples.length; from += step) {
    let energy = 0;
    for (let i = from; i < from + step; i++) energy += samples[i] * samples[i];
    loudness.push({ at: (from / rate) * 1000, value: Math.sqrt(energy / step) });
  }
  return onsets(loudness, 0.05);
}

/**
 * How far beeps are behind flashes, in milliseconds, each against the nearest: the median, and the worst but for one in five, which a
 * browser that did not come to run may have sent late.
 */
export function behind(flashed, beeped) {
  const apart = flashed.flatMap((flash) => {
    const nearest = beeped.reduce((a, b) => (Math.abs(b - flash) < Math.abs(a - flash) ? b : a), Infinity);
    return Math.abs(nearest - flash) < 400 ? [nearest - flash] : [];
  });
  apart.sort((a, b) => a - b);
  const byFar = apart.toSorted((a, b) => Math.abs(a) - Math.abs(b));
  const worst = byFar[Math.ceil(byFar.length * 0.8) - 1] ?? Number.NaN;
  return { beats: apart.length, median: apart[Math.floor(apart.length / 2)] ?? Number.NaN, worst };
}

/** The moments at which a value goes above a limit, having been below it. */
function onsets(values, limit) {
  return values
    .filter(({ value }, index) => index > 0 && value >= limit && values[index - 1].value < limit)
    .map(({ at }) => at);
}

function run(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error ?? stderr}`);
  return stdout;
}
