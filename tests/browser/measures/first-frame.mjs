// How long from the click on "accept" to the first frame of the other one, over real browsers on
// loopback. Prints each round and the median, beside the goal.
import { Person, startBrowser } from '../support/people.mjs';
import { startServer } from '../support/server.mjs';

const ROUNDS = 9;
const GOAL = 1000;

const server = await startServer();
const browser = await startBrowser();
const rounds = [];
try {
  for (let round = 0; round < ROUNDS; round++) rounds.push(await oneCall(round));
} finally {
  await browser.close();
  await server.stop();
}
const sorted = [...rounds].sort((a, b) => a - b);
const median = sorted[Math.floor(ROUNDS / 2)];
const spread = `(${sorted[0]} to ${sorted[ROUNDS - 1]})`;
const verdict = `goal: below ${GOAL}, ${median < GOAL ? 'met' : 'MISSED'}`;
console.log('\nIn Chromium, both sides on this machine');
console.log(`  click on accept to first remote frame, median  ${median} ms  ${spread} ${verdict}`);

async function oneCall(round) {
  const alice = await Person.arrives(browser, server, `Alice${round}`);
  const bob = await Person.arrives(browser, server, `Bob${round}`);
  await alice.calls(bob);
  await bob.button('Accept video').waitFor();
  await bob.page.evaluate(watchFirstFrame);
  await bob.button('Accept video').click();
  const took = await bob.page.evaluate(() => globalThis.firstFrame);
  for (const person of [alice, bob]) await person.page.context().close();
  return Math.round(took);
}

/** Runs in the page: the time from the next click to the first frame of somebody else. */
function watchFirstFrame() {
  globalThis.firstFrame = new Promise((done) => {
    let clicked;
    const click = () => {
      clicked ??= performance.now();
    };
    document.addEventListener('click', click, { capture: true });
    const seen = new WeakSet();
    const look = () => {
      for (const video of document.querySelectorAll('[data-testid^="tile-"] video')) {
        if (seen.has(video) || video.closest('[data-local="true"]')) continue;
        seen.add(video);
        video.requestVideoFrameCallback(() => done(performance.now() - clicked));
      }
      requestAnimationFrame(look);
    };
    look();
  });
}
