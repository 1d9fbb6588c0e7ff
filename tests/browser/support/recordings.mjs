import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from './people.mjs';
import { beeps, behind, flashes, pictures } from './recorded.mjs';

/** What each person's camera shows and microphone plays, and how the colour looks when it is decoded. */
export const beacons = {
  Alice: { colour: '#c01818', tone: 700, rgb: [192, 24, 24] },
  Bob: { colour: '#1830c0', tone: 1100, rgb: [24, 48, 192] },
  Carol: { colour: '#108040', tone: 1700, rgb: [16, 128, 64] },
  Fiona: { colour: '#b09010', tone: 2300, rgb: [176, 144, 16] },
};

/** Presses the buttons that start a recording. */
export async function starts(person, mode) {
  await person.presses('Record call');
  const dialog = person.page.getByTestId('record-dialog');
  await dialog.getByRole('radio', { name: new RegExp(`^${mode}`) }).check();
  await person.picture('80-record');
  await dialog.getByRole('button', { name: 'Start recording' }).click();
}

/** Presses the buttons that stop it. */
export async function stops(person) {
  await person.presses(person.page.getByTestId('record-button'));
  await person.page.getByRole('alertdialog').getByRole('button', { name: 'Stop recording' }).click();
}

export function seesSign(person) {
  return person.page.getByTestId('recording-sign').first().waitFor();
}

/** How long a recording may be in the making: a mix leaves the machine to whatever else there is to do. */
const MAKING = 8 * PATIENCE;

/** The newest recording of the person's newest call, once `holds`. */
export async function recording(person, what, holds) {
  let seen;
  await person.eventually(`a recording ${what}`, async () => {
    seen = await person.asks('GET', '/api/calls?limit=1').then(async ({ items: [call] }) => {
      const { items } = await person.asks('GET', `/api/calls/${call.id}/recordings`);
      return items[0];
    });
    return seen !== undefined && holds(seen);
  }, MAKING);
  return seen;
}

export const isDone = ({ status }) => !['recording', 'processing'].includes(status);

/** Fetches all files of a recording by their signed URLs into a folder. */
export async function download(person, server, { id, files }, folder) {
  const saved = [];
  for (const file of files) {
    const signed = await person.asks('POST', `/api/recordings/${id}/files/${file.id}/url`, {});
    const answer = await fetch(new URL(signed.url, server.url));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), file.contentType);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.length, file.bytes);
    const path = join(folder, `${file.id}${ending[file.contentType] ?? ''}`);
    writeFileSync(path, bytes);
    saved.push({ ...file, path });
  }
  return saved;
}

const ending = {
  'video/webm': '.webm',
  'audio/webm': '.webm',
  'video/x-matroska': '.mkv',
  'video/mp4': '.mp4',
  'application/json': '.json',
};

export function trackOf(files, person, source) {
  const track = files.find((file) => file.userId === person.id && file.source === source);
  assert.ok(track, `no ${source} of ${person.name}`);
  return track;
}

/** How far a person's recorded sound is behind the recorded picture. */
export function apart(files, person) {
  const [video, audio] = ['video', 'audio'].map((source) => trackOf(files, person, source));
  const at = (offset) => (time) => time + offset;
  const flashed = flashes(pictures(video.path)).map(at(video.offsetMs));
  const beeped = beeps(audio.path, beacons[person.name].tone).map(at(audio.offsetMs));
  return behind(flashed, beeped);
}
