// Emptying a backend: nothing new comes to it, and its sessions end or are moved away, without losing a message.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, client, engine_of } from './support/client.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, pause, seconds, within } from './support/wait.mjs';

/** Two servers with pinion in front, and the name of the one that is not `name`. */
async function two(t, pool = {}) {
  const stage = Stage.of(t);
  const servers = await stage.backends('node4', 2);
  const backend = servers.map(({ name, address }) => ({ name, address }));
  const pinion = await stage.pinion({ pool: { backend, ...pool } });
  return { stage, pinion, other: (name) => servers.find((server) => server.name !== name).name };
}

const order = (pinion, name, verb, body = {}) =>
  pinion.get(`/api/v1/backends/chat/${name}/${verb}`, { method: 'POST', body: JSON.stringify(body) });

const backend = async (pinion, name) => (await pinion.backends()).find((one) => one.name === name);

/** A call of a client that has the option `retries`: it is sent until it is answered, one after the other. */
const surely = (socket, event, ...args) => within(`ack of ${event}`, new Promise((resolve, reject) => {
  socket.emit(event, ...args, (error, value) => (error ? reject(error) : resolve(value)));
}), seconds(60));

const kTransports = ['websocket', 'upgrade', 'polling'];

describe('draining', () => {
  test('sessions go on, new ones go elsewhere, and an empty backend says so', { timeout: seconds(60) }, async (t) => {
    const { stage, pinion, other } = await two(t);
    const sockets = [];
    for (const transport of kTransports) sockets.push(await client(stage, pinion.url, { transport }));
    const home = await call(sockets[0], 'who');
    const mine = [];
    for (const socket of sockets) if (await call(socket, 'who') === home) mine.push(socket);

    const answer = await order(pinion, home, 'drain');
    assert.equal(answer.status, 200);
    assert.equal(answer.json.state, 'draining');
    assert.equal(answer.json.ready, false);
    for (let i = 0; i < 6; i++) {
      const late = await client(stage, pinion.url, { transport: kTransports[i % 3] });
      assert.equal(await call(late, 'who'), other(home));
      assert.equal((await request(`${pinion.url}/`)).body, other(home), 'plain requests too');
    }
    for (const socket of mine) assert.equal(await call(socket, 'who'), home, 'its sessions are where they were');
    assert.match((await pinion.command('status')).stdout, new RegExp(`${home} +draining`));
    assert.equal(await pinion.metric('backend_up', `backend="${home}"`), 1);
    assert.equal(await pinion.metric('backend_ready', `backend="${home}"`), 0);

    for (const socket of mine) socket.disconnect();
    await eventually('it is empty', async () => (await backend(pinion, home)).state === 'drained');
    await eventually('it says so', () => /backend is drained: it can be stopped/.test(pinion.child.stderr));
    assert.equal((await pinion.get('/readyz')).status, 200);

    const back = await pinion.command('undrain', `chat/${home}`);
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stdout, /is up/);
    assert.equal(await call(await client(stage, pinion.url), 'who'), home, 'it has the fewest now');
  });

  test('a pool whose backends all drain refuses new sessions, and answers plain requests', { timeout: seconds(40) }, async (t) => {
    const { pinion } = await two(t);
    for (const { name } of await pinion.backends()) await order(pinion, name, 'drain');
    const refused = await request(`${pinion.url}/socket.io/?EIO=4&transport=polling`);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['x-pinion-error'], 'no-backend');
    assert.ok(refused.headers['retry-after']);
    assert.equal((await request(`${pinion.url}/`)).status, 200);
    assert.equal((await pinion.get('/readyz')).status, 503);
  });

  for (const transport of kTransports) {
    test(`--close moves sessions by ${transport} at the rate asked for`, { timeout: seconds(90) }, async (t) => {
      const { stage, pinion, other } = await two(t);
      const sockets = await Promise.all(Array.from({ length: 16 }, () =>
        client(stage, pinion.url, { transport, reconnection: true, retries: 5, ackTimeout: seconds(10) })));
      const homes = await Promise.all(sockets.map((socket) => surely(socket, 'who')));
      const [home] = homes;
      const moving = sockets.filter((_, i) => homes[i] === home);
      const staying = sockets.filter((_, i) => homes[i] !== home);
      assert.equal(moving.length, 8);
      const codes = [];
      for (const socket of moving) {
        engine_of(socket).transport.ws?.addEventListener?.('close', ({ code }) => codes.push(code));
        engine_of(socket).transport.ws?.on?.('close', (code) => codes.push(code));
      }
      const backs = moving.map((socket) => once(socket.io, 'reconnect', seconds(60)));
      const strays = staying.map((socket) => new Promise((_, reject) => socket.once('disconnect', reject)));

      const start = Date.now();
      const told = await pinion.command('drain', `chat/${home}`, '--close', '--rate', '2/s');
      assert.equal(told.code, 0, told.stderr);
      await eventually('progress shows', async () => {
        const { moving: progress } = await backend(pinion, home);
        return progress?.rate === 2 && progress.why === 'drain' && progress.left + progress.moved >= 7;
      });
      await Promise.race([Promise.all(backs), ...strays]);
      // One at once, and then never more than two a second.
      assert.ok(Date.now() - start >= (moving.length - 2) * 500, `too fast: ${Date.now() - start} ms`);
      if (transport !== 'polling') for (const code of codes) assert.equal(code, 1012);
      for (const socket of sockets) assert.equal(await surely(socket, 'who'), other(home));
      const drained = await eventually('it is empty', async () => {
        const now = await backend(pinion, home);
        return now.state === 'drained' && now;
      });
      assert.deepEqual([drained.moving.left, drained.moving.moved], [0, 8]);
      assert.equal(await pinion.metric('closes_total', 'reason="moved"'), 8);
      stage.leave_clients();
      await pinion.comes_to_rest();
    });
  }

  test('no message is lost on the way, and what streams is moved when it has ended', { timeout: seconds(120) }, async (t) => {
    const { stage, pinion, other } = await two(t, { patience: '60s' });
    const options = { reconnection: true, reconnectionDelay: 100, retries: 10, ackTimeout: seconds(10) };
    const open = (transport) => client(stage, pinion.url, { transport, ...options });
    const sockets = await Promise.all(Array.from({ length: 24 }, (_, i) => open(kTransports[i % 3])));
    const homes = await Promise.all(sockets.map((socket) => surely(socket, 'who')));
    const home = homes[0];

    // Some of those at home hear a stream; every other client talks now and then.
    const streaming = sockets.filter((_, i) => homes[i] === home).slice(0, 3);
    const kTokens = 120;
    const streams = streaming.map((socket) => {
      const heard = { sid: engine_of(socket).id, tokens: [], sids: new Set() };
      socket.on('token', (token) => {
        heard.tokens.push(token);
        heard.sids.add(engine_of(socket).id);
      });
      heard.done = once(socket, 'done', seconds(60));
      heard.asked = surely(socket, 'trickle', kTokens, 100);
      return heard;
    });
    let talking = true;
    const talks = sockets.filter((socket) => !streaming.includes(socket)).map(async (socket, i) => {
      let sent = 0;
      // Twice as long as a session has to be idle to be moved: on a busy machine a moment for that is soon missed.
      for (await pause(i * 150); talking; await pause(6000)) {
        assert.equal(await surely(socket, 'echo', ++sent), sent);
      }
      return sent;
    });

    await order(pinion, home, 'drain', { close: true, rate: 50 });
    await eventually('only those that stream are left', async () => (await backend(pinion, home)).sessions === 3,
      { within: seconds(20) });
    for (const heard of streams) {
      await heard.asked;
      await heard.done;
      assert.deepEqual(heard.tokens, Array.from({ length: kTokens }, (_, i) => i), 'every token, once and in order');
      assert.deepEqual([...heard.sids], [heard.sid], 'in the session that it began in');
    }
    await eventually('they are moved too', async () => (await backend(pinion, home)).state === 'drained',
      { within: seconds(20) });
    talking = false;
    for (const sent of await Promise.all(talks)) assert.ok(sent >= 2);
    for (const socket of sockets) assert.equal(await surely(socket, 'who'), other(home));
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('pings make no session one that streams, however often they come', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    // More often than what has paused is moved.
    const [server] = await stage.backends('node4', 1, { ping: 2 });
    const backends = [{ name: 'pinging', address: server.address }];
    const pinion = await stage.pinion({ pool: { backend: backends, patience: '10m' } });
    const kEach = 3;
    for (let i = 0; i < kEach * kTransports.length; i++) {
      await client(stage, pinion.url, { transport: kTransports[i % kTransports.length] });
    }
    await eventually('they are pinged', async () => (await pinion.sessions()).every(({ frames_out }) => frames_out >= 4));
    await order(pinion, 'pinging', 'drain', { close: true, rate: 50 });
    await eventually('all are moved', async () => (await backend(pinion, 'pinging')).state === 'drained',
      { within: seconds(20) });
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('after its patience what streams is moved, between two frames', { timeout: seconds(60) }, async (t) => {
    const { stage, pinion } = await two(t, { patience: '1s' });
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    const home = await call(socket, 'who');
    const tokens = [];
    socket.on('token', (token) => tokens.push(token));
    const close = once(engine_of(socket).transport.ws, 'close', seconds(30));
    socket.emit('trickle', 1e6, 20);
    await eventually('it streams', () => tokens.length > 10);
    const { moving } = (await order(pinion, home, 'drain', { close: true, rate: 10 })).json;
    assert.deepEqual(moving, { why: 'drain', left: 1, moved: 0, rate: 10 }, 'the answer tells at once');
    const [first] = await close;
    assert.equal(first.code ?? first, 1012);
    assert.deepEqual(tokens, Array.from(tokens, (_, i) => i));
  });

  test('its patience counts from the first order, however often it is ordered again', { timeout: seconds(60) }, async (t) => {
    const { stage, pinion } = await two(t, { patience: '2s' });
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    const home = await call(socket, 'who');
    let closed = false;
    engine_of(socket).transport.ws.once('close', () => { closed = true; });
    let tokens = 0;
    socket.on('token', () => { tokens += 1; });
    socket.emit('trickle', 1e6, 20);
    await eventually('it streams', () => tokens > 10);
    await order(pinion, home, 'drain', { close: true, rate: 5 });
    await eventually('it is moved', async () => {
      const { moving } = (await order(pinion, home, 'drain', { close: true, rate: 10 })).json;
      assert.equal(moving.rate, 10);
      return closed;
    }, { every: 200, within: seconds(20) });
    await eventually('it is counted', async () => (await backend(pinion, home)).moving.moved === 1);
  });

  test('undrain stops the moving', { timeout: seconds(60) }, async (t) => {
    const { stage, pinion } = await two(t, { patience: '0s' });
    const sessions = [];
    for (let i = 0; i < 20; i++) sessions.push(await new PollingSession(pinion.url).open());
    const home = (await pinion.session(sessions[0].sid)).backend;
    await order(pinion, home, 'drain', { close: true, rate: 1 });
    await eventually('some are gone', async () => (await backend(pinion, home)).sessions < 10);
    const answer = await order(pinion, home, 'undrain');
    assert.equal(answer.json.state, 'up');
    const stopped = await eventually('it has stopped', async () => {
      const now = await backend(pinion, home);
      return now.moving === null && now;
    });
    assert.ok(stopped.sessions > 0);
    await pause(1500);
    assert.equal((await backend(pinion, home)).sessions, stopped.sessions);
    stage.leave_clients();
  });

  test('what is wrong with an order is said', { timeout: seconds(20) }, async (t) => {
    const { pinion } = await two(t);
    assert.equal((await order(pinion, 'nobody', 'drain')).status, 404);
    assert.equal((await order(pinion, 'node4-1', 'drain', { rate: -1 })).status, 400);
    const { code, stderr } = await pinion.command('drain', 'chat/nobody');
    assert.equal(code, 1);
    assert.match(stderr, /no such backend in it that has an address/);
  });
});
