// Handshakes for which there is no room: who waits, who is let in, and who is sent away.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { call, client, connected, open } from './support/client.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { dial } from './support/raw.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, pause, seconds } from './support/wait.mjs';

const handshake = (pinion, options) => request(`${pinion.url}/socket.io/?EIO=4&transport=polling`, options);

/** As many wait now. */
const waiting = (pinion, count) =>
  eventually(`${count} wait`, async () => (await pinion.status()).pools[0].waiting === count);

const admissions = (pinion, result) => pinion.metric('admissions_total', 'pool="chat"', `result="${result}"`);

/** pinion in front of servers that take `room` sessions each. */
async function full_house(stage, { servers = 1, room = 1, admission = {}, ...more } = {}) {
  const backends = await stage.backends('node4', servers);
  const backend = backends.map(({ name, address }) => ({ name, address, max_sessions: room }));
  const pinion = await stage.pinion({ pool: { backend, admission }, ...more });
  return { backends, pinion };
}

describe('a handshake for which there is no room', () => {
  for (const transport of ['polling', 'websocket', 'upgrade']) {
    test(`waits until somebody leaves: ${transport}`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const { pinion } = await full_house(stage, { admission: { wait: '1m' } });
      const first = await client(stage, pinion.url, { transport });
      const second = stage.keep(open(pinion.url, { transport, timeout: seconds(50) }));
      await waiting(pinion, 1);
      assert.equal((await pinion.backends())[0].sessions, 1);
      const screen = await pinion.command('status');
      assert.match(screen.stdout, /1 of at most 1,000 wait for room/);
      first.disconnect();
      await connected(second, seconds(40));
      assert.equal(await call(second, 'echo', 'here'), 'here');
      assert.equal(await admissions(pinion, 'admitted'), 1);
      assert.equal(await pinion.metric('admission_wait_seconds_count'), 1);
      second.disconnect();
      await pinion.comes_to_rest();
    });
  }

  test('hears 503 and when to come back once it has waited in vain', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const { pinion } = await full_house(stage, { admission: { wait: '300ms' } });
    const session = await new PollingSession(pinion.url).open();
    const answer = await handshake(pinion, { headers: { origin: 'http://page.example' } });
    assert.equal(answer.status, 503);
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
    assert.equal(answer.headers['x-pinion-error'], 'full');
    assert.equal(answer.headers['access-control-allow-origin'], 'http://page.example');
    assert.equal(await admissions(pinion, 'expired'), 1);
    assert.equal(await pinion.metric('shed_total', 'reason="queue_expired"'), 1);
    await session.close();
    await pinion.comes_to_rest();
  });

  test('hears 503 at once when too many wait already', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const { pinion } = await full_house(stage, { admission: { wait: '1m', queue: 5 } });
    const session = await new PollingSession(pinion.url).open();
    // Each makes room for the next.
    const waiters = Array.from({ length: 5 }, async () => (await new PollingSession(pinion.url).open()).close());
    await waiting(pinion, 5);
    const before = Date.now();
    const answer = await handshake(pinion);
    const took = Date.now() - before;
    assert.equal(answer.status, 503);
    assert.equal(answer.headers['x-pinion-error'], 'queue-full');
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
    // Nowhere near to the minute that the others may wait.
    assert.ok(took < seconds(10), `${took} ms`);
    assert.equal(await pinion.metric('shed_total', 'reason="queue_full"'), 1);
    await session.close();
    await Promise.all(waiters);
    assert.equal(await admissions(pinion, 'admitted'), 5);
    await pinion.comes_to_rest();
  });

  test('leaves when its client does', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const { pinion } = await full_house(stage, { admission: { wait: '1m' } });
    const session = await new PollingSession(pinion.url).open();
    const asked = Array.from({ length: 4 }, () => {
      const one = http.get(`${pinion.url}/socket.io/?EIO=4&transport=polling`, { agent: false });
      return one.on('error', () => {});
    });
    const socket = stage.keep(open(pinion.url, { transport: 'websocket', timeout: seconds(50) }));
    await waiting(pinion, 5);
    for (const one of asked) one.destroy();
    socket.disconnect();
    await waiting(pinion, 0);
    assert.equal(await admissions(pinion, 'left'), 5);
    await session.close();
    await pinion.comes_to_rest();
  });

  test('leaves nobody else timed out by a stop of pinion, whose bytes have come meanwhile', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const { pinion } = await full_house(stage, {
      admission: { wait: '1m' }, timeouts: { request_head: '4s' }, overload: { loop_lag: '1m' }, workers: 1,
    });
    const session = await new PollingSession(pinion.url).open();
    const waits = handshake(pinion);
    await waiting(pinion, 1);
    stage.defer(() => pinion.child.signal('SIGCONT'));
    pinion.child.signal('SIGSTOP');
    const peer = stage.keep(await dial(pinion.port)).write('GET /socket.io/?EIO=4&transport=polling&sid=no HTTP/1.1\r\n');
    pinion.child.signal('SIGCONT');
    await eventually('it is read', async () => (await pinion.metric('buffered_bytes')) > 0, { every: 1 });
    pinion.child.signal('SIGSTOP');
    peer.write('Host: chat\r\n\r\n');
    await pause(5500);
    pinion.child.signal('SIGCONT');
    await eventually('it is answered', () => peer.text.startsWith('HTTP/1.1 400 '));
    assert.equal(await pinion.metric('closes_total', 'reason="client_timeout"'), 0);
    await session.close();
    assert.equal((await waits).status, 200);
  });

  test('gets what a reload makes room for, and hears at once when its pool has none left', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const { pinion, backends: [server] } = await full_house(stage, { admission: { wait: '1m' } });
    const sessions = [await new PollingSession(pinion.url).open()];
    const second = new PollingSession(pinion.url).open();
    await waiting(pinion, 1);
    await pinion.reload(({ pool }) => { pool[0].backend[0].max_sessions = 2; });
    sessions.push(await second);
    const waits = handshake(pinion);
    await waiting(pinion, 1);
    // Who waits has been promised a time; who comes now has another one.
    await pinion.reload(({ pool }) => { pool[0].admission = { wait: '200ms', queue: 1 }; });
    assert.equal((await handshake(pinion)).headers['x-pinion-error'], 'queue-full');
    await pinion.reload(({ pool }) => { pool[0].backend = [{ name: 'other', address: '127.0.0.1:1' }]; });
    assert.equal((await waits).headers['x-pinion-error'], 'no-backend');
    for (const session of sessions) await session.close();
    assert.equal((await pinion.backends()).find(({ name }) => name === server.name)?.sessions ?? 0, 0);
    await pinion.comes_to_rest();
  });

  test('hears at once that its pool is gone', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [first, second] = await stage.backends('node4', 2);
    const pool = (name, { address }) => ({ name, backend: [{ name, address, max_sessions: 1 }], admission: { wait: '1m' } });
    const pinion = await stage.pinion({ pools: [pool('a', first), pool('b', second)], routes: [{ path: '/socket.io/', pool: 'a' }, { pool: 'b' }] });
    const session = await new PollingSession(pinion.url).open();
    const waits = handshake(pinion);
    await waiting(pinion, 1);
    await pinion.reload((config) => {
      config.pool = [config.pool[1]];
      config.route = [{ pool: 'b' }];
    });
    assert.equal((await waits).headers['x-pinion-error'], 'no-backend');
    assert.equal((await handshake(pinion)).status, 200);
    await session.close();
  });

  test('hears that pinion ends', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const { pinion } = await full_house(stage, { admission: { wait: '1m' } });
    await new PollingSession(pinion.url).open();
    const answer = handshake(pinion);
    await waiting(pinion, 1);
    pinion.child.signal('SIGTERM');
    assert.equal((await answer).headers['x-pinion-error'], 'shutting-down');
    assert.equal(await pinion.child.ended(), 0);
  });
});

