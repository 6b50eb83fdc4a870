// [pool.event_rate]: a client that sends more than it may waits; nothing of it is lost, and nobody else waits.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { describe, test } from 'node:test';
import { call, client, engine_of } from './support/client.mjs';
import { PollingSession } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, seconds, slow } from './support/wait.mjs';

async function limited_to(stage, event_rate) {
  return stage.pinion({ backends: [await stage.backend('node4', 'only')], pool: { event_rate }, workers: 1 });
}

/** Sends so many events at once. @returns what was answered so far, in the order of the answers */
function flood(socket, count) {
  const answered = [];
  for (let i = 0; i < count; i++) socket.emit('echo', i, (value) => answered.push(value));
  return answered;
}

const is_limited = (pinion, socket) =>
  eventually('it is said to be limited', async () => (await pinion.session(engine_of(socket).id)).state === 'limited');

describe('a client that sends more than it may', () => {
  for (const transport of ['websocket', 'upgrade']) {
    test(`waits, and nobody else does: ${transport}`, { timeout: seconds(90) }, async (t) => {
      const count = 2000;
      const rate = 200;
      const stage = Stage.of(t);
      const pinion = await limited_to(stage, { frames: rate, burst: '1s' });
      const other = await client(stage, pinion.url, { transport });
      const eager = await client(stage, pinion.url, { transport });
      const start = performance.now();
      const answered = flood(eager, count);
      await is_limited(pinion, eager);
      for (let i = 0; i < 10; i++) assert.equal(await call(other, 'echo', i), i);
      assert.ok(answered.length < count, 'the other had to wait for all of them');
      await eventually('all are answered', () => answered.length === count, { within: seconds(40) });
      assert.deepEqual(answered, Array.from({ length: count }, (_, i) => i));
      const took = (performance.now() - start) / 1000;
      // All but the burst, and what single readings hold beyond it.
      assert.ok(took >= 0.9 * (count / rate - 1), `took ${took.toFixed(1)} s`);
      assert.ok((await pinion.metric('event_rate_pauses_total', 'pool="chat"')) > 0);
      assert.ok((await pinion.session(engine_of(eager).id)).paused_ms > 1000);
      assert.equal((await pinion.session(engine_of(other).id)).paused_ms, 0);
      await eventually('it is limited no more', async () => (await pinion.session(engine_of(eager).id)).state !== 'limited');
      stage.leave_clients();
      await pinion.comes_to_rest();
    });
  }

  test('waits with its next POST when it polls', { timeout: seconds(90) }, async (t) => {
    const count = 500;
    const rate = 60; // so that it is limited for longer than its server may take to answer them all
    const stage = Stage.of(t);
    const pinion = await limited_to(stage, { frames: rate, burst: '1s' });
    const other = await client(stage, pinion.url, { transport: 'polling' });
    const eager = await client(stage, pinion.url, { transport: 'polling' });
    const start = performance.now();
    const answered = flood(eager, count);
    await eventually('they have come in one POST', () => answered.length === count, { within: seconds(40) });
    const last = call(eager, 'echo', 'last');
    await is_limited(pinion, eager);
    for (let i = 0; i < 5; i++) assert.equal(await call(other, 'echo', i), i);
    assert.equal(await last, 'last');
    const took = (performance.now() - start) / 1000;
    assert.ok(took >= 0.9 * (count / rate - 1), `took ${took.toFixed(1)} s`);
    assert.ok((await pinion.metric('event_rate_pauses_total', 'pool="chat"')) > 0);
    await eventually('it is told how long', async () => (await pinion.session(engine_of(eager).id)).paused_ms > 1000);
    assert.equal((await pinion.session(engine_of(other).id)).paused_ms, 0);

    // Who leaves meanwhile is not waited for.
    const more = flood(eager, count);
    await eventually('they have come', () => more.length === count, { within: seconds(40) });
    eager.emit('echo', 'never mind');
    await is_limited(pinion, eager);
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('waits also when it polls with many POSTs at once', { timeout: seconds(60) }, async (t) => {
    const count = 60;
    const rate = 20;
    const stage = Stage.of(t);
    const backends = [await stage.backend('uvicorn-websockets', 'only')];
    const pinion = await stage.pinion({ backends, pool: { event_rate: { frames: rate, burst: '1s' } }, workers: 1 });
    const session = await new PollingSession(pinion.url).open();
    await session.connect();
    const start = performance.now();
    await Promise.all(Array.from({ length: count }, () => session.push('42["nothing"]')));
    const took = (performance.now() - start) / 1000;
    assert.ok(took >= 0.9 * (count / rate - 1), `took ${took.toFixed(1)} s`);
  });

  test('has its pongs in time when it polls', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    // A pong is held for a fifth of both times. What is left of the second, 3.6 s or more, is for a machine that is busy.
    const backends = [await stage.backend('node4', 'only', { ping: slow > 1 ? 8 : 6 })];
    const pinion = await stage.pinion({ backends, pool: { event_rate: { frames: 10, burst: '1s' } }, workers: 1 });
    const eager = await client(stage, pinion.url, { transport: 'polling' });
    let pings = 0;
    engine_of(eager).on('ping', () => pings++);
    const answered = flood(eager, 300);
    await eventually('they are answered', () => answered.length === 300);
    await is_limited(pinion, eager);
    await eventually('it is asked again and again', () => pings === 2 || !eager.connected, { within: seconds(30) });
    assert.ok(eager.connected);
    assert.equal(await call(eager, 'echo', 'still here'), 'still here');
  });

  test('has its large messages whole, by bytes', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await limited_to(stage, { bytes: '200KiB', burst: '500ms' });
    const socket = await client(stage, pinion.url, { transport: 'websocket', perMessageDeflate: false });
    const large = Buffer.alloc(900 << 10, 'pinion');
    const start = performance.now();
    const back = await call(socket, 'echo', large);
    const took = (performance.now() - start) / 1000;
    assert.ok(large.equals(back));
    assert.ok(took >= 0.9 * (900 / 200 - 0.5), `took ${took.toFixed(1)} s`);
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('is held to a limit that a reload sets, and set free by one that takes it away', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: [await stage.backend('node4', 'only')], workers: 1 });
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    assert.equal(await call(socket, 'echo', 1), 1);
    await pinion.reload(({ pool }) => { pool[0].event_rate = { frames: 50, burst: '1s' }; });
    const answered = flood(socket, 1500);
    await is_limited(pinion, socket);
    assert.ok(answered.length < 1500);
    await pinion.reload(({ pool }) => { pool[0].event_rate = { frames: 0 }; });
    await eventually('all are answered', () => answered.length === 1500, { within: seconds(10) });
    assert.deepEqual(answered, Array.from({ length: 1500 }, (_, i) => i));
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('can be closed meanwhile', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await limited_to(stage, { frames: 50, burst: '1s' });
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    const { id } = engine_of(socket);
    const answered = flood(socket, 2000);
    await is_limited(pinion, socket);
    const gone = once(socket, 'disconnect');
    assert.equal((await pinion.get(`/api/v1/sessions/${id}`, { method: 'DELETE' })).status, 200);
    await gone;
    assert.ok(answered.length < 2000);
    await pinion.comes_to_rest();
  });
});
