// Probes of real servers: they make no session, see a loop that is blocked, and tell who lives.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, client } from './support/client.mjs';
import { request } from './support/polling.mjs';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

const often = { interval: '100ms' };
const probes = (pinion, result) => pinion.metric('probes_total', `result="${result}"`);

describe('a probe', () => {
  for (const kind of ['node4', 'node2', 'uvicorn-websockets', 'aiohttp']) {
    test(`makes no session on ${kind}, is answered 400, and tells how long it takes`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const [a] = await stage.backends(kind, 1);
      const pinion = await stage.pinion({ backends: [a], pool: { health: { ...often, expect: 400 } } });
      await eventually('20 probes', async () => (await probes(pinion, 'ok')) >= 20, { within: seconds(30) });
      const socket = await client(stage, pinion.url, { version: kind === 'node2' ? 2 : 4 });
      assert.equal(await call(socket, 'sessions'), 1);
      const [backend] = await pinion.backends();
      assert.equal(backend.state, 'up');
      assert.ok(backend.probe_latency_ms > 0);
      await eventually('enough is known', async () => (await pinion.backends())[0].load_confidence > 0.3);
      assert.ok(backend.busy_share >= 0 && backend.busy_share <= 1);
      assert.ok(backend.probe_wait_ms >= 0);
      assert.equal(await probes(pinion, 'status'), 0);
      assert.match((await pinion.command('status')).stdout, / BUSY\n[^]*\d%\n/);
      socket.disconnect();
      await pinion.comes_to_rest();
    });

    test(`sees that the loop of ${kind} is blocked`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const [a] = await stage.backends(kind, 1);
      const pinion = await stage.pinion({ backends: [a], pool: { health: often } });
      const socket = await client(stage, pinion.url, { version: kind === 'node2' ? 2 : 4 });
      // Until it is known what calm is: a few calm ones would be outnumbered by those that wait.
      await eventually('many probes', async () => (await probes(pinion, 'ok')) >= 40, { within: seconds(30) });
      let blocked = -Infinity;
      const waited = await eventually('a probe has waited', async () => {
        // Again: if this machine is busy a probe may go out when it is nearly over.
        if (Date.now() - blocked > 4000) {
          socket.emit('block', 1500);
          blocked = Date.now();
        }
        const [backend] = await pinion.backends();
        return backend.probe_wait_ms > 100 && backend.busy_share > 0.05 && backend;
      });
      assert.ok(waited.load_confidence > 0);
      assert.ok((await pinion.metric('backend_probe_wait_seconds')) > 0.01);
      await eventually('and it has been forgotten', async () => (await pinion.backends())[0].probe_wait_ms < 50, { within: seconds(30) });
      assert.equal((await pinion.backends())[0].state, 'up');
    });
  }

  test('is not all: handshakes and POSTs that go over a kept connection are samples too', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [a] });
    const samples = (kind) => pinion.metric('request_samples_total', `kind="${kind}"`);
    const talk = async (socket) => assert.equal(await call(socket, 'who'), a.name);
    await eventually('some of both', async () => {
      const socket = await client(stage, pinion.url, { transport: 'polling' });
      for (let i = 0; i < 5; i++) await talk(socket);
      socket.disconnect();
      return (await samples('push')) >= 5 && (await samples('handshake')) >= 5;
    }, { within: seconds(40) });
    const [backend] = await pinion.backends();
    assert.ok(backend.request_weight >= 0 && backend.request_weight <= 4);
    assert.ok(backend.request_busy_share === null || (backend.request_busy_share >= 0 && backend.request_busy_share <= 1));
    await pinion.comes_to_rest();
  });

  test('of a pool without socket.io is a connect, which tells nothing of the loop', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends, pool: { socketio_path: '', health: often } });
    await eventually('some probes', async () => (await probes(pinion, 'ok')) >= 5);
    const [backend] = await pinion.backends();
    assert.equal(backend.load_confidence, 0);
    assert.equal(backend.busy_share, null);
    assert.ok(backend.probe_latency_ms > 0);
    assert.match((await pinion.command('status')).stdout, / \?\n/);
  });
});

