// Those who want in while there is no room, in a process of their own, so that they do not slow down whoever measures.
// Forked by mishaps.mjs: strangers.mjs URL COUNT. Each asks for a session once a second, until told to stop.
import { request } from '../../e2e/support/polling.mjs';
import { pause } from '../../e2e/support/wait.mjs';

const [url, count] = process.argv.slice(2);
const heard = [];
let stopped = false;

async function knock() {
  await pause(1000 * Math.random());
  while (!stopped) {
    const start = performance.now();
    const { status } = await request(url, { agent: false }).catch((error) => ({ status: error.code }));
    heard.push({ status, after: performance.now() - start });
    await pause(500 + 1000 * Math.random());
  }
}

const all = Promise.all(Array.from({ length: Number(count) }, knock));
process.once('message', async () => {
  stopped = true;
  await all;
  process.send(heard, () => process.exit(0));
});
