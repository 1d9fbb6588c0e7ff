import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How long it may take to start, in milliseconds. */
const START = 60_000;

const binary =
  process.env.CALL_SERVER_BIN ??
  resolve(import.meta.dirname, '../../../target/debug/call-server');

/**
 * Starts a server with the app, dev tokens and a data folder of its own; stop() ends it. `prefix` is
 * put before its command line, such as `ip netns exec NAME`.
 */
export async function startServer(settings = {}, { host = '127.0.0.1', prefix = [] } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'call-server-'));
  const port = settings.CALL__SERVER__PORT ?? (await freePort());
  const log = openSync(join(data, 'log'), 'a');
  const env = {
    ...process.env,
    CALL__DEV: 'true',
    CALL__SERVER__HOST: host,
    CALL__SERVER__PORT: String(port),
    CALL__DATABASE__URL: `sqlite://${join(data, 'calls.sqlite3')}`,
    // Free ports: several servers run at the same time.
    CALL__TURN__LISTEN: `udp:${host}:0,tcp:${host}:0`,
    CALL__SFU__LISTEN: `udp:${host}:0,tcp:${host}:0`,
    ...settings,
  };
  const [program, ...before] = [...prefix, binary, 'serve'];
  const launch = () => spawn(program, before, { cwd: data, env, stdio: ['ignore', log, log] });
  let child = launch();
  const url = `http://${host}:${port}`;
  const readLog = () => readFileSync(join(data, 'log'), 'utf8');
  const ready = async () => {
    const deadline = Date.now() + START;
    for (;;) {
      if (isReady([...prefix, 'curl', '--fail', '--silent', `${url}/readyz`])) return;
      if (Date.now() > deadline || hasEnded(child)) throw new Error(`no server:\n${readLog()}`);
      await pause(50);
    }
  };
  await ready();
  return {
    url,
    log: readLog,
    /** Where recordings are written. */
    recordings: () => join(data, 'recordings'),
    /** Ends it without a warning. */
    async kill() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
    },
    /** Starts it again with the same settings and data. */
    async startAgain() {
      child = launch();
      await ready();
    },
    async stop() {
      if (!hasEnded(child)) {
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        await ended;
      }
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function hasEnded({ exitCode, signalCode }) {
  return exitCode !== null || signalCode !== null;
}

/** Asked from where the server runs: this process may have no way there. */
function isReady([program, ...rest]) {
  return spawnSync(program, rest, { stdio: 'ignore' }).status === 0;
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
