// Evening a pool out: what some backends have too many of is moved to the others, without losing a message.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, client } from './support/client.mjs';
import { dial } from './support/raw.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds, slow, within } from './support/wait.mjs';

const kTransports = ['websocket', 'upgrade', 'polling'];

/** Long enough for some commands, each a process, to be run while a backend ramps up. */
const ramp = `${12 * Math.min(slow, 2)}s`;

const counts = async (pinion) => (await pinion.backends()).map(({ sessions }) => sessions);

const surely = (socket, event, ...args) => within(`ack of ${event}`, new Promise((resolve, reject) => {
  socket.emit(event, ...args, (error, value) => (error ? reject(error) : resolve(value)));
}), seconds(60));

describe('rebalancing', () => {
  test('a backend that comes back gets its share', { timeout: seconds(120) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 3);
    const backend = servers.map(({ name, address }) => ({ name, address }));
    const pinion = await stage.pinion({ pool: { backend } });
    assert.equal((await pinion.command('drain', 'chat/node4-3')).code, 0);
    const options = { reconnection: true, reconnectionDelay: 200, retries: 10, ackTimeout: seconds(10) };
    const sockets = await Promise.all(Array.from({ length: 60 }, (_, i) =>
      client(stage, pinion.url, { transport: kTransports[i % 3], ...options })));
    assert.deepEqual(await counts(pinion), [30, 30, 0]);
    assert.equal((await pinion.command('undrain', 'chat/node4-3')).code, 0);
    // Idle by the time of the order, so that the rate alone decides.
    await eventually('all are idle', async () => (await pinion.sessions('?limit=100')).every(({ idle_ms }) => idle_ms > 3500),
      { within: seconds(30) });

    const start = Date.now();
    const told = await pinion.command('rebalance', 'chat', '--rate', '5/s');
    assert.match(told.stdout, /^chat: 20 sessions to move, 5 a second(; it waits for backends to ramp up or return: node4-3)?\n$/);
    await eventually('progress shows', async () => (await pinion.backends()).some(({ moving }) =>
      moving?.why === 'rebalance' && moving.left > 0));
    assert.match((await pinion.command('status')).stdout, /rebalance: \d+ left, \d+ moved, 5\/s/);
    await eventually('it says that it is done', () => /pool has been evened out.*moved=20/.test(pinion.child.stderr),
      { within: seconds(60) });
    assert.ok(Date.now() - start >= 3300, `too fast: ${Date.now() - start} ms`);
    await eventually('it is even', async () => {
      assert.deepEqual(await counts(pinion), [20, 20, 20]);
      return true;
    }, { within: seconds(20) });
    assert.equal(await pinion.metric('closes_total', 'reason="moved"'), 20);
    for (const [i, socket] of sockets.entries()) assert.equal(await surely(socket, 'echo', i), i);

    const again = await pinion.command('rebalance', 'chat', '--json');
    assert.equal(JSON.parse(again.stdout).to_move, 0);
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('waits for a backend that ramps up, so that nobody is moved twice', { timeout: seconds(120) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 3);
    const backend = servers.map(({ name, address }) => ({ name, address }));
    const pinion = await stage.pinion({ pool: { backend, ramp, patience: '0s', health: { kind: 'tcp', interval: '250ms' } } });
    const options = { transport: 'websocket', reconnection: true, reconnectionDelay: 200, retries: 10 };
    await servers[2].kill();
    for (let i = 0; i < 30; i++) await client(stage, pinion.url, options);
    assert.deepEqual(await counts(pinion), [15, 15, 0]);
    await servers[2].start();
    const third = async () => (await pinion.backends())[2];
    await eventually('the third is back', async () => /^ramping/.test((await third()).why), { within: seconds(30) });

    const told = await pinion.command('rebalance', 'chat', '--rate', '100/s');
    assert.equal(told.stdout, 'chat: 10 sessions to move, 100 a second; it waits for backends to ramp up or return: node4-3\n');
    assert.deepEqual((await pinion.status()).pools[0].rebalance, { left: 10, moved: 0, rate: 100, waits_for: ['node4-3'] });
    assert.match((await pinion.command('status')).stdout, /\n  rebalance waits for backends to ramp up or return: node4-3\n/);
    await pinion.says(/pool is evened out.*waits_for_ramp=true/);
    await eventually('it is done', async () => {
      const all = await pinion.backends();
      // What was moved is told before how the third does, which so has ramped up by then.
      if (/^ramping/.test(all[2].why)) assert.deepEqual(all.map(({ moving }) => moving?.moved ?? 0), [0, 0, 0]);
      return /pool has been evened out.*moved=10/.test(pinion.child.stderr);
    }, { within: seconds(60), every: 100 });
    await eventually('it is even', async () => {
      assert.deepEqual(await counts(pinion), [10, 10, 10]);
      return true;
    }, { within: seconds(20) });
    assert.equal((await pinion.status()).pools[0].rebalance, null);
    assert.equal(await pinion.metric('closes_total', 'reason="moved"'), 10);
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('is taken back, before anybody was moved and after some were', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 3);
    const backend = servers.map(({ name, address }) => ({ name, address }));
    const pinion = await stage.pinion({ pool: { backend: backend.slice(0, 2), ramp, patience: '0s', health: { kind: 'tcp' } } });
    const options = { transport: 'websocket', reconnection: true, reconnectionDelay: 200, retries: 10 };
    for (let i = 0; i < 30; i++) await client(stage, pinion.url, options);
    assert.equal((await pinion.reload(({ pool }) => { pool[0].backend = backend; })).status, 200);
    const stop = async () => (await pinion.command('rebalance', 'chat', '--stop')).stdout;
    assert.equal(await stop(), 'chat: there is nothing to stop\n');

    assert.match((await pinion.command('rebalance', 'chat')).stdout, /it waits for backends to ramp up or return: node4-3\n/);
    assert.equal(await stop(), 'chat: stopped, 0 sessions were moved and 10 more would have been\n');
    await pinion.says(/pool is evened out no longer, by an order/);
    assert.equal((await pinion.status()).pools[0].rebalance, null);

    await eventually('it has ramped up', async () => !/^ramping/.test((await pinion.backends())[2].why), { within: seconds(30) });
    assert.equal((await pinion.command('rebalance', 'chat', '--rate', '0.5/s')).stdout, 'chat: 10 sessions to move, 0.5 a second\n');
    await eventually('the first are moved', async () => (await pinion.metric('closes_total', 'reason="moved"')) >= 2);
    const [, moved, left] = /^chat: stopped, (\d+) sessions were moved and (\d+) more would have been\n$/.exec(await stop());
    assert.equal(Number(moved) + Number(left), 10);
    assert.deepEqual((await pinion.backends()).map(({ moving }) => moving), [null, null, null]);
    assert.equal(await stop(), 'chat: there is nothing to stop\n');
    await eventually('those who were moved are there', async () => {
      assert.equal((await counts(pinion))[2], Number(moved));
      return true;
    });
    assert.equal(await pinion.metric('closes_total', 'reason="moved"'), Number(moved));
    assert.equal((await pinion.command('rebalance', 'nobody', '--stop')).code, 1);
  });

  test('a second order does not count those that are leaving already', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 2);
    const backend = servers.map(({ name, address }) => ({ name, address }));
    const pinion = await stage.pinion({ pool: { backend, ramp: '0s', patience: '0s', health: { kind: 'tcp' } } });
    assert.equal((await pinion.command('drain', 'chat/node4-2')).code, 0);
    for (let i = 0; i < 16; i++) {
      const peer = stage.keep(await dial(pinion.port));
      peer.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
        + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
      await peer.until(/"sid"/);
    }
    assert.equal((await pinion.command('undrain', 'chat/node4-2')).code, 0);
    // Nobody answers close frames, neither these clients nor a server whose loop stands still.
    servers[0].child.signal('SIGSTOP');
    const order = async () => (await pinion.get('/api/v1/pools/chat/rebalance', { method: 'POST', body: '{"rate":1000}' })).json.to_move;
    const closing = async () => (await pinion.sessions()).filter(({ state }) => state === 'closing').length;
    // They are cut off after 2 s. If that was before this process has come to look, there are half as many, to be halved again.
    await eventually('half of them leave, and a second order finds nobody more', async () => {
      const [here] = await counts(pinion);
      const half = here / 2;
      assert.ok(half >= 1);
      assert.equal(await order(), half);
      await eventually('they leave', async () => (await closing()) === half, { within: 2000 });
      assert.deepEqual(await counts(pinion), [here, 0]);
      assert.equal(await order(), 0);
      assert.equal(await closing(), half);
      return true;
    });
    await pinion.says(/pool has been evened out.*moved=(8|4|2|1)\b/);
    servers[0].child.signal('SIGCONT');
  });

  test('ends with its pool, and shows no progress from then on', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 2);
    const backend = servers.map(({ name, address }) => ({ name, address }));
    const other = { name: 'other', backend: [backend[1]] };
    const pinion = await stage.pinion({ pool: { backend, ramp: '0s' } });
    assert.equal((await pinion.command('drain', 'chat/node4-2')).code, 0);
    for (let i = 0; i < 8; i++) await client(stage, pinion.url, { transport: 'websocket' });
    assert.equal((await pinion.command('undrain', 'chat/node4-2')).code, 0);
    await pinion.command('rebalance', 'chat', '--rate', '0.1/s');
    const moving = async () => (await pinion.backends()).filter((one) => one.moving !== null);
    await eventually('progress shows', async () => (await moving()).length === 1);
    const { status, text } = await pinion.reload((config) => {
      config.pool = [other];
      config.route = [{ pool: 'other' }];
    });
    assert.equal(status, 200, text);
    assert.deepEqual(await moving(), []);
    assert.ok((await pinion.backends()).some(({ pool, sessions }) => pool === 'chat' && sessions > 0), 'it is listed still');
    assert.doesNotMatch((await pinion.command('status')).stdout, /rebalance:/);
  });

  test('a pool that is not there', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    const { code, stderr } = await pinion.command('rebalance', 'nobody');
    assert.equal(code, 1);
    assert.match(stderr, /no pool of this name/);
    assert.equal(await call(await client(stage, pinion.url), 'echo', 1), 1);
  });
});
