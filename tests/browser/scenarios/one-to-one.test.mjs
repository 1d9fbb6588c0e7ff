import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Person, PATIENCE, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function talking(first, second) {
  await first.calls(second);
  await second.button('Accept video').click();
  await Promise.all([first.seesAndHears(), second.seesAndHears()]);
}

test('two people call, talk, mute, share, reload and hang up', { timeout: 900_000 }, async () => {
  const alice = await Person.arrives(browser, server, 'Alice');
  const bob = await Person.arrives(browser, server, 'Bob');
  await alice.picture('01-home');

  await alice.calls(bob);
  await bob.button('Accept video').waitFor();
  await alice.picture('02-ringing');
  await bob.picture('02-incoming');

  await bob.button('Accept video').click();
  await Promise.all([alice.seesAndHears(), bob.seesAndHears()]);
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  await alice.picture('03-in-call');
  await bob.picture('03-in-call');

  await bob.presses('Mute microphone');
  await alice.page.locator('[data-testid="tile-bob"][data-muted="true"]').waitFor();
  await alice.picture('04-bob-muted');
  await bob.presses('Unmute microphone');
  await alice.page.locator('[data-testid="tile-bob"][data-muted="false"]').waitFor();

  await bob.presses('Turn camera off');
  await alice.page.locator('[data-testid="tile-bob"][data-camera="off"]').waitFor();
  await alice.picture('05-bob-camera-off');
  await bob.presses('Turn camera on');
  await alice.page.locator('[data-testid="tile-bob"][data-camera="on"]').waitFor();
  await alice.seesMoving(bob);

  await bob.presses('Share screen');
  await alice.page.locator('[data-testid="tile-bob"][data-sharing="true"]').waitFor();
  await alice.eventually('the screen is wider than the camera', () =>
    alice
      .tile(bob)
      .locator('video')
      .evaluateAll((videos) => videos.some((video) => video.videoWidth >= 960)),
  );
  await alice.picture('06-bob-shares');
  await bob.presses(bob.page.getByTestId('control-bar').getByRole('button', { name: 'Stop sharing' }));
  await alice.page.locator('[data-testid="tile-bob"][data-sharing="false"]').waitFor();

  await bob.page.reload();
  await bob.seesAndHears();
  await alice.seesAndHears();
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  await bob.picture('07-after-reload');

  await alice.hangsUp();
  await alice.page.getByTestId('call-ended').waitFor();
  await bob.page.getByTestId('call-ended').waitFor();
  await alice.picture('08-ended');

  for (const person of [alice, bob]) {
    await person.page.goto(server.url);
    const item = person.page.locator('[data-testid^="history-"]').first();
    await item.filter({ hasText: person === alice ? 'Bob' : 'Alice' }).waitFor();
    await person.picture('09-history');
    assert.deepEqual(person.errors, []);
    await person.page.context().close();
  }
});

test('a second device stops ringing when the first answers', { timeout: 900_000 }, async () => {
  const carol = await Person.arrives(browser, server, 'Carol');
  const phone = await Person.arrives(browser, server, 'Dave', {
    viewport: { width: 390, height: 844 },
  });
  const laptop = await Person.arrives(browser, server, 'Dave');
  await carol.calls(phone);
  await phone.button('Accept video').waitFor();
  await laptop.button('Accept video').waitFor();
  await phone.picture('10-incoming-phone');
  // The words are there for some seconds only.
  await Promise.all([
    laptop.page.getByText('Answered on another device').first().waitFor(),
    phone.button('Accept video').click(),
  ]);
  await laptop.button('Accept video').waitFor({ state: 'detached' });
  await laptop.picture('10-answered-elsewhere');
  await Promise.all([carol.seesAndHears(), phone.seesAndHears()]);
  await phone.picture('11-in-call-phone');
  await phone.hangsUp();
  await carol.page.getByTestId('call-ended').waitFor();
  for (const person of [carol, phone, laptop]) await person.page.context().close();
});

test('a page that is killed is seen as reconnecting, then the call ends', { timeout: 900_000 }, async () => {
  const own = await startServer({ CALL__POLICY__RECONNECT_GRACE: '2' });
  try {
    const erin = await Person.arrives(browser, own, 'Erin');
    const frank = await Person.arrives(browser, own, 'Frank');
    await talking(erin, frank);
    await frank.page.context().close();
    await erin.page.getByTestId('call-ended').waitFor({ timeout: PATIENCE });
    await erin.picture('12-connection-lost');
    await erin.page.context().close();
  } finally {
    await own.stop();
  }
});
