import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { BEAT, beBeacon } from './beacon.mjs';
import { recordGaps } from './gaps.mjs';

/** How long anything may take in a browser on a machine that compiles meanwhile. */
export const PATIENCE = 60_000;

const pictures = resolve(
  process.env.ARTEFACTS ?? resolve(import.meta.dirname, '../../../test-artifacts'),
  'screenshots',
);

/** A browser with fake devices and a fake screen; extra or other arguments for other machines. */
export function startBrowser({
  devices = true,
  permission = 'allow',
  args = [],
  executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium',
} = {}) {
  return chromium.launch({
    executablePath,
    timeout: PATIENCE,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=document-user-activation-required',
      ...(devices ? ['--use-fake-device-for-media-stream=fps=10'] : []),
      permission === 'deny'
        ? '--use-fake-ui-for-media-stream=deny'
        : '--use-fake-ui-for-media-stream',
      ...args,
    ],
  });
}

/** One person in a window of their own. */
export class Person {
  /** Opens the app and signs in; with a beacon's colour and tone, camera and microphone are one. */
  static async arrives(browser, server, name, { viewport = { width: 1280, height: 800 }, beacon } = {}) {
    const context = await browser.newContext({ viewport });
    if (beacon !== undefined) await context.addInitScript(beBeacon, { ...beacon, beat: BEAT });
    await context.addInitScript(recordConnections);
    await context.addInitScript(recordGaps);
    await context.addInitScript((user) => {
      globalThis.tokenOfThisPage = async () => {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch('/api/dev/token', { method: 'POST', headers, body: JSON.stringify(user) });
        return (await answer.json()).token;
      };
    }, { userId: name.toLowerCase(), name });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const person = new Person(name, page);
    page.on('pageerror', (error) => person.errors.push(error.message));
    await page.goto(server.url);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.locator('[data-testid="account"]').waitFor();
    return person;
  }

