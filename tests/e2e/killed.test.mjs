// What sessions live through when their backend is gone, or has forgotten them.
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { call, client, engine_of, open } from './support/client.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { upgrade_request } from './support/raw.mjs';
import { serve, serve_bytes } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, seconds, within } from './support/wait.mjs';

const kinds = ['polling', 'websocket', 'upgrade'];

/** Notes each failed handshake and the attempt at which each reconnect succeeded. */
function watch(socket, story) {
  socket.io.on('reconnect_error', (error) => story.failed.push(error.message));
  socket.io.on('reconnect', (attempt) => story.attempts.push(attempt));
}

describe('a backend that is killed', () => {
  test('kill -9 under 300 sessions: all are back at their first attempt', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 3);
    // By counts: a busy machine would have it that one of them gets nobody while all of these come.
    const pinion = await stage.pinion({ backends, pool: { balance: 'least_sessions' } });
    const story = { failed: [], attempts: [] };
    const sockets = await Promise.all(Array.from({ length: 300 }, async (_, i) => {
      const socket = await client(stage, pinion.url, { transport: kinds[i % 3], reconnection: true });
      watch(socket, story);
      return socket;
    }));
    const homes = await Promise.all(sockets.map((socket) => call(socket, 'who')));
    const victims = sockets.filter((_, i) => homes[i] === backends[0].name);
    assert.ok(victims.length >= 98 && victims.length <= 102, `${victims.length} of 300 were there`);

    await backends[0].kill();
    await eventually('all are back', () => story.attempts.length >= victims.length && sockets.every((socket) => socket.connected),
      { within: seconds(20) });
    assert.deepEqual(story.failed, [], 'no handshake fails');
    assert.deepEqual(new Set(story.attempts), new Set([1]), 'at the first attempt');
    assert.equal(story.attempts.length, victims.length, 'nobody else had to reconnect');
    const now = await Promise.all(sockets.map((socket) => call(socket, 'who')));
    assert.ok(!now.includes(backends[0].name));
    for (const [i, home] of homes.entries()) if (home !== backends[0].name) assert.equal(now[i], home);

    for (const socket of sockets) socket.disconnect();
    await pinion.comes_to_rest();
  });

  test('it gets sessions again once it is back', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a, b] = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ backends: [a, b] });
    await a.kill();
    const first = await client(stage, pinion.url);
    assert.equal(await call(first, 'who'), b.name);
    await a.start();
    await eventually('a takes sessions', async () => {
      const socket = await client(stage, pinion.url, { transport: 'websocket' });
      return (await call(socket, 'who')) === a.name;
    }, { within: seconds(20), every: 250 });
  });

  test('with no backend left a handshake is answered 503, in time', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [a] });
    await a.kill();
    for (let i = 0; i < 3; i++) {
      const answer = await request(`${pinion.url}/socket.io/?EIO=4&transport=polling`);
      assert.ok([502, 503].includes(answer.status), `${answer.status}`);
      assert.ok(answer.headers['x-pinion-error']);
    }
    await pinion.comes_to_rest();
  });
});

