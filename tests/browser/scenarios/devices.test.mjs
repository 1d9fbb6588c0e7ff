import { after, before, test } from 'node:test';
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

let server;
let usual;
before(async () => {
  server = await startServer();
  usual = await startBrowser();
});
after(async () => {
  await usual?.close();
  await server?.stop();
});

test('a refused permission is explained, and the call goes on', { timeout: 900_000 }, async () => {
  const browser = await startBrowser({ permission: 'deny' });
  try {
    const alice = await Person.arrives(usual, server, 'Alice');
    const bob = await Person.arrives(browser, server, 'Bob');
    await alice.calls(bob);
    await bob.button('Accept video').click();
    await bob.page.getByTestId('permission-help').first().waitFor();
    await bob.picture('40-permission-denied');
    await bob.seesMoving(alice);
    await bob.page.context().close();
    await alice.page.context().close();
  } finally {
    await browser.close();
  }
});

test('a machine without devices says so, and can still listen', { timeout: 900_000 }, async () => {
  const browser = await startBrowser({ devices: false });
  try {
    const carol = await Person.arrives(usual, server, 'Carol');
    const dave = await Person.arrives(browser, server, 'Dave');
    await carol.calls(dave);
    await dave.button('Accept video').click();
    await dave.page.getByText(/no (camera|microphone)/i).first().waitFor();
    await dave.picture('41-no-device');
    await dave.seesMoving(carol);
    await dave.page.context().close();
    await carol.page.context().close();
  } finally {
    await browser.close();
  }
});
