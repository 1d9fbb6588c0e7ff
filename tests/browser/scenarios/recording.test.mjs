import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { PATIENCE, Person, startBrowser } from '../support/people.mjs';
import { beeps, behind, complaints, flashes, pictures, probe, share } from '../support/recorded.mjs';
import { startServer } from '../support/server.mjs';

/** How far picture and sound may be apart, in milliseconds. */
const APART = 80;
/** Beats that a measurement needs. */
const BEATS = 5;

const beacons = {
  Alice: { colour: '#c01818', tone: 700, rgb: [192, 24, 24] },
  Bob: { colour: '#1830c0', tone: 1100, rgb: [24, 48, 192] },
  Carol: { colour: '#108040', tone: 1700, rgb: [16, 128, 64] },
};

let browsers;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  browsers = {};
  // One for each, as they are on different machines.
  for (const name of Object.keys(beacons)) browsers[name] = await startBrowser({ devices: false });
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

async function starts(person, mode) {
  await person.button('Record call').click();
  const dialog = person.page.getByTestId('record-dialog');
  await dialog.getByRole('radio', { name: new RegExp(`^${mode}`) }).check();
  await person.picture('80-record');
  await dialog.getByRole('button', { name: 'Start recording' }).click();
}

async function stops(person) {
  await person.page.mouse.move(300, 300);
  await person.page.getByTestId('record-button').click();
  await person.page.getByRole('alertdialog').getByRole('button', { name: 'Stop recording' }).click();
}

function seesSign(person) {
  return person.page.getByTestId('recording-sign').first().waitFor();
}

function pause(person, ms) {
  return person.page.waitForTimeout(ms);
}

/** The newest recording of the person's newest call, once `holds`. */
async function recording(person, what, holds) {
  let seen;
  await person.eventually(`a recording ${what}`, async () => {
    seen = await person.asks('GET', '/api/calls?limit=1').then(async ({ items: [call] }) => {
      const { items } = await person.asks('GET', `/api/calls/${call.id}/recordings`);
      return items[0];
    });
    return seen !== undefined && holds(seen);
  }, 3 * PATIENCE);
  return seen;
}

const isDone = ({ status }) => !['recording', 'processing'].includes(status);

/** Fetches all files of a recording by their signed URLs. */
async function download(person, server, { id, files }, name) {
  const saved = [];
  for (const file of files) {
    const signed = await person.asks('POST', `/api/recordings/${id}/files/${file.id}/url`, {});
    const answer = await fetch(new URL(signed.url, server.url));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), file.contentType);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.length, file.bytes);
    const path = join(folder, `${name}-${file.id}${ending[file.contentType] ?? ''}`);
    writeFileSync(path, bytes);
    saved.push({ ...file, path });
  }
  return saved;
}

const ending = {
  'video/webm': '.webm',
  'audio/webm': '.webm',
  'video/matroska': '.mkv',
  'video/mp4': '.mp4',
  'application/json': '.json',
};

function trackOf(files, person, source) {
  const track = files.find((file) => file.userId === person.id && file.source === source);
  assert.ok(track, `no ${source} of ${person.name}`);
  return track;
}

/** How far a person's recorded sound is behind the recorded picture. */
function apart(files, person) {
  const [video, audio] = ['video', 'audio'].map((source) => trackOf(files, person, source));
  const at = (offset) => (time) => time + offset;
  const flashed = flashes(pictures(video.path)).map(at(video.offsetMs));
  const beeped = beeps(audio.path, beacons[person.name].tone).map(at(audio.offsetMs));
  return behind(flashed, beeped);
}

test('three people, recorded one by one and in one file', { timeout: 600_000 }, async () => {
  await withServer({}, async (server) => {
    const [alice, bob, carol] = [
      await arrives(server, 'Alice'),
      await arrives(server, 'Bob'),
      await arrives(server, 'Carol'),
    ];
    await alice.calls(bob);
    await bob.accepts();
    await alice.seesAndHears(1);
    await starts(alice, 'One video of everybody');
    for (const person of [alice, bob]) await seesSign(person);
    await bob.page.getByRole('status').filter({ hasText: 'Alice records this call' }).first().waitFor();
    // Two people would need no forwarding unit, but the recorder does.
    await alice.travelsBy('sfu');
    await alice.picture('81-recorded');
    await bob.picture('81-recorded');
    await pause(alice, 8000);
    await alice.adds(carol);
    await alice.page.getByTestId('people-panel').getByRole('button', { name: 'Close' }).click();
    await carol.accepts();
    await seesSign(carol);
    for (const person of [alice, bob, carol]) await person.seesAndHears(2, { connections: 1 });
    const threeFrom = Date.now();
    await pause(alice, 8000);
    const threeUntil = Date.now();
    await carol.hangsUp();
    await pause(alice, 4000);
    // Silence and darkness in mid-call stay what they are.
    await bob.button('Turn camera off').click();
    await pause(alice, 3000);
    await bob.button('Turn camera on').click();
    await pause(alice, 4000);
    await stops(alice);
    await alice.page.getByRole('status').filter({ hasText: 'The recording has stopped' }).first().waitFor();
    assert.equal(await bob.page.getByTestId('recording-sign').count(), 0);
    const done = await recording(alice, 'is ready', isDone);
    assert.deepEqual([done.status, done.cause, done.mix], ['ready', null, 'done']);

    const files = await download(alice, server, done, 'three');
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
      assert.ok(Math.abs(median) < APART && Math.abs(worst) < 2 * APART, `${median}, ${worst}`);
    }
    checkMix(files, { started: Date.parse(done.startedAt), threeFrom, threeUntil });
    await watchesOnItsPage(alice, server);
    for (const person of [alice, bob, carol]) assert.deepEqual(person.errors, []);
  });
});

