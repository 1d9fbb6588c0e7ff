import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Internet, WEB } from '../support/internet.mjs';
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

/** The longest that a picture may stand still where one packet in twenty is lost, in milliseconds. */
const FREEZE = 1000;

let internet;
let server;
let browsers = [];

before(async () => {
  internet = new Internet();
  server = await startServer(
    {
      CALL__DEV_ALLOW_REMOTE: 'true',
      CALL__POLICY__TOPOLOGY: 'sfu',
      CALL__TURN__ALLOW_PEERS: '203.0.113.0/24',
      // A relay by TCP would do as well for who has no UDP, and a browser that has it first looks for nothing else: this is
      // about the forwarding unit's own TCP.
      CALL__TURN__LISTEN: `udp:${WEB}:0`,
    },
    { host: WEB, prefix: ['ip', 'netns', 'exec', internet.server] },
  );
});
after(async () => {
  await server?.stop();
  internet?.remove();
});
afterEach(async () => {
  for (const browser of browsers) await browser.close();
  browsers = [];
});

/** Three people in a call, the third at a computer of its own kind. Nobody is in two calls: each test has others. */
async function gather(names, computer) {
  const people = [];
  for (const [index, name] of names.entries()) {
    const browser = await startBrowser({
      executablePath: internet.chromium(index === 2 ? computer : internet.open()),
      args: [`--unsafely-treat-insecure-origin-as-secure=${server.url}`],
    });
    browsers.push(browser);
    people.push(await Person.arrives(browser, server, name));
  }
  const [first, ...others] = people;
  await first.startsGroup(others);
  for (const other of others) await other.accepts();
  for (const person of people) await person.seesAndHears(2, { connections: 1 });
  return people;
}

test('one packet in twenty is lost, and no picture stands still', { timeout: 400_000 }, async () => {
  const computer = internet.open();
  const people = await gather(['Alice', 'Bob', 'Carol'], computer);
  const [alice, bob, carol] = people;
  internet.loses(computer, 5);
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
    const stalled = Math.max(await person.stalled(since.get(person)), await other.stalled(since.get(other)));
    console.log(
      `${person.name} sees ${other.name}: ${pictures} pictures, the longest stop ${Math.round(longest)} ms; ` +
        `a page stood still for ${Math.round(stalled)} ms at most`,
    );
    assert.ok(longest < FREEZE + stalled, `${person.name} did not see ${other.name} for ${longest} ms`);
  }
  await carol.picture('80-loss');
});

test('who has a narrow way gets the small picture, and nobody else does', { timeout: 400_000 }, async () => {
  const computer = internet.open();
  const [dora, emil, frida] = await gather(['Dora', 'Emil', 'Frida'], computer);
  // Somebody that everybody looks at closely.
  for (const person of [emil, frida]) await person.pins(dora);
  await emil.eventually('Emil gets a large picture of Dora', async () => {
    return (await emil.layers()).get('dora') === 'high';
  });
  internet.narrows(computer, 300);
  await frida.eventually('Frida gets the small picture of Dora', async () => {
    return (await frida.layers()).get('dora') === 'low';
  });
  // It stays so: nobody flaps, and nobody else pays for it.
  const since = await frida.now();
  for (let seconds = 0; seconds < 10; seconds++) {
    await pause(1000);
    assert.equal((await emil.layers()).get('dora'), 'high');
    assert.notEqual((await frida.layers()).get('dora'), 'high');
  }
  const { longest, pictures } = await frida.pictureGap(dora, since);
  console.log(`Frida by 300 kbit/s: ${pictures} pictures in 10 s, the longest stop ${Math.round(longest)} ms`);
  assert.ok(pictures > 20, `${pictures} pictures in 10 s`);
  await frida.picture('81-narrow');
});

test('who has no UDP at all is in the call by TCP', { timeout: 300_000 }, async () => {
  const [gail, , ivan] = await gather(['Gail', 'Hugo', 'Ivan'], internet.home('no udp'));
  for (const path of await ivan.paths()) assert.equal(path.protocol, 'tcp');
  for (const path of await gail.paths()) assert.equal(path.protocol, 'udp');
  await gail.seesMoving(ivan);
  await ivan.seesMoving(gail);
});
