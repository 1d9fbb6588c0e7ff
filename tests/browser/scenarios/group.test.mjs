import { after, before, test } from 'node:test';
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

let server;
let browser;
before(async () => {
  server = await startServer({ CALL__POLICY__TOPOLOGY: 'p2p' });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('three people in a mesh', { timeout: 900_000 }, async () => {
  const alice = await Person.arrives(browser, server, 'Alice');
  const bob = await Person.arrives(browser, server, 'Bob');
  const carol = await Person.arrives(browser, server, 'Carol');
  await alice.button('New group call').click();
  await alice.page.getByRole('checkbox', { name: 'Choose Bob' }).check();
  await alice.page.getByRole('checkbox', { name: 'Choose Carol' }).check();
  await alice.picture('30-chosen');
  await alice.page.getByTestId('group-bar').getByRole('button', { name: 'Video call' }).click();
  await alice.page.getByTestId('pre-join').waitFor();
  await alice.page.getByText('Connection', { exact: false }).first().waitFor();
  await alice.picture('30-before');
  await alice.button('Start call').click();
  await bob.button('Accept video').click();
  await carol.button('Accept video').click();
  for (const person of [alice, bob, carol]) await person.seesAndHears(2);
  await alice.seesMoving(bob);
  await alice.seesMoving(carol);
  await bob.seesMoving(carol);
  await alice.picture('31-three');
  await carol.picture('31-three');

  await carol.hangsUp();
  await alice.tile(carol).waitFor({ state: 'detached' });
  await alice.seesAndHears(1);
  await alice.hangsUp();
  await bob.page.getByTestId('call-ended').waitFor();
  await bob.picture('32-group-ended');
});
