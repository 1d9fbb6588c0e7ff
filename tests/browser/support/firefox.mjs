import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { BEAT, beBeacon } from './beacon.mjs';
import { recordGaps } from './gaps.mjs';
import { PATIENCE } from './people.mjs';

const installed = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path));

/** Firefox with fake devices, whose microphone has a tone. On loopback too: it is left out of ICE otherwise. */
export function startFirefox({ executablePath = process.env.FIREFOX ?? installed, tone = 1000 } = {}) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    timeout: PATIENCE,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.audio.fake_frequency': tone,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
    },
  });
}

/** One person in a window of Firefox. */
export class FirefoxPerson {
  /** Opens the app and signs in; with a beacon's colour, camera and microphone are one, of the browser's own tone. */
  static async arrives(browser, server, name, { beacon } = {}) {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    if (beacon !== undefined) await page.evaluateOnNewDocument(beBeacon, { colour: beacon.colour, beat: BEAT });
    await page.evaluateOnNewDocument(recordGaps);
    await page.setViewport({ width: 960, height: 640 });
    await page.goto(server.url);
    const person = new FirefoxPerson(name, page);
    await page.locator('::-p-aria(Your name)').fill(name);
    await person.click('Continue');
    await page.waitForSelector('[data-testid="account"]');
    return person;
  }

  constructor(name, page) {
    this.name = name;
    this.id = name.toLowerCase();
    this.page = page;
  }

  async click(name) {
    await this.page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
  }

  async accepts() {
    await this.click('Accept video');
  }

  /** Presses a button of the call, whose bar may be hidden. Found by its label: to ask for roles makes the page stand still for seconds. */
  async presses(name) {
    await this.page.mouse.move(200, 200);
    await this.page.mouse.move(300, 300);
    await this.page.locator(`[data-testid="control-bar"] button[aria-label="${name}"]`).click();
  }

  /** The moment now, on the page's clock. */
  now() {
    return this.page.evaluate(() => globalThis.gapsOfThisPage.now());
  }

  /** The longest time since then that this page did not come to run, in milliseconds. */
  stalled(since) {
    return this.page.evaluate((from) => {
      const gaps = globalThis.gapsOfThisPage;
      return gaps.stalled(from, gaps.now());
    }, since);
  }

  /** Waits until somebody's picture is there and changes. */
  async seesMoving(other) {
    await this.page.waitForFunction(
      async (userId) => {
        const video = document.querySelector(`[data-testid="tile-${userId}"] video`);
        if (!video || video.videoWidth === 0) return false;
        // Firefox counts no frames of live media in getVideoPlaybackQuality.
        const before = video.mozPaintedFrames;
        await new Promise((done) => setTimeout(done, 1000));
        return video.mozPaintedFrames > before + 3;
      },
      { timeout: PATIENCE, polling: 500 },
      other.id,
    );
  }
}
