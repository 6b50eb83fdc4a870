// Clients that do not read: their backend is made to wait, pinion's memory stays, and nobody else notices.
// alone: how long others wait is measured
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { describe, test } from 'node:test';
import { call, client } from './support/client.mjs';
import { joined } from './support/joined.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds, slow, under_sanitizer } from './support/wait.mjs';

const kReaders = 8;
const kBuffered = 256 * 1024;
const kOneRead = 64 * 1024; // what may still come in after the mark was reached
const kSlack = 1024 * 1024; // for the memory allocator, over all of them

/** A client that can be flooded, checks the order of what comes, and can stop reading. */
async function flooded_reader(stage, url) {
  const reader = { next: 0 };
  return Object.assign(reader, await joined(stage, url, (text) => {
    if (!text.startsWith('42')) return;
    const [, i, filler] = JSON.parse(text.slice(2));
    assert.equal(i, reader.next++);
    assert.equal(filler.length, 10000);
  }));
}

/**
 * The times that 99 of 100 echoes of each of them stay below, in milliseconds. They take turns, so that what else this
 * machine does meets all of them.
 */
async function echo_times(...sockets) {
  const times = sockets.map(() => []);
  for (let i = 0; i < 300; i++) {
    for (const [k, socket] of sockets.entries()) {
      const start = performance.now();
      await call(socket, 'echo', i);
      times[k].push(performance.now() - start);
    }
  }
  return times.map((each) => each.sort((a, b) => a - b)[296]);
}

/** A client on the backend of that name. */
async function client_on(stage, url, name) {
  for (let i = 0; i < 20; i++) {
    const socket = await client(stage, url, { transport: 'websocket' });
    if ((await call(socket, 'who')) === name) return socket;
    socket.disconnect();
  }
  throw new Error(`no session on ${name}`);
}

describe('a slow reader', () => {
  test('costs its buffer, stops its backend, and hurts nobody else', { timeout: seconds(120) }, async (t) => {
    const stage = Stage.of(t);
    const [flooding, calm] = await stage.backends('node4', 2);
    const backend = [
      { name: 'flooding', address: flooding.address },
      { name: 'calm', address: calm.address },
    ];
    const pinion = await stage.pinion({ pool: { backend }, workers: 1 });
    const other = await client_on(stage, pinion.url, calm.name);
    const direct = await client(stage, calm.url, { transport: 'websocket' });

    const readers = [];
    for (let i = 0; readers.length < kReaders; i++) {
      assert.ok(i < 4 * kReaders, 'half of the sessions land there');
      const reader = await flooded_reader(stage, pinion.url);
      if (!(await pinion.session(reader.sid)).backend.endsWith('flooding')) continue; // its neighbour keeps the balance
      readers.push(reader);
    }
    const before = await pinion.memory();
    for (const reader of readers) {
      reader.socket.send('42["flood",10000]');
      await eventually('it is flooded', () => reader.next > 100, { every: 1 });
      reader.socket.pause();
    }
    await eventually('all are held back', async () => {
      const sessions = await Promise.all(readers.map(({ sid }) => pinion.session(sid)));
      return sessions.every((session) => session.queued_bytes >= kBuffered / 2);
    }, { within: seconds(20) });

    const [usual, during] = await echo_times(direct, other);
    for (const { sid } of readers) {
      const { queued_bytes } = await pinion.session(sid);
      assert.ok(queued_bytes <= kBuffered + kOneRead, `${queued_bytes} bytes wait`);
    }
    const grown = (await pinion.memory()).now - before.now;
    assert.ok(under_sanitizer || grown < kReaders * (kBuffered + kOneRead) + kSlack, `grew by ${grown} bytes`);
    assert.ok(during < Math.max(3 * usual, 30 * slow), `an echo takes ${usual.toFixed(1)} ms, behind pinion ${during.toFixed(1)} ms`);
    assert.ok((await pinion.metric('paused_total', 'direction="out"')) >= kReaders);

    const seen = readers.map(({ next }) => next);
    for (const { socket } of readers) socket.resume();
    await eventually('they read on, in order', () => readers.every(({ next }, i) => next > seen[i] + 200));
    stage.leave_clients();
    await pinion.comes_to_rest();
  });
});
