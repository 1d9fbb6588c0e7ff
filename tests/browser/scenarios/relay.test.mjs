import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Internet, RELAY, WEB } from '../support/internet.mjs';
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

/** How long sending something by the relay may take, in seconds. */
const SENDING = 25;
/** How long a call has to find the path that is best for it, in milliseconds. */
const SETTLED = 30_000;

let internet;
let server;
before(async () => {
  internet = new Internet();
  const { certificate, key } = internet.certificate();
  server = await startServer(
    {
      // On 443, so that the page is reached from everywhere; plain, for there is no name to certify.
      CALL__SERVER__PORT: '443',
      CALL__DEV_ALLOW_REMOTE: 'true',
      CALL__TURN__LISTEN: [`udp:${RELAY}:3478`, `tcp:${RELAY}:3478`, `tls:${RELAY}:443`].join(','),
      CALL__TURN__CERTIFICATE_FILE: certificate,
      CALL__TURN__KEY_FILE: key,
      // The addresses of this internet are set aside for documentation.
      CALL__TURN__ALLOW_PEERS: '203.0.113.0/24',
    },
    { host: WEB, prefix: ['ip', 'netns', 'exec', internet.server] },
  );
});
after(async () => {
  await server?.stop();
  internet?.remove();
});

function browserIn(namespace) {
  return startBrowser({
    executablePath: internet.chromium(namespace),
    args: [
      `--unsafely-treat-insecure-origin-as-secure=${server.url}`,
      // The relay's certificate is its own.
      '--ignore-certificate-errors',
    ],
  });
}

/** Two people in these namespaces call each other; returns the paths of both sides, once they are right or have had the time to be. */
async function talk(first, second, isRight) {
  const browsers = [await browserIn(first), await browserIn(second)];
  try {
    const alice = await Person.arrives(browsers[0], server, 'Alice');
    const bob = await Person.arrives(browsers[1], server, 'Bob');
    await alice.calls(bob);
    await bob.button('Accept video').click();
    await Promise.all([alice.seesAndHears(), bob.seesAndHears()]);
    const deadline = Date.now() + SETTLED;
    let paths;
    do {
      // A better path may be found after the first one that carries something.
      paths = [...(await alice.paths()), ...(await bob.paths())];
      await alice.page.waitForTimeout(200);
    } while (!(paths.length === 2 && paths.every(isRight)) && Date.now() < deadline);
    await alice.hangsUp();
    await bob.page.getByTestId('call-ended').waitFor();
    assert.equal(paths.length, 2);
    return paths;
  } finally {
    for (const browser of browsers) await browser.close();
  }
}

test('on an open network the media goes directly', { timeout: 500_000 }, async () => {
  const isDirect = ({ local, remote }) => local !== 'relay' && remote !== 'relay';
  for (const path of await talk(internet.open(), internet.open(), isDirect)) {
    assert.ok(isDirect(path), JSON.stringify(path));
  }
});

test('two symmetric NATs: through the relay by UDP', { timeout: 500_000 }, async () => {
  const isRelayed = ({ local, remote, relayProtocol }) =>
    [local, remote].includes('relay') && (local !== 'relay' || relayProtocol === 'udp');
  for (const path of await talk(internet.home(), internet.home(), isRelayed)) {
    assert.ok(isRelayed(path), JSON.stringify(path));
  }
});

test('no UDP at all: through the relay by TCP', { timeout: 500_000 }, async () => {
  const isByTcp = ({ local, relayProtocol }) => local === 'relay' && relayProtocol === 'tcp';
  for (const path of await talk(internet.home('no udp'), internet.home('no udp'), isByTcp)) {
    assert.ok(isByTcp(path), JSON.stringify(path));
  }
});

test('nothing but port 443: through the relay by TLS', { timeout: 500_000 }, async () => {
  const isByTls = ({ local, relayProtocol }) => local === 'relay' && relayProtocol === 'tls';
  for (const path of await talk(internet.home('443 only'), internet.home('443 only'), isByTls)) {
    assert.ok(isByTls(path), JSON.stringify(path));
  }
});

test('the relay sends nothing into the private network of its host', { timeout: 300_000 }, () => {
  const home = internet.home();
  const canary = internet.canary();
  const curl = (path, ...more) =>
    JSON.parse(internet.run(home, 'curl', ['--silent', `${server.url}${path}`, ...more]));
  const body = JSON.stringify({ userId: 'mallory' });
  const json = ['--header', 'content-type: application/json', '--data', body];
  const { token } = curl('/api/dev/token', ...json);
  const bearer = ['--header', `authorization: Bearer ${token}`];
  const { username, credential } = curl('/api/calls/turn-credentials', ...bearer);
  const send = (peer, ...how) =>
    internet.run(home, 'turnutils_uclient', [
      ...['-u', username, '-w', credential, '-e', peer, '-r', '3480', '-n', '5', '-c', ...how],
      RELAY,
    ], SENDING);

  // The canary sings where it may be reached, so its silence means something.
  send(canary.open);
  assert.ok(canary.counts().open > 0, JSON.stringify(canary.counts()));

  for (const how of [[], ['-s'], ['-t'], ['-t', '-s']]) {
    const said = send(canary.hidden, ...how);
    assert.match(said, /403/, said);
  }
  assert.equal(canary.counts().hidden, 0);
});