describe('a backend that takes connections but does not answer', () => {
  const kinds_of_silence = {
    'closes them': (socket) => socket.once('data', () => socket.end()),
    'resets them': (socket) => socket.resetAndDestroy(),
    'says nothing': (socket) => socket.resume(),
    'speaks no HTTP': (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
  };
  for (const [name, handler] of Object.entries(kinds_of_silence)) {
    test(`one that ${name} gets no more sessions while another answers`, { timeout: seconds(120) }, async (t) => {
      const stage = Stage.of(t);
      const good = await stage.backend('node4', 'good');
      const behind = await stage.backend('node4', 'behind');
      let talks = false;
      const bad = await serve_bytes(stage, (socket) => {
        if (!talks) return handler(socket);
        const inner = net.connect(behind.port, '127.0.0.1').on('error', () => socket.destroy());
        socket.pipe(inner).pipe(socket);
      });
      const pinion = await stage.pinion({ backends: [good, bad] });
      const bad_one = async () => (await pinion.backends()).find((backend) => backend.address === bad.address);
      const handshake = () => request(`${pinion.url}/socket.io/?EIO=4&transport=polling`).catch(() => {});
      await eventually('it was found out', async () => {
        void handshake();
        // Silent, or down since a reset has hit the connect itself, or failing those that came at once.
        return !(await bad_one()).ready;
      }, { within: seconds(20), every: 100 });
      // One that resets some connects and takes others is up again between them, to be found out anew.
      await eventually('20 in a row go to the other', async () => {
        for (let i = 0; i < 20; i++) if ((await handshake())?.status !== 200) return false;
        return true;
      });
      talks = true;
      await eventually('it is asked, answers, and is one of them again', async () => {
        // If handshakes have failed in a row, only one that opens a session is proof.
        if (/^failing/.test((await bad_one()).why)) void handshake();
        return (await bad_one()).ready;
      }, { within: seconds(70), every: 100 }); // a minute is the longest from one try to the next
      await eventually('it has a session', async () => {
        assert.equal((await handshake()).status, 200);
        return (await bad_one()).sessions > 0;
      });
    });
  }
});

describe('a backend whose handshakes hang while its engine answers probes', () => {
  test('is taken for one that fails them, not for one that is back each time it was probed', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const good = await stage.backend('node4', 'good');
    const bad = await serve(stage, (asked, answer) => {
      if (/transport=x/.test(asked.url)) answer.writeHead(400).end(); // as an engine does
    });
    const pinion = await stage.pinion({ backends: [good, bad], pool: { health: { interval: '200ms' } } });
    const bad_one = async () => (await pinion.backends()).find(({ address }) => address === bad.address);
    await eventually('it is found out', async () => {
      request(`${pinion.url}/socket.io/?EIO=4&transport=polling`).catch(() => {});
      return /^failing/.test((await bad_one()).why);
    }, { within: seconds(60), every: 200 });
    await pinion.says(/backend fails handshakes.*status="?none/);
    assert.equal((await bad_one()).ready, false);
  });
});

describe('a backend that answers handshakes 500 at once', () => {
  test('gets one now and then while others open sessions, and its part when it opens them again', { timeout: seconds(120) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 3);
    // By counts, so that it is asked in its turn, however busy the machine is.
    const pinion = await stage.pinion({ backends, pool: { ramp: '0s', balance: 'least_sessions' } });
    const tell = (path) => request(backends[2].url + path);
    const bad_one = async () => (await pinion.backends()).find(({ address }) => address === backends[2].address);
    const open = () => new PollingSession(pinion.url).open();
    const sessions = [];
    await tell('/break');
    const start = Date.now();
    let failures = 0;
    for (let i = 0; i < 60; i++) {
      // A page fetches this first. That it is there says nothing of handshakes.
      await request(`${pinion.url}/socket.io/socket.io.js`);
      await open().then((session) => sessions.push(session), ({ answer }) => {
        assert.equal(answer.status, 500);
        failures += 1;
      });
    }
    // Three in a row, and tries 1, 3, 7, ... seconds after that.
    const tries = Math.log2((Date.now() - start) / 1000 + 1);
    assert.ok(failures >= 3 && failures <= 3 + tries, `${failures} failures, ${tries}`);
    assert.equal(sessions.length, 60 - failures);
    const bad = await bad_one();
    assert.deepEqual([bad.state, bad.ready, bad.sessions], ['up', false, 0]);
    assert.match(bad.reason, /answers handshakes with 5xx/);
    assert.match(bad.why, /^failing/);
    assert.equal((await pinion.get('/readyz')).status, 200);
    await pinion.says(/backend fails handshakes/);
    assert.equal(pinion.child.stderr.split('backend fails handshakes').length, 2, 'it is said once');

    await tell('/mend');
    await eventually('it opens sessions', async () => {
      sessions.push(await open());
      return (await bad_one()).ready;
    }, { within: seconds(60), every: 100 });
    await pinion.says(/backend opens sessions again/);
    await eventually('it has its part', async () => {
      sessions.push(await open());
      return (await bad_one()).sessions >= 4;
    }, { every: 100 });
    await Promise.all(sessions.map((session) => session.close()));
    await pinion.comes_to_rest();
  });

  test('is taken when there is no other, and the pool is not ready', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [backend] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [backend] });
    await request(`${backend.url}/break`);
    const open = () => new PollingSession(pinion.url).open();
    for (let i = 0; i < 5; i++) await assert.rejects(open, ({ answer }) => answer.status === 500);
    assert.equal((await pinion.get('/readyz')).status, 503);
    await request(`${backend.url}/mend`);
    const session = await open();
    assert.equal((await pinion.get('/readyz')).status, 200);
    await session.close();
    await pinion.comes_to_rest();
  });
});

