import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { beaconLag } from '../support/beacon.mjs';
import { FirefoxPerson, startFirefox } from '../support/firefox.mjs';
import { Person, startBrowser } from '../support/people.mjs';
import { beeps, behind, complaints, flashes, pictures, probe, seen } from '../support/recorded.mjs';
import { apart, beacons, download, isDone, recording, seesSign, starts, stops, trackOf } from '../support/recordings.mjs';
import { startServer } from '../support/server.mjs';

/** How far picture and sound may be apart, in milliseconds. */
const APART = 80;
/** Beats that a measurement needs. */
const BEATS = 5;
/** How much later or earlier than media flowed a track may begin or end, in milliseconds. */
const NEAR = 1500;

let folder;
let server;
let chromium;
let firefox;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  server = await startServer();
  chromium = await startBrowser({ devices: false });
  firefox = await startFirefox({ tone: beacons.Fiona.tone });
});
after(async () => {
  await firefox?.close();
  await chromium?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('Firefox is recorded as Chromium is', { timeout: 1_200_000 }, async () => {
  const viewport = { width: 960, height: 640 };
  const alice = await Person.arrives(chromium, server, 'Alice', { viewport, beacon: beacons.Alice });
  const fiona = await FirefoxPerson.arrives(firefox, server, 'Fiona', { beacon: beacons.Fiona });
  await alice.calls(fiona);
  await fiona.accepts();
  await alice.seesAndHears(1);
  await starts(alice, 'One video of everybody');
  await seesSign(alice);
  await fiona.page.waitForSelector('[data-testid="recording-sign"]');
  await alice.travelsBy('sfu');
  await alice.newConnectionCarriesMedia(1);
  await alice.seesMoving(fiona);
  await fiona.seesMoving(alice);
  const since = { alice: await alice.now(), fiona: await fiona.now() };
  const from = Date.now();
  await pause(5000);
  await fiona.presses('Turn camera off');
  await alice.page.locator('[data-testid="tile-fiona"][data-camera="off"]').waitFor();
  const darkFrom = Date.now();
  await pause(3000);
  const darkUntil = Date.now();
  await fiona.presses('Turn camera on');
  await alice.seesMoving(fiona);
  await fiona.presses('Mute microphone');
  await alice.page.locator('[data-testid="tile-fiona"][data-muted="true"]').waitFor();
  const muteFrom = Date.now();
  await pause(2500);
  const muteUntil = Date.now();
  await fiona.presses('Unmute microphone');
  await alice.page.locator('[data-testid="tile-fiona"][data-muted="false"]').waitFor();
  await pause(3000);
  const until = Date.now();
  const stalled = { alice: await alice.stalled(since.alice), fiona: await fiona.stalled(since.fiona) };
  const lag = { alice: await beaconLag(alice.page), fiona: await beaconLag(fiona.page) };
  await stops(alice);
  const done = await recording(alice, 'is ready', isDone);
  assert.deepEqual([done.status, done.cause, done.mix], ['ready', null, 'done']);

  const files = await download(alice, server, done, folder);
  const media = files.filter(({ kind }) => kind !== 'manifest');
  assert.deepEqual(
    media.map(({ kind, userId, source }) => [kind, userId, source].join(' ')).sort(),
    ['mixed  ', 'track alice audio', 'track alice video', 'track fiona audio', 'track fiona video'],
  );
  for (const file of media) {
    assert.equal(complaints(file.path), '', `${file.kind} of ${file.userId} ${file.source}`);
    const length = Number(probe(file.path).format.duration) * 1000;
    assert.ok(Math.abs(length - file.durationMs) < 300, `${length} is not ${file.durationMs}`);
  }
  const started = Date.parse(done.startedAt);
  const recorded = [from - started, until - started];
  for (const source of ['audio', 'video']) {
    const { offsetMs, durationMs, codec } = trackOf(files, fiona, source);
    console.log(
      `Fiona's ${source}, ${codec}: from ${offsetMs} to ${offsetMs + durationMs} ms, while there was media from ` +
        `${recorded[0]} to ${recorded[1]} of ${done.durationMs}; her page stood still for ${Math.round(stalled.fiona)} ms at most`,
    );
    const near = NEAR + stalled.fiona;
    assert.ok(offsetMs >= 0 && offsetMs < recorded[0] + near, `${source} begins at ${offsetMs}`);
    assert.ok(offsetMs + durationMs > recorded[1] - near, `${source} ends at ${offsetMs + durationMs}`);
    assert.ok(offsetMs + durationMs < done.durationMs + near, `${source} ends at ${offsetMs + durationMs}`);
  }
  for (const person of [alice, fiona]) {
    const { beats, median, worst } = apart(files, person);
    console.log(`${person.name}: sound is ${median.toFixed(0)} ms behind, ${worst.toFixed(0)} at worst, of ${beats} beats`);
    assert.ok(beats >= BEATS, `${beats} beats of ${person.name}`);
    assert.ok(Math.abs(median) < APART + lag[person.id], `${median}`);
  }
  const dark = [darkFrom - started, darkUntil - started];
  checkPauses(files, fiona, { dark, mute: [muteFrom - started, muteUntil - started] });
  checkMix(files, { recorded, dark, stalled, lag: Math.max(lag.alice, lag.fiona) });
  assert.deepEqual(alice.errors, []);
});

/**
 * Nothing is heard of a microphone that is muted, and nothing seen that a camera which is off would have seen: Firefox sends the last
 * picture again, once in a second. Before and after there is.
 */
function checkPauses(files, person, { dark, mute }) {
  const video = trackOf(files, person, 'video');
  const audio = trackOf(files, person, 'audio');
  const flashed = flashes(pictures(video.path)).map((at) => at + video.offsetMs);
  const heard = beeps(audio.path, beacons[person.name].tone).map((at) => at + audio.offsetMs);
  const within = (times, [begin, end]) => times.filter((at) => at > begin + 500 && at < end - 200);
  assert.deepEqual(within(flashed, dark), [], `a camera that is off from ${dark}`);
  assert.deepEqual(within(heard, mute), [], `a microphone that is muted from ${mute}`);
  for (const [times, [begin, end]] of [
    [flashed, dark],
    [heard, mute],
  ]) {
    assert.ok(times.some((at) => at < begin) && times.some((at) => at > end), `before ${begin} and after ${end}`);
  }
}

/** The file of everybody shows both, and in time with their voices; whoever's camera is off is not shown. */
function checkMix(files, { recorded: [from], dark, stalled, lag }) {
  const mix = files.find(({ kind }) => kind === 'mixed');
  const frames = pictures(mix.path, { width: 128, height: 72 });
  const shows = ({ name, during, least }) => {
    const share = seen(frames, beacons[name].rgb, during);
    assert.ok(share > least, `${name} is there in ${share} of ${during}`);
  };
  // A beacon is white for a part of the time, and stays so while its page stands still.
  const on = [from + 500, dark[0] - 1500];
  const off = [dark[0] + 1000, dark[1] - 500];
  shows({ name: 'Fiona', during: on, least: Math.max(0, 0.7 - stalled.fiona / (on[1] - on[0])) });
  shows({ name: 'Alice', during: on, least: Math.max(0, 0.7 - stalled.alice / (on[1] - on[0])) });
  shows({ name: 'Alice', during: off, least: Math.max(0, 0.7 - stalled.alice / (off[1] - off[0])) });
  assert.equal(seen(frames, beacons.Fiona.rgb, off), 0, 'a camera that is off');
  const { beats, median, worst } = behind(flashes(frames), beeps(mix.path));
  console.log(`the mix: sound is ${median.toFixed(0)} ms behind, ${worst.toFixed(0)} at worst, of ${beats} beats`);
  assert.ok(beats >= BEATS, `${beats} beats`);
  assert.ok(Math.abs(median) < APART + lag, `${median}`);
}
