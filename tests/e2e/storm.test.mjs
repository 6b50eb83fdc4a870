// Three times as many as fit: who talks is served, who is sent away hears so at once, and nothing stays behind.
// alone: how soon strangers hear is measured
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { call, client, open } from './support/client.mjs';
import { request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

const kRoom = 20; // sessions of each of two servers
const kQueue = 10;

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);

/** Every talker says something `rounds` times, one after the other, and hears it. @returns the times, sorted, in ms */
async function talk(talkers, rounds) {
  const times = [];
  await Promise.all(talkers.map(async (talker, i) => {
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      assert.equal(await call(talker, 'echo', `${i} ${round}`), `${i} ${round}`);
      times.push(performance.now() - start);
    }
  }));
  return times.sort((a, b) => a - b);
}

/** Asks for a session again and again until told to stop. */
class Strangers {
  times = [];
  waits = [];
  #stop = new AbortController();
  #done;

  constructor(pinion, count) {
    this.#done = Promise.all(Array.from({ length: count }, () => this.#knock(`${pinion.url}/socket.io/?EIO=4&transport=polling`)));
  }

  async #knock(url) {
    while (!this.#stop.signal.aborted) {
      const start = performance.now();
      const answer = await request(url, { agent: false });
      assert.deepEqual([answer.status, answer.headers['x-pinion-error']], [503, 'queue-full']);
      this.times.push(performance.now() - start);
      this.waits.push(Number(answer.headers['retry-after']));
    }
  }

  async stop() {
    this.#stop.abort();
    await this.#done;
    this.times.sort((a, b) => a - b);
  }
}

test('three times as many as fit', { timeout: seconds(120) }, async (t) => {
  const stage = Stage.of(t);
  const servers = await stage.backends('node4', 2);
  const pinion = await stage.pinion({
    pool: {
      backend: servers.map(({ name, address }) => ({ name, address, max_sessions: kRoom })),
      // Nobody's time is up during the test: whoever hears 503 hears it because the queue is full.
      admission: { queue: kQueue, wait: '1m' },
    },
  });
  const talkers = await Promise.all(Array.from({ length: 2 * kRoom }, (_, i) =>
    client(stage, pinion.url, { transport: ['polling', 'websocket'][i % 2] })));
  const calm = await talk(talkers, 10);

  const patient = Array.from({ length: kQueue }, () =>
    stage.keep(open(pinion.url, { transport: 'websocket', timeout: seconds(100) })));
  const waiting = async () => (await pinion.status()).pools[0].waiting;
  await eventually('the queue is full', async () => (await waiting()) === kQueue);
  const strangers = new Strangers(pinion, 4 * kRoom - kQueue);
  const stormy = await talk(talkers, 20);
  await eventually('many were sent away', () => strangers.times.length >= 500, { within: seconds(60) });
  await strangers.stop();

  assert.ok(talkers.every((talker) => talker.connected), 'somebody who talked was cut off');
  assert.equal(await pinion.metric('closes_total'), 0);
  // A machine that has too much to do may take its time, but nowhere near to what those wait who are in the queue.
  assert.ok(strangers.times.at(-1) < seconds(10), `heard 503 after ${strangers.times.at(-1)} ms`);
  assert.ok(strangers.waits.every((wait) => Number.isInteger(wait) && wait >= 1 && wait <= 10));
  assert.ok(new Set(strangers.waits).size >= 3, 'all come back together');
  assert.equal(await pinion.metric('shed_total'), strangers.times.length);
  assert.equal(await pinion.metric('admissions_total', 'result="refused"'), strangers.times.length);
  t.diagnostic(`an echo took ${at(calm, 0.5)} ms, 99 %: ${at(calm, 0.99)}; in the storm ${at(stormy, 0.5)} and ${at(stormy, 0.99)}`);
  t.diagnostic(`${strangers.times.length} heard 503 after ${at(strangers.times, 0.5)} ms, 99 %: ${at(strangers.times, 0.99)}`);

  // Who waited gets the places of those who leave.
  for (const talker of talkers.splice(0, kQueue)) talker.disconnect();
  await eventually('who waited is in', () => patient.every((socket) => socket.connected), { within: seconds(30) });
  assert.equal(await waiting(), 0);
  await talk([...talkers, ...patient], 1);
  stage.leave_clients();
  await pinion.comes_to_rest(seconds(10));
});
