// What pinion tells of each session, and of its end: who ended it, and why.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { call, client, engine_of } from './support/client.mjs';
import { joined } from './support/joined.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, seconds } from './support/wait.mjs';

describe('the end of a session has a reason and a side', () => {
  const stage = new Stage();
  let pinion;
  let access;

  before(async () => {
    access = join(await stage.folder(), 'access.log');
    pinion = await stage.pinion({
      backends: [await stage.backend('node4', 'only')],
      log: { access, format: 'json', level: 'debug' },
    });
  });
  after(() => stage.close());

  const ends = {
    'the client leaves by websocket': ['websocket', 'client_closed', 'client', (socket) => socket.disconnect()],
    'the client leaves by polling': ['polling', 'engineio_close', 'client', (socket) => socket.disconnect()],
    'the server sends it away by websocket': ['websocket', 'backend_closed', 'backend', (socket) => socket.emit('drop')],
    'the server sends it away by polling': ['polling', 'engineio_close', 'backend', (socket) => socket.emit('drop')],
    'an admin closes it': ['websocket', 'admin', 'proxy',
      (socket) => pinion.get(`/api/v1/sessions/${engine_of(socket).id}`, { method: 'DELETE' })],
  };
  for (const [name, [transport, reason, side, end]] of Object.entries(ends)) {
    test(name, { timeout: seconds(30) }, async () => {
      const socket = await client(stage, pinion.url, { transport });
      await call(socket, 'who');
      const sid = engine_of(socket).id;
      const labels = [`reason="${reason}"`, `side="${side}"`];
      const counted = await pinion.metric('closes_total', ...labels);
      const gone = once(socket, 'disconnect');
      await end(socket);
      await gone;
      await eventually('it is counted', async () => (await pinion.metric('closes_total', ...labels)) === counted + 1);
      const parsed = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line));
      const logged = await eventually('it is in the log', () =>
        parsed(pinion.child.stderr).find((line) => line.event === 'session ended' && line.sid === sid));
      assert.deepEqual([logged.reason, logged.side, logged.transport], [reason, side, transport]);
      if (transport !== 'websocket') return;
      const line = await eventually('it is in the access log', async () =>
        parsed(await readFile(access, 'utf8')).find((each) => each.sid === sid && each.status === 101));
      assert.deepEqual([line.error, line.side], [reason, side]);
    });
  }
});