  constructor(name, page) {
    this.name = name;
    this.id = name.toLowerCase();
    this.page = page;
    this.errors = [];
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  /**
   * Clicks a control of the call, by its name or whatever finds it. Controls hide from whoever does not move the mouse for some seconds,
   * which a click on a busy machine may take: so it is moved until then.
   */
  async presses(control) {
    const timer = await this.page.evaluate(() =>
      setInterval(() => {
        const call = document.querySelector('[data-testid="call"]');
        call?.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
      }, 300),
    );
    await (typeof control === 'string' ? this.button(control) : control).click();
    await this.page.evaluate((started) => clearInterval(started), timer);
  }

  tile(other) {
    return this.page.getByTestId(`tile-${other.id}`);
  }

  /** Calls somebody who is online. */
  async calls(other, type = 'Video') {
    const row = this.page.getByTestId(`person-${other.id}`);
    await row.waitFor();
    await row.getByRole('button', { name: `${type} call` }).click();
  }

  /** Starts a group call with them; they are rung. */
  async startsGroup(others) {
    await this.button('New group call').click();
    for (const other of others) {
      await this.page.getByRole('checkbox', { name: `Choose ${other.name}` }).check();
    }
    await this.page.getByTestId('group-bar').getByRole('button', { name: 'Video call' }).click();
    await this.button('Start call').click();
  }

  async accepts() {
    await this.button('Accept video').click();
  }

  async hangsUp() {
    await this.presses('Hang up');
  }

  /** Rings somebody into the call. */
  async adds(other) {
    await this.presses(this.page.getByRole('button', { name: /People in this call/ }));
    const panel = this.page.getByTestId('people-panel');
    const add = panel.getByRole('button', { name: 'Add people' });
    // In a call of two it is what the panel opens with.
    if ((await add.getAttribute('aria-expanded')) === 'false') await add.click();
    await panel.getByRole('button', { name: `Add ${other.name}` }).click();
  }

  /** How long the first picture of anybody took from when the newest connection was there, and the page stood still meanwhile, in milliseconds. */
  async firstPicture() {
    const took = await this.page.waitForFunction(() => {
      const { connectedAt } = globalThis.connectionsOfThisPage.at(-1) ?? {};
      const first = connectedAt && globalThis.gapsOfThisPage.firstPicture(connectedAt);
      return first && { took: first - connectedAt, stalled: globalThis.gapsOfThisPage.stalled(connectedAt, first) };
    });
    return took.jsonValue();
  }

  /** How many connections the page has made so far, closed or not. */
  connections() {
    return this.page.evaluate(() => globalThis.connectionsOfThisPage.length);
  }

  /** Waits until the newest connection brings pictures and sound of so many people; one that came after so many others. */
  async newConnectionCarriesMedia(others, { after = 0 } = {}) {
    await this.eventually(`${this.name} has media by a new connection`, () =>
      this.page.evaluate(async ([wanted, old]) => {
        const connection = globalThis.connectionsOfThisPage.slice(old).at(-1);
        if (connection?.connectionState !== 'connected') return false;
        const stats = [...(await connection.getStats()).values()];
        const inbound = stats.filter(({ type }) => type === 'inbound-rtp');
        const pictures = inbound.filter(({ framesDecoded }) => framesDecoded > 0);
        const voices = inbound.filter(({ kind, packetsReceived }) => kind === 'audio' && packetsReceived > 0);
        return pictures.length >= wanted && voices.length >= wanted;
      }, [others, after]),
    );
  }

  /** Waits until media travels so, and nothing is left of the other way. */
  async travelsBy(topology) {
    await this.page.locator(`[data-testid="call"][data-topology="${topology}"]`).waitFor();
  }

  /** Puts somebody's picture on the stage. */
  async pins(other) {
    await this.tile(other).dblclick();
    await this.page.locator(`[data-testid="tile-${other.id}"][data-pinned="true"]`).waitFor();
  }

  /** The layer in which each picture comes, by user id, as the server says. */
  async layers() {
    const [call] = (await this.asks('GET', '/api/calls?limit=1')).items;
    const stats = await this.asks('GET', `/api/calls/${call.id}/stats`);
    const own = stats.peers.find(({ userId }) => userId === this.id);
    const pictures = (own?.server?.outbound ?? []).filter(({ source }) => source === 'video');
    return new Map(pictures.map(({ userId, layer }) => [userId, layer]));
  }

  /** The moment now, on the page's clock. */
  now() {
    return this.page.evaluate(() => globalThis.gapsOfThisPage.now());
  }

  /** The longest stop of somebody's picture since then, in milliseconds. */
  pictureGap(other, since) {
    return this.page.evaluate(
      ([userId, from]) => {
        const gaps = globalThis.gapsOfThisPage;
        return gaps.picture(userId, from, gaps.now());
      },
      [other.id, since],
    );
  }

  /** The longest time since then that this page did not come to run, in milliseconds: the machine's share of any gap. */
  stalled(since) {
    return this.page.evaluate((from) => {
      const gaps = globalThis.gapsOfThisPage;
      return gaps.stalled(from, gaps.now());
    }, since);
  }

  /**
   * For how long two of these pages stood still since then at most, in milliseconds, one after the other: what that may add to a gap
   * between any two of them.
   */
  static async stalled(since) {
    const stalls = await Promise.all([...since].map(([person, from]) => person.stalled(from)));
    const [most = 0, second = 0] = stalls.toSorted((a, b) => b - a);
    return most + second;
  }

  /** Sound of one voice that was made up since then, in milliseconds, at most; of voices that were there before, or of all. */
  concealed(since, { known = false } = {}) {
    return this.page.evaluate(
      ([from, ofKnown]) => {
        const gaps = globalThis.gapsOfThisPage;
        return gaps.concealed(from, gaps.now(), ofKnown);
      },
      [since, known],
    );
  }

  /** Asks the server something in this person's name; the answer's body. */
  asks(method, path, body) {
    return this.page.evaluate(
      async ([how, where, what]) => {
        const token = await globalThis.tokenOfThisPage();
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const answer = await fetch(where, { method: how, headers, body: what && JSON.stringify(what) });
        if (!answer.ok) throw new Error(`${how} ${where}: ${answer.status} ${await answer.text()}`);
        return answer.json();
      },
      [method, path, body],
    );
  }

  async picture(step) {
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${step}-${this.id}.png`) });
  }

  /** What has come in and was shown or played so far, over all open connections of the page. */
  received() {
    return this.page.evaluate(async () => {
      const sum = { connections: 0, framesDecoded: 0, audioBytes: 0, audioEnergy: 0, videoBytes: 0 };
      for (const connection of globalThis.connectionsOfThisPage) {
        if (connection.connectionState !== 'connected') continue;
        sum.connections += 1;
        for (const stat of (await connection.getStats()).values()) {
          if (stat.type !== 'inbound-rtp') continue;
          if (stat.kind === 'video') {
            sum.framesDecoded += stat.framesDecoded ?? 0;
            sum.videoBytes += stat.bytesReceived ?? 0;
          } else {
            sum.audioBytes += stat.bytesReceived ?? 0;
            sum.audioEnergy += stat.totalAudioEnergy ?? 0;
          }
        }
      }
      return sum;
    });
  }

  /** The kinds of both candidates of every pair in use, and how a relay is reached. */
  paths() {
    return this.page.evaluate(async () => {
      const paths = [];
      for (const connection of globalThis.connectionsOfThisPage) {
        if (connection.connectionState !== 'connected') continue;
        const stats = await connection.getStats();
        for (const stat of stats.values()) {
          if (stat.type !== 'transport') continue;
          const pair = stats.get(stat.selectedCandidatePairId);
          const local = stats.get(pair?.localCandidateId);
          const remote = stats.get(pair?.remoteCandidateId);
          paths.push({
            local: local?.candidateType,
            remote: remote?.candidateType,
            relayProtocol: local?.relayProtocol,
            protocol: local?.protocol,
          });
        }
      }
      return paths;
    });
  }

  /** Waits until media of so many people flows: frames, and sound that is not silence. */
  async seesAndHears(others = 1, { connections = others } = {}) {
    await this.eventually(`${this.name} has ${connections} connections`, async () => {
      return (await this.received()).connections === connections;
    });
    let before = await this.received();
    await this.eventually(`${this.name} sees and hears ${others}`, async () => {
      const now = await this.received();
      // A connection has gone, with what it had counted.
      if (now.framesDecoded < before.framesDecoded || now.audioBytes < before.audioBytes) before = now;
      return (
        now.framesDecoded >= before.framesDecoded + 10 * others &&
        now.audioBytes > before.audioBytes + 500 * others &&
        now.audioEnergy > before.audioEnergy
      );
    });
  }

  /** Waits until the picture of somebody's tile changes from one moment to the next. */
  async seesMoving(other) {
    const video = this.tile(other).locator('video').first();
    await video.waitFor();
    const look = () =>
      video.evaluate((element) => {
        const canvas = document.createElement('canvas');
        canvas.width = 32;
        canvas.height = 24;
        const paint = canvas.getContext('2d');
        paint.drawImage(element, 0, 0, 32, 24);
        return element.videoWidth > 0 ? paint.getImageData(0, 0, 32, 24).data.join() : '';
      });
    let first = '';
    await this.eventually(`${this.name} sees ${other.name} move`, async () => {
      const next = await look();
      if (first !== '') return next !== '' && next !== first;
      first = next;
      return false;
    });
  }

  async eventually(what, holds, patience = PATIENCE) {
    const deadline = Date.now() + patience;
    for (;;) {
      if (await holds()) return;
      if (Date.now() > deadline) {
        await this.picture('failed').catch(() => {});
        throw new Error(`never: ${what}; ${JSON.stringify(await this.received())}`);
      }
      await this.page.waitForTimeout(100);
    }
  }
}

/** Runs in every page before its scripts: keeps all peer connections for counting. */
function recordConnections() {
  const all = [];
  globalThis.connectionsOfThisPage = all;
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      all.push(this);
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') this.connectedAt ??= performance.now();
      });
    }
  };
}
