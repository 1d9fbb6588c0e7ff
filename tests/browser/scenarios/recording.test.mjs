import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { beaconLag } from '../support/beacon.mjs';
import { Person, startBrowser } from '../support/people.mjs';
import { beeps, behind, complaints, flashes, pictures, probe, seen } from '../support/recorded.mjs';
import { apart, beacons, download, isDone, recording, seesSign, starts, stops, trackOf } from '../support/recordings.mjs';
import { startServer } from '../support/server.mjs';

/** How far picture and sound may be apart, in milliseconds. */
const APART = 80;
/** Beats that a measurement needs. */
const BEATS = 5;
/** For how much of a time people are seen at least who are there: a beacon is white for a part of it. */
const THERE = 0.7;

let browsers;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  browsers = {};
  // One for each, as they are on different machines.
  for (const name of ['Alice', 'Bob', 'Carol']) browsers[name] = await startBrowser({ devices: false });
});
after(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

function arrives(server, name) {
  const options = { viewport: { width: 960, height: 640 }, beacon: beacons[name] };
  return Person.arrives(browsers[name], server, name, options);
}

async function withServer(settings, scenario) {
  const server = await startServer(settings);
  try {
    await scenario(server);
  } finally {
    await server.stop();
  }
}

function pause(person, ms) {
  return person.page.waitForTimeout(ms);
}

test('three people, recorded one by one and in one file', { timeout: 1_500_000 }, async () => {
  await withServer({}, async (server) => {
    const [alice, bob, carol] = [
      await arrives(server, 'Alice'),
      await arrives(server, 'Bob'),
      await arrives(server, 'Carol'),
    ];
    await alice.calls(bob);
    await bob.accepts();
    await alice.seesAndHears(1);
    // The words are there for some seconds only.
    await Promise.all([
      bob.page.getByRole('status').filter({ hasText: 'Alice is recording this call' }).first().waitFor(),
      starts(alice, 'One video of everybody'),
    ]);
    for (const person of [alice, bob]) await seesSign(person);
    // Two people would need no forwarding unit, but the recorder does.
    await alice.travelsBy('sfu');
    for (const person of [alice, bob]) await person.newConnectionCarriesMedia(1);
    await alice.picture('81-recorded');
    await bob.picture('81-recorded');
    const since = await moments([alice, bob, carol]);
    const twoFrom = Date.now();
    await pause(alice, 8000);
    const twoUntil = Date.now();
    await alice.adds(carol);
    await alice.page.getByTestId('people-panel').getByRole('button', { name: 'Close' }).click();
    await carol.accepts();
    await seesSign(carol);
    for (const person of [alice, bob, carol]) await person.seesAndHears(2, { connections: 1 });
    const threeFrom = Date.now();
    await pause(alice, 8000);
    const threeUntil = Date.now();
    await carol.hangsUp();
    for (const person of [alice, bob]) await person.tile(carol).waitFor({ state: 'detached' });
    const leftFrom = Date.now();
    await pause(alice, 4000);
    const leftUntil = Date.now();
    // Silence and darkness in mid-call stay what they are.
    await bob.presses('Turn camera off');
    await pause(alice, 3000);
    await bob.presses('Turn camera on');
    await pause(alice, 4000);
    const stalled = await stalls(since);
    const lag = await lags([alice, bob, carol]);
    await Promise.all([
      alice.page.getByRole('status').filter({ hasText: 'You have stopped the recording' }).first().waitFor(),
      stops(alice),
    ]);
    await bob.eventually('Bob sees no sign', async () => (await bob.page.getByTestId('recording-sign').count()) === 0);
    const done = await recording(alice, 'is ready', isDone);
    assert.deepEqual([done.status, done.cause, done.mix], ['ready', null, 'done']);

    const files = await download(alice, server, done, folder);
    const media = files.filter(({ kind }) => kind !== 'manifest');
    for (const file of media) {
      assert.equal(complaints(file.path), '', `${file.kind} of ${file.userId} ${file.source}`);
      const length = Number(probe(file.path).format.duration) * 1000;
      assert.ok(Math.abs(length - file.durationMs) < 300, `${length} is not ${file.durationMs}`);
    }
    for (const person of [alice, bob, carol]) {
      const { beats, median, worst } = apart(files, person);
      console.log(`${person.name}: sound is ${median.toFixed(0)} ms behind, ${worst.toFixed(0)} at worst, of ${beats} beats`);
      assert.ok(beats >= BEATS, `${beats} beats of ${person.name}`);
      assert.ok(Math.abs(median) < APART + lag.get(person), `${median}`);
      assert.ok(Math.abs(worst) < 2 * APART + lag.get(person) + stalled.get(person.name), `${worst}`);
    }
    const started = Date.parse(done.startedAt);
    const during = (from, until) => [from - started, until - started];
    const two = during(twoFrom, twoUntil);
    const three = during(threeFrom, threeUntil);
    const left = during(leftFrom, leftUntil);
    checkMix(files, { two, three, left, stalled, lag: Math.max(...lag.values()) });
    await watchesOnItsPage(alice, server);
    for (const person of [alice, bob, carol]) assert.deepEqual(person.errors, []);
  });
});

/** The moment now of each person's page. */
async function moments(people) {
  return new Map(await Promise.all(people.map(async (person) => [person, await person.now()])));
}

/** For how long each person's page stood still since then, by name: what a beacon's picture did meanwhile, too. */
async function stalls(since) {
  const stalled = new Map();
  for (const [person, from] of since) stalled.set(person.name, await person.stalled(from));
  console.log(`pages stood still, in milliseconds: ${JSON.stringify([...stalled])}`);
  return stalled;
}

/** How much later than they should be the flashes of each are. */
async function lags(people) {
  const lag = new Map();
  for (const person of people) lag.set(person, await beaconLag(person.page));
  console.log(`flashes are late, in milliseconds: ${JSON.stringify([...lag.values()])}`);
  return lag;
}

/** The file of everybody shows each as long as they were there, and in time with their voices. */
function checkMix(files, { two, three, left, stalled, lag }) {
  const mix = files.find(({ kind }) => kind === 'mixed');
  assert.ok(mix, 'no file of everybody');
  const frames = pictures(mix.path, { width: 128, height: 72 });
  const shown = (name, [from, until]) => seen(frames, beacons[name].rgb, [from + 500, until - 500]);
  for (const name of ['Alice', 'Bob', 'Carol']) {
    const share = shown(name, three);
    const least = Math.max(0, THERE - stalled.get(name) / (three[1] - three[0]));
    assert.ok(share > least, `${name} is there while there are three: ${share}`);
  }
  assert.equal(shown('Carol', two), 0, 'Carol has not come');
  assert.equal(shown('Carol', left), 0, 'Carol has left');
  const { beats, median, worst } = behind(flashes(frames), beeps(mix.path));
  console.log(`the mix: sound is ${median.toFixed(0)} ms behind, ${worst.toFixed(0)} at worst, of ${beats} beats`);
  assert.ok(beats >= BEATS);
  assert.ok(Math.abs(median) < APART + lag, `${median}`);
}

/** The call's page plays what was recorded; one can go to any moment of it. */
async function watchesOnItsPage(person, server) {
  await person.hangsUp();
  await person.page.getByTestId('call-ended').waitFor();
  await person.page.goto(server.url);
  await person.page.locator('[data-testid^="history-"] a').first().click();
  const list = person.page.getByTestId('recordings');
  await list.waitFor();
  await list.getByRole('button', { name: /^Play/ }).first().click();
  const video = list.locator('video').first();
  await video.waitFor();
  const moments = await video.evaluate(async (element) => {
    element.muted = true;
    await element.play();
    // It would go on while a busy page is told that it has arrived.
    element.pause();
    const duration = element.duration;
    const arrived = new Promise((done) => element.addEventListener('seeked', done, { once: true }));
    element.currentTime = duration * 0.7;
    await arrived;
    return { duration, at: element.currentTime, failed: element.error?.message ?? null, width: element.videoWidth };
  });
  assert.equal(moments.failed, null);
  assert.ok(moments.width > 0 && moments.duration > 15);
  assert.ok(Math.abs(moments.at - moments.duration * 0.7) < 1);
  await person.picture('82-recordings');
  await person.page.setViewportSize({ width: 390, height: 844 });
  await person.picture('83-recordings-phone');
}

test('nothing is recorded of those who have not said yes', { timeout: 1_200_000 }, async () => {
  await withServer({ CALL__RECORDING__CONSENT: 'ask' }, async (server) => {
    const [alice, bob, carol] = [
      await arrives(server, 'Alice'),
      await arrives(server, 'Bob'),
      await arrives(server, 'Carol'),
    ];
    await alice.startsGroup([bob, carol]);
    for (const other of [bob, carol]) await other.accepts();
    await alice.seesAndHears(2, { connections: 1 });
    await starts(alice, 'Separate files');
    // Whoever starts it has said yes by that.
    for (const person of [bob, carol]) await person.page.getByTestId('consent-dialog').waitFor();
    await bob.picture('84-asked');
    await bob.button('Don’t record me').click();
    // Carol decides later, and then for a while only.
    await carol.button('Decide later').click();
    await pause(alice, 5000);
    await carol.button('Choose').click();
    const agreed = Date.now();
    await carol.button('Record me').click();
    await alice.eventually('sound and picture of two are written', () => tracksIn(server.recordings()).length >= 4);
    await pause(alice, 5000);
    await stops(alice);
    const done = await recording(alice, 'is ready', isDone);
    assert.equal(done.status, 'ready');
    assert.deepEqual(
      done.consents.map(({ userId, status }) => [userId, status]).sort(),
      [['alice', 'given'], ['bob', 'refused'], ['carol', 'given']],
    );
    const files = await download(alice, server, done, folder);
    assert.deepEqual(new Set(files.map(({ userId }) => userId).filter(Boolean)), new Set(['alice', 'carol']));
    const asked = agreed - Date.parse(done.startedAt);
    for (const source of ['audio', 'video']) {
      const track = trackOf(files, carol, source);
      assert.ok(track.offsetMs > asked - 500, `${track.offsetMs} is before ${asked}`);
      assert.equal(complaints(track.path), '');
    }
  });
});

test('a server that dies loses nothing that was recorded', { timeout: 1_500_000 }, async () => {
  await withServer({}, async (server) => {
    const [alice, bob] = [await arrives(server, 'Alice'), await arrives(server, 'Bob')];
    await alice.calls(bob);
    await bob.accepts();
    await alice.seesAndHears(1);
    await starts(alice, 'One video of everybody');
    await alice.travelsBy('sfu');
    for (const person of [alice, bob]) await person.newConnectionCarriesMedia(1);
    await alice.eventually('sound and picture of two are written', () => tracksIn(server.recordings()).length >= 4);
    await pause(alice, 8000);
    const before = await connections([alice, bob]);
    await server.kill();
    // As they are, before anything repairs them.
    const left = join(folder, 'left');
    cpSync(server.recordings(), left, { recursive: true });
    await server.startAgain();
    for (const person of [alice, bob]) await person.newConnectionCarriesMedia(1, { after: before.get(person) });
    await seesSign(bob);
    await pause(alice, 6000);
    const lag = await lags([alice, bob]);
    await stops(alice);
    // And again, while its files are made.
    await recording(alice, 'is being mixed', ({ mix, status }) => mix === 'running' || status !== 'processing');
    await server.kill();
    await server.startAgain();
    const done = await recording(alice, 'is done', isDone);
    assert.equal(done.mix, 'done');
    const cut = tracksIn(left);
    assert.equal(cut.length, 4, `sound and picture of two: ${cut}`);
    for (const name of cut) {
      const path = join(left, name);
      const { streams } = probe(path);
      assert.equal(streams.length, 1);
      const lasts = streams[0].codec_type === 'video' ? pictures(path).at(-1).at : lastBeep(path);
      console.log(`${streams[0].codec_name}: ${Math.round(lasts)} ms were on the disk`);
      assert.ok(lasts > 4000, `${lasts} ms`);
    }
    const files = await download(alice, server, done, folder);
    for (const file of files.filter(({ kind }) => kind !== 'manifest')) {
      assert.equal(complaints(file.path), '', `${file.kind} of ${file.userId} ${file.source}`);
    }
    for (const person of [alice, bob]) {
      const { beats, median, worst } = apart(files, person);
      console.log(`${person.name}: ${median.toFixed(0)} ms, ${worst.toFixed(0)} at worst, of ${beats} beats`);
      assert.ok(beats >= 10, `${beats} beats: before and after`);
      assert.ok(Math.abs(median) < APART + lag.get(person), `${median}`);
    }
  });
});

async function connections(people) {
  return new Map(await Promise.all(people.map(async (person) => [person, await person.connections()])));
}

/** The files of tracks below a folder, also while they are written. */
function tracksIn(recordings) {
  const names = existsSync(recordings) ? readdirSync(recordings, { recursive: true }) : [];
  return names.filter((name) => ['.webm', '.mkv'].includes(extname(name)));
}

function lastBeep(path) {
  return beeps(path).at(-1) ?? 0;
}
