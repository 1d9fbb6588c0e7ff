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

async function leave(people) {
  for (const person of people) await person.page.context().close();
}

test('who comes late sees a picture at once', { timeout: 300_000 }, async () => {
  await withServer({}, async (server) => {
    const people = await inACall(server, ['Alice', 'Bob', 'Carol']);
    const [alice, bob, carol] = people;
    await bob.seesAndHears(2, { connections: 1 });
    const dave = await Person.arrives(browser, server, 'Dave', small);
    await alice.adds(dave);
    await alice.picture('70-people');
    await dave.accepts();
    const waited = await dave.firstPicture();
    console.log(`connected to first picture: ${Math.round(waited)} ms`);
    await dave.seesAndHears(3, { connections: 1 });
    await carol.seesMoving(dave);
    await dave.picture('71-came-late');
    assert.ok(waited < FIRST_PICTURE, `the first picture took ${waited} ms`);
    await leave([...people, dave]);
  });
});

test('Firefox and Chromium see each other', { timeout: 300_000 }, async () => {
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

test('the server dies and comes back: so does everybody', { timeout: 300_000 }, async () => {
  await withServer({}, async (server) => {
    const people = await inACall(server, ['Alice', 'Bob', 'Carol']);
    for (const person of people) await person.seesAndHears(2, { connections: 1 });
    await server.kill();
    for (const person of people) await person.page.getByTestId('call').waitFor();
    await server.startAgain();
    const since = await people[0].now();
    const started = Date.now();
    for (const person of people) await person.newConnectionCarriesMedia(2);
    const took = Date.now() - started;
    console.log(`everybody has media again after ${took} ms`);
    for (const person of people) await person.seesAndHears(2, { connections: 1 });
    await people[0].picture('73-after-a-restart');
    assert.ok(since > 0 && took < BACK, `it took ${took} ms`);
    await leave(people);
  });
});