describe('an unknown session', () => {
  test('a poll hears it at once, with the CORS headers a browser needs', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [a] });
    const url = `${pinion.url}/socket.io/?EIO=4&transport=polling&sid=never-heard-of`;
    const plain = await request(url);
    assert.equal(plain.status, 400);
    assert.deepEqual(JSON.parse(plain.body), { code: 1, message: 'Session ID unknown' });
    assert.ok(plain.headers['x-pinion-error']);
    assert.equal(plain.headers['access-control-allow-origin'], undefined);

    const origin = 'http://page.example';
    const asked = await request(url, { method: 'POST', body: '2', headers: { origin } });
    assert.equal(asked.status, 400);
    assert.equal(asked.headers['access-control-allow-origin'], origin);
    assert.equal(asked.headers['access-control-allow-credentials'], 'true');
    assert.equal((await a.seen()).errors[1], undefined, 'no backend was asked');
    assert.equal(await pinion.metric('unknown_sid_total'), 2);
    await pinion.comes_to_rest();
  });

  test('an upgrade is refused', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    const peer = stage.keep(await upgrade_request(pinion.port, '/socket.io/?EIO=4&transport=websocket&sid=never-heard-of'));
    const answer = await peer.until_end();
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /Session ID unknown/);
    await pinion.comes_to_rest();
  });

  test('an upgrade of a session that its server has forgotten hears so in the server\'s words, and it is forgotten', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    // It is back before a probe could tell that it was gone.
    const pinion = await stage.pinion({ backends: [a], pool: { health: { kind: 'tcp', interval: '10m' } } });
    const session = await new PollingSession(pinion.url).open();
    await a.kill();
    await a.start();
    const peer = stage.keep(await upgrade_request(pinion.port, `/socket.io/?EIO=4&transport=websocket&sid=${session.sid}`));
    await peer.until(/^HTTP\/1\.1 400 [^]*\r\n\r\n[^]*Session ID unknown/);
    assert.doesNotMatch(peer.text, /x-pinion-error/i);
    await eventually('it is forgotten', async () => (await pinion.sessions()).length === 0);
  });

  for (const transport of ['polling', 'websocket']) {
    test(`a client whose server was restarted comes back by ${transport}`, { timeout: seconds(30) }, async (t) => {
      const stage = Stage.of(t);
      const [a] = await stage.backends('node4', 1);
      const pinion = await stage.pinion({ backends: [a] });
      const socket = await client(stage, pinion.url, { transport, reconnection: true, reconnectionDelayMax: 1000 });
      const sid = engine_of(socket).id;
      await a.kill();
      await a.start();
      await within('reconnect', new Promise((resolve) => socket.io.once('reconnect', resolve)), seconds(15));
      assert.notEqual(engine_of(socket).id, sid);
      assert.equal(await call(socket, 'who'), a.name);
      assert.equal(await pinion.session(sid), undefined);
    });
  }

  test('what a backend calls unknown is unknown to pinion from then on', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [a] });
    const session = await new PollingSession(pinion.url).open();
    await a.kill();
    await a.start();
    await assert.rejects(session.poll(), (error) => error.answer.status === 400 && /"code":1/.test(error.answer.body));
    assert.equal(await pinion.session(session.sid), undefined);
    await pinion.comes_to_rest();
  });
});

describe('an abort', () => {
  test('of a poll reaches the backend at once', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [a] });
    const session = await (await new PollingSession(pinion.url).open()).connect();
    const aborted = new AbortController();
    const poll = request(`${pinion.url}/socket.io/?EIO=4&transport=polling&sid=${session.sid}`, { signal: aborted.signal });
    await eventually('the poll waits', async () => (await pinion.backends())[0].inflight === 1);
    aborted.abort();
    await assert.rejects(poll);
    // Not for its ping timeout, which has another name.
    await eventually('Node ends the session', async () => (await a.seen()).closes['transport error'] === 1);
    await eventually('and pinion follows', async () => {
      await assert.rejects(session.poll());
      return (await pinion.status()).totals.sessions === 0;
    });
    await pinion.comes_to_rest();
  });

  test('of a websocket without a good-bye too', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [a] });
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    engine_of(socket).transport.ws.terminate();
    const seen = await eventually('Node sees it', async () => Object.keys((await a.seen()).closes).join());
    assert.match(seen, /^transport (close|error)$/, 'not by its ping timeout');
    await pinion.comes_to_rest();
  });

  test('a client that is refused by its server is not kept', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1, { socketio: { path: '/elsewhere/' } });
    // One worker, so that the connection which the poll leaves behind is at hand for the upgrade: Node never answers an
    // upgrade that it does not want on a connection that has been used.
    const pinion = await stage.pinion({ backends: [a], workers: 1 });
    for (const transport of ['polling', 'websocket']) {
      await once(stage.keep(open(pinion.url, { transport })), 'connect_error');
    }
    await pinion.comes_to_rest();
  });
});