describe('health', () => {
  test('a process that is gone shows no load after a while', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends, pool: { health: often } });
    const gauge = (name) => pinion.metric(`backend_${name}`);
    await eventually('its load is known', async () => (await gauge('load_confidence')) > 0, { within: seconds(20) });
    await backends[0].kill();
    await eventually('nothing is told of it', async () => (await gauge('load_confidence')) === 0, { within: seconds(20) });
    const [backend] = await pinion.backends();
    assert.deepEqual([backend.load_confidence, backend.busy_share, backend.probe_wait_ms], [0, null, null]);
    assert.equal(await gauge('busy_share'), 0);
    assert.match((await pinion.command('status')).stdout, / \?\n/);
  });

  test('a stopped process goes down after `fall` timeouts and comes back after `rise`', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const [a, b] = await stage.backends('node4', 2);
    // Nor does the other one go down, since three timeouts in a row are more than a busy machine takes from it.
    const pinion = await stage.pinion({ backends: [a, b], pool: { health: { ...often, timeout: '1500ms' } } });
    const state = async () => (await pinion.backends())[0].state;
    await eventually('some probes', async () => (await probes(pinion, 'ok')) >= 10);
    a.child.signal('SIGSTOP');
    await eventually('a is down', async () => (await state()) === 'down', { within: seconds(20) });
    assert.ok((await probes(pinion, 'timeout')) >= 3);
    assert.match((await pinion.backends())[0].reason, /does not answer probes in time/);
    await pinion.says(/backend is down: its probes fail.*has no answer within 1500 ms/);
    assert.equal(pinion.child.stderr.split('backend is down').length, 2, 'it is said once');
    for (let i = 0; i < 4; i++) assert.equal(await call(await client(stage, pinion.url), 'who'), b.name);
    a.child.signal('SIGCONT');
    await eventually('a is up', async () => (await state()) === 'up', { within: seconds(30) });
    await eventually('a takes sessions', async () => (await call(await client(stage, pinion.url), 'who')) === a.name);
  });

  test('a wrong status is told, and the backend still serves when there is no other', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends, pool: { health: { ...often, expect: 204 } } });
    await eventually('it is down', async () => (await pinion.backends())[0].state === 'down');
    await eventually('the log tells', () => /is answered 400, not 204: is \[pool\.health\] path or expect right\?/.test(pinion.child.stderr));
    assert.equal((await pinion.get('/readyz')).status, 503);
    assert.equal(await call(await client(stage, pinion.url), 'who'), backends[0].name);
  });

  test('a backend that says itself that it is not fit goes down, and stays so, although it answers requests', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    let fit = true;
    const one = await serve(stage, (asked, answer) => answer.writeHead(asked.url === '/health' && !fit ? 503 : 200).end());
    const pinion = await stage.pinion({ backends: [one], pool: { health: { kind: 'http', path: '/health', ...often } } });
    const state = async () => (await pinion.backends())[0].state;
    const ask = async () => assert.equal((await request(`${pinion.url}/`)).status, 200);
    await eventually('it was probed', async () => (await probes(pinion, 'ok')) >= 3);
    fit = false;
    await eventually('it is down', async () => {
      for (let i = 0; i < 10; i++) await ask();
      return (await state()) === 'down';
    });
    const failed = await probes(pinion, 'status');
    await eventually('it is probed on', async () => {
      await ask();
      assert.equal(await state(), 'down');
      return (await probes(pinion, 'status')) >= failed + 3;
    }, { within: seconds(30), every: 5 });
    fit = true;
    await eventually('it is up', async () => (await state()) === 'up', { within: seconds(20) });
  });

  test('three answers 502 in a row are enough', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const bad = await serve(stage, (asked, answer) => answer.writeHead(502).end());
    const pinion = await stage.pinion({ backends: [bad] });
    await eventually('it was probed', async () => (await probes(pinion, 'ok')) === 1);
    for (let i = 0; i < 3; i++) {
      assert.equal((await pinion.backends())[0].state, 'up');
      assert.equal((await request(`${pinion.url}/`)).status, 502);
    }
    assert.equal((await pinion.backends())[0].state, 'down');
    assert.match((await pinion.backends())[0].reason, /answers requests with 502/);
  });
});

describe('a backend whose name has no address', () => {
  test('is listed, with the reason, and the others serve', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ pool: { backends: [a.address, 'no-such-name.invalid:3001'] } });
    const [there, lost] = await pinion.backends();
    assert.equal(there.state, 'up');
    assert.equal(lost.name, 'no-such-name.invalid:3001');
    assert.equal(lost.state, 'down');
    assert.match(lost.reason, /^it has no address: ./);
    const metrics = (await pinion.get('/metrics')).text;
    for (const name of ['up', 'ready']) {
      assert.match(metrics, new RegExp(`^pinion_backend_${name}\\{pool="chat",backend="no-such-name\\.invalid:3001"\\} 0$`, 'm'));
    }
    assert.ok(await pinion.metric('name_lookups_total', 'result="failed"') >= 1);
    assert.equal(await pinion.metric('name_lookups_total', 'result="ok"'), 0);
    assert.equal(await call(await client(stage, pinion.url), 'who'), a.name);
  });
});

describe('a backend whose name has no address yet, and that had one', () => {
  test('is listed beside the one that it was, which serves meanwhile by a name of its own', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ pool: { backend: [{ name: 'app', address: a.address }] } });
    const socket = await client(stage, pinion.url);
    await pinion.reload(({ pool }) => { pool[0].backend = [{ name: 'app', address: 'no-such-name.invalid:3001' }]; });
    const listed = (await pinion.backends()).map(({ name, state, sessions }) => [name, state, sessions]);
    assert.deepEqual(listed.sort(), [['app', 'down', 0], [`app@${a.address}`, 'up', 1]]);
    assert.equal(await call(await client(stage, pinion.url), 'who'), a.name);
    const { text } = await pinion.get('/metrics');
    assert.match(text, /^pinion_backend_up\{pool="chat",backend="app"\} 0$/m);
    const series = text.split('\n').filter((line) => line.startsWith('pinion_')).map((line) => line.replace(/ \S+$/, ''));
    assert.equal(series.length, new Set(series).size);
    assert.equal(await call(socket, 'echo', 1), 1);
  });
});

describe('a probe that opens a WebSocket', () => {
  for (const kind of ['node4', 'uvicorn-websockets', 'uvicorn-wsproto', 'aiohttp']) {
    test(`is answered by ${kind}, and leaves nothing behind`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const [a] = await stage.backends(kind, 1);
      const pinion = await stage.pinion({ backends: [a], pool: { health: { ...often, kind: 'websocket', timeout: '10s' } } });
      await eventually('20 probes', async () => (await probes(pinion, 'ok')) >= 20, { within: seconds(30) });
      const socket = await client(stage, pinion.url);
      await eventually('only this client is there', async () => (await call(socket, 'sessions')) === 1);
      const [backend] = await pinion.backends();
      assert.equal(backend.state, 'up');
      assert.ok(backend.load_confidence > 0);
      for (const result of ['status', 'closed', 'timeout', 'bad_answer']) assert.equal(await probes(pinion, result), 0);
      await a.kill();
      await eventually('it is down', async () => (await pinion.backends())[0].state === 'down');
      await a.start();
      await eventually('and up again', async () => (await pinion.backends())[0].state === 'up');
    });
  }
});
