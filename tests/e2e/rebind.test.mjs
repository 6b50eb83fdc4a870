// A session whose CONNECT names an id of another backend than its handshake chose is moved there before anything of
// it exists, and its client notices nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { python, python_rebind } from './support/backend.mjs';
import { run } from './support/child.mjs';
import { call, client } from './support/client.mjs';
import { PollingSession } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, pause, seconds, slow } from './support/wait.mjs';

// Turn by turn: two handshakes of three choose the wrong backend. On a busy machine one worker may see an upgrade long
// before another one sees the CONNECT.
const pool = { balance: 'round_robin', affinity: { ids: ['connect:id'], keep: '1h', connect_wait: '10s' } };

const kPongs = 5; // seconds, times `slow`, that a server waits for the answer to its ping

/** Tokens 0 to n-1 in order, then the word that all were sent. */
async function streams(socket, n) {
  const tokens = [];
  socket.on('token', (i) => tokens.push(i));
  const done = once(socket, 'done', seconds(20));
  socket.emit('stream', n);
  await done;
  assert.deepEqual(tokens, Array.from({ length: n }, (_, i) => i));
}

const kCodings = {
  plain: false,
  deflate: { threshold: 0 },
  'deflate with small windows': { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
  'deflate without context': { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
};

for (const [coding, perMessageDeflate] of Object.entries(kCodings)) {
  describe(`moved to where its id belongs, ${coding}`, () => {
    const stage = new Stage();
    let backends;
    let pinion;

    before(async () => {
      const pings = { pingInterval: 1000, pingTimeout: seconds(kPongs) };
      backends = await stage.backends('node4', 3, { socketio: { perMessageDeflate, ...pings } });
      pinion = await stage.pinion({ backends, pool });
    });
    after(() => stage.close());

    for (const transport of coding.includes(' ') ? ['upgrade', 'websocket'] : ['upgrade', 'websocket', 'polling']) {
      test(transport, { timeout: seconds(60) }, async () => {
        const options = { transport, perMessageDeflate, auth: { id: `tab-${transport}`, other: 'x'.repeat(2000) } };
        const moved = await pinion.metric('rebinds_total', 'result="moved"');
        const first = await client(stage, pinion.url, options);
        const home = await call(first, 'who');
        first.disconnect();
        for (let i = 0; i < 6; i++) {
          const socket = await client(stage, pinion.url, options);
          assert.equal(await call(socket, 'who'), home);
          assert.equal(await call(socket, 'echo', 'y'.repeat(70_000)), 'y'.repeat(70_000));
          await streams(socket, 200);
          if (i < 5) socket.disconnect();
        }
        if (coding === 'plain') {
          const socket = await client(stage, pinion.url, options);
          await pause(2500); // some pings and pongs
          assert.ok(socket.connected);
          assert.equal(await call(socket, 'who'), home);
        }
        assert.ok(await pinion.metric('rebinds_total', 'result="moved"') - moved >= 4);
        for (const result of ['refused', 'failed', 'unlike', 'late', 'unread']) {
          assert.equal(await pinion.metric('rebinds_total', `result="${result}"`), 0, result);
        }
        stage.leave_clients();
        // The wrong ones have been told, long before their ping timeout would tell them.
        await eventually('nobody is left behind', async () => {
          const seen = await Promise.all(backends.map((backend) => backend.seen()));
          assert.deepEqual(seen.map((one) => [one.clients, one.errors[1] ?? 0]), seen.map(() => [0, 0]));
          return true;
        }, { within: seconds(kPongs - 1) });
        await pinion.comes_to_rest();
      });
    }
  });
}

describe('moved, by other clients and other servers', () => {
  for (const kind of ['uvicorn-websockets', 'uvicorn-wsproto', 'aiohttp']) {
    test(kind, { timeout: seconds(120) }, async (t) => {
      const stage = Stage.of(t);
      const backends = await stage.backends(kind, 3);
      const pinion = await stage.pinion({ backends, pool });
      for (const transport of ['upgrade', 'websocket', 'polling']) {
        const options = { transport, auth: { id: transport } };
        const first = await client(stage, pinion.url, options);
        const home = await call(first, 'who');
        first.disconnect();
        for (let i = 0; i < 3; i++) {
          const socket = await client(stage, pinion.url, options);
          assert.equal(await call(socket, 'who'), home, transport);
          await streams(socket, 50);
          socket.disconnect();
        }
      }
      for (const transports of ['polling,websocket', 'websocket', 'polling']) {
        const { code, stdout, stderr } = await run(python, [python_rebind, pinion.url, transports, `py-${transports}`],
          { ms: seconds(60) });
        assert.equal(code, 0, `${transports}: ${stderr}`);
        assert.equal(stdout, 'ok\n');
      }
      assert.ok(await pinion.metric('rebinds_total', 'result="moved"') >= 8);
      assert.equal(await pinion.metric('rebinds_total') - await pinion.metric('rebinds_total', 'result="moved"'), 0);
    });
  }
});

describe('what stays where it is', () => {
  async function set_up(t, more = {}) {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ backends, pool: { ...pool, ...more } });
    const connect = async (id) => {
      const socket = await client(stage, pinion.url, { transport: 'websocket', auth: { id } });
      return { socket, home: await call(socket, 'who') };
    };
    return { stage, backends, pinion, connect };
  }

  test('a session whose right backend has died, and later ones of its id stay with the new one', { timeout: seconds(60) }, async (t) => {
    const { backends, pinion, connect } = await set_up(t);
    const { socket, home } = await connect('a');
    const gone = once(socket, 'disconnect');
    const right = backends.find((backend) => backend.name === home);
    await right.kill();
    await gone;
    const { socket: next, home: other } = await connect('a');
    assert.notEqual(other, home);
    next.disconnect();
    await right.start();
    await eventually('it is up again', async () => (await pinion.backends()).every((backend) => backend.state === 'up'));
    for (let i = 0; i < 4; i++) {
      const { socket: later, home: now } = await connect('a');
      assert.equal(now, other);
      later.disconnect();
    }
  });

  for (const transport of ['websocket', 'polling', 'upgrade']) test(`a session whose right backend is full, by ${transport}`, { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 2);
    const entries = backends.map(({ name, address }) => ({ name, address }));
    const pinion = await stage.pinion({ backends, pool: { ...pool, backend: entries } });
    const options = { transport, auth: { id: 'a' } };
    const home = await call(await client(stage, pinion.url, options), 'who');
    const { status } = await pinion.reload((config) => {
      config.pool[0].backend.find((backend) => backend.name === home).max_sessions = 1;
    });
    assert.equal(status, 200);
    assert.notEqual(await call(await client(stage, pinion.url, options), 'who'), home);
    assert.equal(await pinion.metric('rebinds_total', 'result="refused"'), 1);
    assert.equal(await pinion.metric('rebinds_total'), 1);
  });

  test('a session of protocol 3, whose client knows its sid', { timeout: seconds(60) }, async (t) => {
    const { stage, pinion } = await set_up(t);
    for (const transport of ['websocket', 'polling', 'upgrade']) {
      const socket = await client(stage, pinion.url, { version: 2, transport });
      assert.equal(await call(socket, 'echo', 1), 1);
    }
    assert.equal(await pinion.metric('rebinds_total'), 0);
  });

  test('a session whose poll had gone on before its CONNECT came', { timeout: seconds(60) }, async (t) => {
    const { stage, pinion } = await set_up(t, { affinity: { ...pool.affinity, connect_wait: '100ms' } });
    const first = await client(stage, pinion.url, { transport: 'polling', auth: { id: 'slow' } });
    const home = await call(first, 'who');
    first.disconnect();
    await pinion.comes_to_rest();
    for (let i = 0; i < 2; i++) {
      const session = await new PollingSession(pinion.url).open();
      const under_way = (n) => eventually(`${n} requests`, async () => (await pinion.metric('inflight_requests')) === n);
      await under_way(0); // the answer to the handshake is here before it is counted as gone
      const polled = session.poll();
      await under_way(1);
      await session.push('40{"id":"slow"}');
      assert.match(await polled, /^40\{/);
      if (await session.who() !== home) break;
      await session.close();
    }
    assert.equal(await pinion.metric('rebinds_total', 'result="late"'), 1);
  });

  test('a session by WebSocket whose client would wait for the next ping in vain', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 2, { socketio: { pingInterval: 8000, pingTimeout: 3000 } });
    const pinion = await stage.pinion({ backends, pool });
    const lives_at = async (id) => call(await client(stage, pinion.url, { transport: 'websocket', auth: { id } }), 'who');
    await lives_at('a');
    const open = async () => {
      const socket = stage.keep(new WebSocket(`${pinion.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`));
      assert.match(String((await once(socket, 'message'))[0]), /^0/);
      return socket;
    };
    const asks = async (socket, packet) => {
      const answer = once(socket, 'message');
      socket.send(packet);
      return String((await answer)[0]);
    };
    const joins = async (socket, id) => {
      assert.match(await asks(socket, `40{"id":"${id}"}`), /^40/);
      return JSON.parse((await asks(socket, '420["who"]')).slice(3))[0];
    };
    const late = [await open(), await open()];
    await pause(3500); // of 11 s that a client waits, of which the next backend takes 8 anew
    assert.deepEqual((await Promise.all(late.map((socket) => joins(socket, 'a')))).toSorted(), backends.map(({ name }) => name));
    // The one that stays away takes the id along, if it comes first.
    assert.ok(await pinion.metric('rebinds_total', 'result="unlike"') >= 1);
    assert.equal(await pinion.metric('rebinds_total', 'result="moved"'), 0);
    const home = await lives_at('b');
    const pinged = [await open(), await open()];
    await Promise.all(pinged.map(async (socket) => {
      assert.equal(String((await once(socket, 'message', seconds(20)))[0]), '2');
      socket.send('3');
      assert.equal(await joins(socket, 'b'), home);
    }));
    assert.equal(await pinion.metric('rebinds_total', 'result="moved"'), 1);
  });

  test('a poll and an upgrade wait for the CONNECT, and go where it goes', { timeout: seconds(60) }, async (t) => {
    const { stage, pinion } = await set_up(t);
    const first = await client(stage, pinion.url, { transport: 'polling', auth: { id: 'early' } });
    const home = await call(first, 'who');
    first.disconnect();
    for (let i = 0; i < 4; i++) {
      const session = await new PollingSession(pinion.url).open();
      const polled = session.poll();
      await eventually('the poll is here', async () => (await pinion.status()).connections > 0);
      await session.push('40{"id":"early"}');
      assert.match(await polled, /^40\{/);
      assert.equal(await session.who(), home);
      await session.close();
    }
    assert.equal(await pinion.metric('rebinds_total'), await pinion.metric('rebinds_total', 'result="moved"'));
  });

  test('a poll waits for as long as its session is being moved', { timeout: seconds(60) }, async (t) => {
    const { stage, backends, pinion } = await set_up(t, { affinity: { ...pool.affinity, connect_wait: '50ms' } });
    const first = await client(stage, pinion.url, { transport: 'polling', auth: { id: 'slow' } });
    const name = await call(first, 'who');
    const home = backends.find((backend) => backend.name === name);
    first.disconnect();
    let session;
    do session = await new PollingSession(pinion.url).open();
    while ((await pinion.session(session.sid)).backend === home.address);
    home.child.signal('SIGSTOP');
    const pushed = session.push('40{"id":"slow"}');
    await eventually('it is being moved', async () => (await pinion.backends()).some((one) => one.address === home.address && one.reserved === 1));
    const polled = session.poll();
    await pause(500); // what waited only for the CONNECT would have gone on
    home.child.signal('SIGCONT');
    await pushed;
    assert.match(await polled, /^40\{/);
    assert.equal(await session.who(), name);
    assert.equal(await pinion.metric('rebinds_total', 'result="moved"'), 1);
  });

  test('drained backends do not get their people back', { timeout: seconds(60) }, async (t) => {
    const { pinion, connect } = await set_up(t);
    const { socket, home } = await connect('a');
    socket.disconnect();
    const { name } = (await pinion.backends()).find((backend) => backend.sessions_total === 1);
    assert.equal((await pinion.get(`/api/v1/backends/chat/${name}/drain`, { method: 'POST' })).status, 200);
    const again = await connect('a');
    assert.notEqual(again.home, home);
  });
});