describe('who is let in', () => {
  test('who has lost a session goes before who is new', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const { backends, pinion } = await full_house(stage, {
      servers: 2, admission: { wait: '1m' }, proxy: { trusted_proxies: ['127.0.0.1'] },
    });
    const from = (address) => new PollingSession(pinion.url, { headers: { 'x-forwarded-for': address } });
    const sessions = [await from('192.0.2.1').open(), await from('192.0.2.2').open()];
    const homes = await Promise.all(sessions.map(async (session) => (await session.connect()).who()));
    const lost = homes.indexOf(backends[0].name);
    await backends[0].kill();
    await assert.rejects(sessions[lost].poll(), /Session ID unknown/);

    const order = [];
    const fresh = from('192.0.2.9').open().then((session) => order.push('fresh') && session);
    await waiting(pinion, 1);
    const returning = from(`192.0.2.${lost + 1}`).open().then((session) => order.push('returning') && session);
    await waiting(pinion, 2);
    await sessions[1 - lost].close();
    await (await returning).close();
    await (await fresh).close();
    assert.deepEqual(order, ['returning', 'fresh']);
    await pinion.comes_to_rest();
  });

  test('kill -9 under 120 sessions: all come back, no faster than the rate, and none fails', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 4);
    const rate = 10;
    const pinion = await stage.pinion({ backends, pool: { balance: 'least_sessions', admission: { rate, wait: '1m' } } });
    const failed = [];
    const back = [];
    const sockets = await Promise.all(Array.from({ length: 120 }, async () => {
      const socket = open(pinion.url, { transport: 'websocket', reconnection: true, timeout: seconds(60) });
      stage.keep(socket).on('connect_error', (error) => failed.push(error.message));
      socket.io.on('reconnect_error', (error) => failed.push(error.message));
      socket.io.on('reconnect', () => back.push(Date.now()));
      return connected(socket, seconds(60));
    }));
    assert.equal(sockets.length, 120);
    const homes = await Promise.all(sockets.map((socket) => call(socket, 'who')));
    const theirs = homes.filter((home) => home === backends[0].name).length;
    // A quarter, give or take one at each end of the row.
    assert.ok(theirs >= 26 && theirs <= 34, `${theirs} of 120 were there`);
    const killed = Date.now();
    await backends[0].kill();
    await eventually('all are back', () => back.length >= theirs && sockets.every((socket) => socket.connected),
      { within: seconds(30) });
    assert.equal(back.length, theirs);
    assert.deepEqual(failed, []);
    // The i-th of those that share three backends cannot have come before its time.
    back.sort((a, b) => a - b);
    for (const [i, at] of back.entries()) {
      const soonest = 1000 * (Math.floor(i / 3) - 1) / rate;
      assert.ok(at - killed >= soonest, `${i} came ${at - killed} ms after the kill`);
    }
    for (const socket of sockets) socket.disconnect();
    await pinion.comes_to_rest();
  });
});
