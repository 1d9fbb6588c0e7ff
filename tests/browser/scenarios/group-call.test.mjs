import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FirefoxPerson, startFirefox } from '../support/firefox.mjs';
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

/** How long somebody who comes late waits for the first picture, in milliseconds. */
const FIRST_PICTURE = 1000;
/** How long after a new start of the server everybody may be without media, in milliseconds. */
const BACK = 5000;

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
});

const small = { viewport: { width: 960, height: 640 } };

async function withServer(settings, scenario) {
  const server = await startServer(settings);
  try {
    await scenario(server);
  } finally {
    await server.stop();
  }
}

async function inACall(server, names) {
  const people = [];
  for (const name of names) people.push(await Person.arrives(browser, server, name, small));
  const [first, ...others] = people;
  await first.startsGroup(others);
  for (const other of others) await other.accepts();
  return people;
}

async function moments(people) {
  return new Map(await Promise.all(people.map(async (person) => [person, await person.now()])));
}

async function leave(people) {
  for (const person of people) await person.page.context().close();
}

test('who comes late sees a picture at once', { timeout: 900_000 }, async () => {
  await withServer({}, async (server) => {
    const people = await inACall(server, ['Alice', 'Bob', 'Carol']);
    const [alice, bob, carol] = people;
    await bob.seesAndHears(2, { connections: 1 });
    const dave = await Person.arrives(browser, server, 'Dave', small);
    await alice.adds(dave);
    await alice.picture('70-people');
    const since = await moments(people);
    await dave.accepts();
    const { took: waited, stalled: own } = await dave.firstPicture();
    // Anybody's picture will do, so the page counts that ran best.
    const stalls = await Promise.all(people.map((person) => person.stalled(since.get(person))));
    const stalled = own + Math.min(...stalls);
    console.log(`connected to first picture: ${Math.round(waited)} ms; pages stood still for ${Math.round(stalled)} ms at most`);
    await dave.seesAndHears(3, { connections: 1 });
    await carol.seesMoving(dave);
    await dave.picture('71-came-late');
    assert.ok(waited < FIRST_PICTURE + stalled, `the first picture took ${waited} ms`);
    await leave([...people, dave]);
  });
});

test('Firefox and Chromium see each other', { timeout: 900_000 }, async () => {
  const firefox = await startFirefox();
  try {
    await withServer({}, async (server) => {
      const fiona = await FirefoxPerson.arrives(firefox, server, 'Fiona');
      const alice = await Person.arrives(browser, server, 'Alice', small);
      const bob = await Person.arrives(browser, server, 'Bob', small);
      await alice.startsGroup([bob, fiona]);
      await bob.accepts();
      await fiona.accepts();
      for (const person of [alice, bob]) await person.seesAndHears(2, { connections: 1 });
      await alice.seesMoving(fiona);
      await fiona.seesMoving(alice);
      await fiona.seesMoving(bob);
      await alice.picture('72-with-firefox');
      await leave([alice, bob]);
    });
  } finally {
    await firefox.close();
  }
});

test('the server dies and comes back: so does everybody', { timeout: 900_000 }, async () => {
  await withServer({}, async (server) => {
    const people = await inACall(server, ['Alice', 'Bob', 'Carol']);
    const accepted = Date.now();
    for (const person of people) await person.newConnectionCarriesMedia(2);
    // What it takes on this machine where nothing has gone wrong.
    const joined = Date.now() - accepted;
    for (const person of people) await person.seesAndHears(2, { connections: 1 });
    const before = new Map();
    for (const person of people) before.set(person, await person.connections());
    await server.kill();
    for (const person of people) await person.page.getByTestId('call').waitFor();
    await server.startAgain();
    const since = await moments(people);
    const started = Date.now();
    for (const person of people) await person.newConnectionCarriesMedia(2, { after: before.get(person) });
    const took = Date.now() - started;
    const stalled = await Person.stalled(since);
    console.log(
      `everybody has media after ${joined} ms, and again after ${took} ms; pages stood still for ${Math.round(stalled)} ms at most`,
    );
    for (const person of people) await person.seesAndHears(2, { connections: 1 });
    await people[0].picture('73-after-a-restart');
    assert.ok(took < Math.max(BACK + stalled, 3 * joined), `it took ${took} ms`);
    await leave(people);
  });
});
