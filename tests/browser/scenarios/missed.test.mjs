import { after, before, test } from 'node:test';
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

let server;
let browser;
before(async () => {
  // Long enough for a busy machine to show that it rings, and to press a button.
  server = await startServer({ CALL__POLICY__RING_TIMEOUT: '15' });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('nobody answers: a missed call, and a call back', { timeout: 900_000 }, async () => {
  const alice = await Person.arrives(browser, server, 'Alice');
  const bob = await Person.arrives(browser, server, 'Bob');
  await alice.calls(bob, 'Audio');
  await bob.button('Decline').waitFor();
  await bob.button('Decline').waitFor({ state: 'detached' });
  await alice.page.getByTestId('call-ended').waitFor();
  await alice.picture('20-no-answer');

  const missed = bob.page.locator('[data-testid^="history-"][data-outcome="missed"]').first();
  await missed.waitFor();
  await bob.picture('21-missed');
  await alice.page.goto(server.url);
  await alice.page.getByTestId('account').waitFor();
  await missed.getByRole('button', { name: /^Call .* back$/ }).click();
  await alice.button('Accept audio').waitFor();
  await alice.button('Decline').click();
  await bob.page.getByTestId('call-ended').waitFor();
  await bob.picture('22-declined');
});
