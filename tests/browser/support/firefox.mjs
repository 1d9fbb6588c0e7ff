import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { PATIENCE } from './people.mjs';

const installed = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path));

/** Firefox with fake devices. On loopback too: it is left out of ICE otherwise. */
export function startFirefox({ executablePath = process.env.FIREFOX ?? installed } = {}) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
    },
  });
}

/** One person in a window of Firefox. */
export class FirefoxPerson {
  static async arrives(browser, server, name) {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
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