describe('what is told of a session', () => {
  const stage = new Stage();
  let pinion;

  before(async () => {
    // Often, with as much time for an answer as usual.
    pinion = await stage.pinion({ backends: [await stage.backend('node4', 'only', { socketio: { pingInterval: 300 } })] });
  });
  after(() => stage.close());

  const measured = {
    'version 4 by websocket': [{ transport: 'websocket' }, 'client'],
    'version 4 by polling': [{ transport: 'polling' }, 'client'],
    'version 2 by websocket': [{ version: 2, transport: 'websocket', perMessageDeflate: false }, 'backend'],
  };
  for (const [name, [options, side]] of Object.entries(measured)) {
    test(`the round trip of its pings: ${name}`, { timeout: seconds(30) }, async () => {
      const socket = await client(stage, pinion.url, options);
      const { id } = engine_of(socket);
      const session = await eventually('it is measured', async () => {
        const told = await pinion.session(id);
        return told.rtt_ms !== null && told;
      });
      assert.equal(session.rtt_seen, side);
      assert.ok(session.rtt_ms > 0 && session.rtt_ms < seconds(5), `${session.rtt_ms} ms`);
      socket.disconnect();
    });
  }

  test('its state and its rates', { timeout: seconds(60) }, async () => {
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    const { id } = engine_of(socket);
    const other = await client(stage, pinion.url, { transport: 'websocket' });
    // A worker tells what has passed a moment later, by which the rates have gone down if that takes seconds.
    await eventually('it is active', async () => {
      await call(socket, 'echo', 'x'.repeat(100));
      return (await pinion.session(id)).state === 'active';
    });
    await eventually('it is streaming', async () => {
      const done = once(socket, 'done', seconds(20));
      socket.emit('stream', 500);
      await done;
      const told = await pinion.session(id);
      assert.equal(told.state, 'streaming');
      assert.ok(told.frames_out_rate > 5 && told.bytes_out_rate > 100, JSON.stringify(told));
      return true;
    });
    assert.equal((await pinion.sessions('?sort=rate'))[0].sid, id);
    assert.equal((await pinion.sessions('?sort=rate&order=asc')).at(-1).sid, id);
    for (const key of ['rtt', 'paused', 'age', 'rate']) {
      const { code, stdout } = await pinion.command('sessions', '--sort', key);
      assert.equal(code, 0);
      assert.match(stdout, /STATE .* RTT .* FRAMES\/s .* PAUSED/);
    }
    const told = (await pinion.command('sessions', id)).stdout;
    for (const key of ['state', 'rtt_ms', 'rtt_seen', 'frames_in_rate', 'bytes_out_rate', 'paused_ms', 'last_error']) {
      assert.match(told, new RegExp(`^${key}: `, 'm'));
    }
    assert.ok(engine_of(other).id);
  });

  test('an idle one, one that has said nothing, and the last error', { timeout: seconds(60) }, async () => {
    const quiet = await stage.pinion({ backends: [await stage.backend('node4', 'quiet')] });
    const socket = await client(stage, quiet.url, { transport: 'polling' });
    const { id } = engine_of(socket);
    await eventually('it is idle', async () => (await quiet.session(id)).state === 'idle', { within: seconds(40), every: 200 });
    const answer = await fetch(`${quiet.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await answer.text()).slice(1));
    assert.equal((await quiet.session(sid)).state, 'handshaking');
    assert.equal((await quiet.session(sid)).last_error, '');
    const upgrade = new WebSocket(`${quiet.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
    await once(upgrade, 'open');
    upgrade.close();
    await eventually('it is told', async () => (await quiet.session(sid)).last_error === 'upgrade-failed');
  });

  test('compressed pings are not seen, and it says so', { timeout: seconds(30) }, async () => {
    const deflating = await stage.backend('node4', 'deflating', {
      socketio: { pingInterval: 300, perMessageDeflate: { threshold: 0 } },
    });
    const there = await stage.pinion({ backends: [deflating] });
    const socket = await client(stage, there.url, { transport: 'websocket', perMessageDeflate: { threshold: 0 } });
    const { id } = engine_of(socket);
    const told = await eventually('it says so', async () => {
      const session = await there.session(id);
      return session.rtt_seen === 'compressed' && session;
    });
    assert.equal(told.rtt_ms, null);
  });
});

describe('a client that takes nothing', () => {
  /** A client that is flooded and does not read. */
  async function stalled(stage, url) {
    let flooded = false;
    const { socket, sid } = await joined(stage, url, () => (flooded = true));
    const closed = once(socket, 'close', seconds(60));
    socket.send('42["flood",10000]');
    await eventually('it is flooded', () => flooded);
    socket.pause();
    return { socket, sid, closed };
  }

  test('is closed with 1013 after a while, and nobody else', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: [await stage.backend('node4', 'only')], pool: { slow_consumer: { after: '5s' } }, workers: 1,
    });
    const other = await client(stage, pinion.url, { transport: 'websocket' });
    let readers = 0;
    // It stalls for 3 s before it is closed, for which it has 2 s: on a busy machine both may pass unseen.
    await eventually('one stalls, is being closed and hears so', async () => {
      readers++;
      const reader = await stalled(stage, pinion.url);
      const is = (state) => async () => {
        const session = await pinion.session(reader.sid);
        return session === undefined ? 'gone' : session.state === state && state;
      };
      assert.equal(await eventually('it is said to stall', is('stalled')), 'stalled');
      assert.equal(await eventually('it is being closed', is('closing')), 'closing');
      reader.socket.resume();
      assert.equal((await reader.closed)[0], 1013);
      return true;
    }, { within: seconds(40) });
    await eventually('it is counted', async () =>
      (await pinion.metric('closes_total', 'reason="slow_consumer"', 'side="client"')) === readers, { within: seconds(40) });
    assert.equal(await call(other, 'echo', 'well'), 'well');
    await pinion.says(/does not read and is closed/);
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('is cut off when it does not hear that either', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: [await stage.backend('node4', 'only')], pool: { slow_consumer: { after: '1s' } }, workers: 1,
    });
    const reader = await stalled(stage, pinion.url);
    await eventually('it is gone', async () => (await pinion.session(reader.sid)) === undefined, { within: seconds(30) });
    assert.equal(await pinion.metric('closes_total', 'reason="slow_consumer"'), 1);
    await eventually('nothing of it waits', async () => (await pinion.metric('queued_bytes')) === 0);
    reader.socket.resume();
    assert.equal((await reader.closed)[0], 1006);
    await pinion.comes_to_rest();
  });

  test('stays when that is switched off', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: [await stage.backend('node4', 'only')], pool: { slow_consumer: { after: '0s' } }, workers: 1,
    });
    const reader = await stalled(stage, pinion.url);
    const told = await eventually('it has stalled for a while', async () => {
      const session = await pinion.session(reader.sid);
      return session.state === 'stalled' && session.paused_ms > 4000 && session;
    }, { within: seconds(30) });
    assert.ok(told.queued_bytes > 0);
    // All of it waits for the client, none for the backend.
    const [backend] = await pinion.backends();
    assert.ok(backend.queued_bytes > 0);
    assert.equal(backend.queued_to_backend_bytes, 0);
    assert.equal(await pinion.metric('backend_queued_bytes'), 0);
    assert.equal((await pinion.sessions('?sort=paused'))[0].sid, reader.sid);
    const reads_on = once(reader.socket, 'message');
    reader.socket.resume();
    await reads_on;
    assert.equal(await pinion.metric('closes_total', 'reason="slow_consumer"'), 0);
  });

  test('is closed by a limit that a reload sets meanwhile', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: [await stage.backend('node4', 'only')], pool: { slow_consumer: { after: '0s' } }, workers: 1,
    });
    const reader = await stalled(stage, pinion.url);
    await eventually('it has stalled', async () => (await pinion.session(reader.sid)).state === 'stalled', { within: seconds(30) });
    await pinion.reload(({ pool }) => { pool[0].slow_consumer = { after: '1s' }; });
    await eventually('it is closed', async () => (await pinion.metric('closes_total', 'reason="slow_consumer"')) === 1);
  });
});