/** The file of everybody shows each as long as they were there, and in time with their voices. */
function checkMix(files, { started, threeFrom, threeUntil }) {
  const mix = files.find(({ kind }) => kind === 'mixed');
  assert.ok(mix, 'no file of everybody');
  const frames = pictures(mix.path, { width: 128, height: 72 });
  const shows = (name, [from, until]) => {
    const between = frames.filter(({ at }) => at > from && at < until);
    assert.ok(between.length > 20, `${between.length} pictures between ${from} and ${until}`);
    return between.filter(({ rgb }) => share(rgb, beacons[name].rgb) > 0.05).length / between.length;
  };
  const three = [threeFrom - started + 1500, threeUntil - started - 500];
  const before = [3000, threeFrom - started - 8000];
  const after = [threeUntil - started + 2500, threeUntil - started + 4000];
  // A beacon is white for a part of the time.
  for (const name of ['Alice', 'Bob', 'Carol']) {
    assert.ok(shows(name, three) > 0.7, `${name} is there while there are three: ${shows(name, three)}`);
  }
  assert.equal(shows('Carol', after), 0, 'Carol has left');
  if (before[1] - before[0] > 1500) assert.equal(shows('Carol', before), 0, 'Carol has not come');
  const { beats, median, worst } = behind(flashes(frames), beeps(mix.path));
  console.log(`the mix: sound is ${median.toFixed(0)} ms behind, ${worst.toFixed(0)} at worst, of ${beats} beats`);
  assert.ok(beats >= BEATS);
  assert.ok(Math.abs(median) < APART, `${median}`);
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

test('nothing is recorded of those who have not said yes', { timeout: 400_000 }, async () => {
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
    await carol.page.getByRole('button', { name: 'Answer' }).first().click();
    await carol.button('Record me').click();
    const agreed = Date.now();
    await pause(alice, 5000);
    await stops(alice);
    const done = await recording(alice, 'is ready', isDone);
    assert.equal(done.status, 'ready');
    assert.deepEqual(
      done.consents.map(({ userId, status }) => [userId, status]).sort(),
      [['alice', 'given'], ['bob', 'refused'], ['carol', 'given']],
    );
    const files = await download(alice, server, done, 'asked');
    assert.deepEqual(new Set(files.map(({ userId }) => userId).filter(Boolean)), new Set(['alice', 'carol']));
    const asked = agreed - Date.parse(done.startedAt);
    for (const source of ['audio', 'video']) {
      const track = trackOf(files, carol, source);
      assert.ok(track.offsetMs > asked - 500, `${track.offsetMs} is before ${asked}`);
      assert.equal(complaints(track.path), '');
    }
  });
});

test('a server that dies loses nothing that was recorded', { timeout: 600_000 }, async () => {
  await withServer({}, async (server) => {
    const [alice, bob] = [await arrives(server, 'Alice'), await arrives(server, 'Bob')];
    await alice.calls(bob);
    await bob.accepts();
    await alice.seesAndHears(1);
    await starts(alice, 'One video of everybody');
    await alice.travelsBy('sfu');
    await pause(alice, 8000);
    await server.kill();
    // As they are, before anything repairs them.
    const left = join(folder, 'left');
    cpSync(server.recordings(), left, { recursive: true });
    const cut = readdirSync(left, { recursive: true }).filter((name) => ['.webm', '.mkv'].includes(extname(name)));
    assert.equal(cut.length, 4, `sound and picture of two: ${cut}`);
    for (const name of cut) {
      const path = join(left, name);
      const { streams } = probe(path);
      assert.equal(streams.length, 1);
      const lasts = streams[0].codec_type === 'video' ? pictures(path).at(-1).at : lastBeep(path);
      console.log(`${streams[0].codec_name}: ${Math.round(lasts)} ms were on the disk`);
      assert.ok(lasts > 4000, `${lasts} ms`);
    }
    await server.startAgain();
    for (const person of [alice, bob]) await person.newConnectionCarriesMedia(1);
    await seesSign(bob);
    await pause(alice, 6000);
    await stops(alice);
    // And again, while its files are made.
    await recording(alice, 'is being mixed', ({ mix, status }) => mix === 'running' || status !== 'processing');
    await server.kill();
    await server.startAgain();
    const done = await recording(alice, 'is done', isDone);
    assert.equal(done.mix, 'done');
    const files = await download(alice, server, done, 'killed');
    for (const file of files.filter(({ kind }) => kind !== 'manifest')) {
      assert.equal(complaints(file.path), '', `${file.kind} of ${file.userId} ${file.source}`);
    }
    for (const person of [alice, bob]) {
      const { beats, median, worst } = apart(files, person);
      console.log(`${person.name}: ${median.toFixed(0)} ms, ${worst.toFixed(0)} at worst, of ${beats} beats`);
      assert.ok(beats >= 10, `${beats} beats: before and after`);
      assert.ok(Math.abs(median) < APART);
    }
  });
});

function lastBeep(path) {
  return beeps(path).at(-1) ?? 0;
}
