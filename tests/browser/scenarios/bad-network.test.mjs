import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Internet, WEB } from '../support/internet.mjs';
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

/** The longest that a picture may stand still where one packet in twenty is lost, in milliseconds. */
const FREEZE = 1000;

let internet;
let server;
let computers;
let browsers;
let people;
before(async () => {
  internet = new Internet();
  server = await startServer(
    {
      CALL__DEV_ALLOW_REMOTE: 'true',
      CALL__POLICY__TOPOLOGY: 'sfu',
      CALL__TURN__ALLOW_PEERS: '203.0.113.0/24',
    },
    { host: WEB, prefix: ['ip', 'netns', 'exec', internet.server] },
  );
});
after(async () => {
  await server?.stop();
  internet?.remove();
});
beforeEach(async () => {
  computers = [internet.open(), internet.open(), internet.open()];
  browsers = [];
  people = [];
  for (const [index, name] of ['Alice', 'Bob', 'Carol'].entries()) {
    const browser = await startBrowser({
      executablePath: internet.chromium(computers[index]),
      args: [`--unsafely-treat-insecure-origin-as-secure=${server.url}`],
    });
    browsers.push(browser);
    people.push(await Person.arrives(browser, server, name));
  }
  const [alice, bob, carol] = people;
  await alice.startsGroup([bob, carol]);
  await bob.accepts();
  await carol.accepts();
  for (const person of people) await person.seesAndHears(2, { connections: 1 });
});
afterEach(async () => {
  for (const browser of browsers) await browser.close();
});

test('one packet in twenty is lost, and no picture stands still', { timeout: 400_000 }, async () => {
  const [alice, bob, carol] = people;
  internet.loses(computers[2], 5);
  // What was lost at the very beginning is repaired first.
  await pause(3000);
  const since = new Map();
  for (const person of people) since.set(person, await person.now());
  await pause(60_000);
  for (const [person, other] of [
    [carol, alice],
    [carol, bob],
    [alice, carol],
    [bob, carol],
  ]) {
    const { longest, pictures } = await person.pictureGap(other, since.get(person));
    console.log(`${person.name} sees ${other.name}: ${pictures} pictures, the longest stop ${Math.round(longest)} ms`);
    assert.ok(longest < FREEZE, `${person.name} did not see ${other.name} for ${longest} ms`);
  }
  await carol.picture('80-loss');
});

test('who has a narrow way gets the small picture, and nobody else does', { timeout: 400_000 }, async () => {
  const [alice, bob, carol] = people;
  // Somebody that everybody looks at closely.
  for (const person of [bob, carol]) await person.pins(alice);
  await bob.eventually('Bob gets a large picture of Alice', async () => {
    return (await bob.layers()).get('alice') === 'high';
  });
  internet.narrows(computers[2], 300);
  await carol.eventually('Carol gets the small picture of Alice', async () => {
    return (await carol.layers()).get('alice') === 'low';
  });
  // It stays so: nobody flaps, and nobody else pays for it.
  const since = await carol.now();
  for (let second = 0; second < 10; second++) {
    await pause(1000);
    assert.equal((await bob.layers()).get('alice'), 'high');
    assert.notEqual((await carol.layers()).get('alice'), 'high');
  }
  const { longest, pictures } = await carol.pictureGap(alice, since);
  console.log(`Carol by 300 kbit/s: ${pictures} pictures in 10 s, the longest stop ${Math.round(longest)} ms`);
  assert.ok(pictures > 20, `${pictures} pictures in 10 s`);
  await carol.picture('81-narrow');
});
