// Handshakes and plain requests that carry an id of the application, or pinion's own cookie.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { call, client, engine_of } from './support/client.mjs';
import { request } from './support/polling.mjs';
import { WebSocket } from 'ws';
import { Stage } from './support/stage.mjs';
import { once, seconds } from './support/wait.mjs';

const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)));
const json = (body) => ({ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

/** @param ends of the pieces @returns the text of the answer */
async function send_in_pieces(url, body, ends, framing) {
  const length = framing === 'length' ? { 'content-length': body.length } : {};
  const sent = http.request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...length }, agent: false });
  sent.setNoDelay(true);
  const answered = once(sent, 'response', seconds(20));
  sent.flushHeaders();
  let begin = 0;
  for (const end of ends) {
    await new Promise((resolve) => sent.write(body.subarray(begin, end), resolve));
    begin = end;
  }
  sent.end();
  const [answer] = await answered;
  return answer.setEncoding('utf8').reduce((text, part) => text + part, '');
}

describe('ids of the application', () => {
  const stage = new Stage();
  let pinion;
  let home;

  before(async () => {
    pinion = await stage.pinion({
      backends: await stage.backends('node4', 3),
      pool: {
        balance: 'round_robin',
        affinity: {
          ids: ['connect:id', 'query:tab', 'header:x-tab', 'json:tab', 'cookie:tab'], json_paths: ['/act', '/hello', '/digest'],
          connect_wait: '10s', // however late a busy machine is with a CONNECT
        },
      },
    });
    home = await call(await client(stage, pinion.url, { transport: 'websocket', auth: { id: 'T 1' } }), 'who');
  });
  after(() => stage.close());

  const answers = (path, options) => times(9, async () => (await request(pinion.url + path, options)).body);
  const all_from = (name) => Array(9).fill(name);
  // Requests that are not at the same time go anywhere, so with fewer one of three may get none by chance.
  const spread = async (path, options) =>
    new Set(await times(45, async () => (await request(pinion.url + path, options)).body)).size;

  test('lead plain requests to where the session lives', { timeout: seconds(30) }, async () => {
    assert.deepEqual(await answers('/file?tab=T+1'), all_from(home));
    assert.deepEqual(await answers('/file?tab=other&tab=T%201'), all_from(home));
    assert.deepEqual(await answers('/file', { headers: { 'x-tab': 'T 1' } }), all_from(home));
    assert.deepEqual(await answers('/file', { headers: { cookie: 'a=b; tab="T 1"' } }), all_from(home));
    assert.deepEqual(await answers('/act', json({ more: 'x'.repeat(60_000), tab: 'T 1' })), all_from(home));
    assert.deepEqual(await answers('/root/act/', json({ tab: 'T 1' })), all_from(home));
    assert.equal(await spread('/file'), 3);
    assert.equal(await spread('/elsewhere', json({ tab: 'T 1' })), 3);
    assert.equal(await spread('/file?tab=unknown'), 3);
  });

  test('what is stated goes before what a cookie says', { timeout: seconds(30) }, async () => {
    let other;
    for (let i = 0; other === undefined; i++) {
      const name = await call(await client(stage, pinion.url, { transport: 'websocket', auth: { id: `U${i}` } }), 'who');
      if (name !== home) other = { id: `U${i}`, name };
    }
    const headers = { cookie: 'tab=T 1' };
    assert.deepEqual(await answers(`/file?tab=${other.id}`, { headers }), all_from(other.name));
    const socket = await client(stage, pinion.url, { transport: 'polling', extraHeaders: headers, auth: { id: other.id } });
    assert.equal(await call(socket, 'who'), other.name);
  });

  test('a session begins where the request that announced it was answered', { timeout: seconds(30) }, async () => {
    await times(6, async (i) => {
      const { body } = await request(`${pinion.url}/hello`, json({ tab: `new ${i}` }));
      const options = { transport: 'polling', extraHeaders: { cookie: `tab=new ${i}` }, auth: { id: `new ${i}` } };
      assert.equal(await call(await client(stage, pinion.url, options), 'who'), body);
    });
    assert.equal(await pinion.metric('rebinds_total', 'result="failed"'), 0);
  });

  test('a second tab is announced where there is room, not where its browser\'s cookie leads', { timeout: seconds(30) }, async () => {
    const announced = await times(12, async (i) => {
      const announcement = json({ tab: `second ${i}` });
      announcement.headers.cookie = 'tab=T 1';
      const { body } = await request(`${pinion.url}/hello`, announcement);
      const options = { transport: 'polling', extraHeaders: { cookie: `tab=second ${i}` }, auth: { id: `second ${i}` } };
      assert.equal(await call(await client(stage, pinion.url, options), 'who'), body);
      return body;
    });
    assert.equal(new Set(announced).size, 3);
  });

  // The last two are too long to be read.
  for (const [size, framing] of [[60_000, 'length'], [60_000, 'chunked'], [200_000, 'length'], [200_000, 'chunked']]) {
    test(`a body of ${size} bytes goes on as it came, ${framing}, however it is cut`, { timeout: seconds(30) }, async () => {
      // Nothing in it repeats, so that no piece can be left out, doubled or moved unseen.
      const more = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7919 ^ i >> 7) & 255)).toString('base64').slice(0, size);
      const body = Buffer.from(` {"more": "${more}",\n"tab" :"T 1"}`);
      for (const pieces of [[body.length], [1, body.length], [30_000, body.length], [16_384, 16_385, body.length]]) {
        const text = await send_in_pieces(`${pinion.url}/digest`, body, pieces, framing);
        const [name, digest] = text.split(' ');
        assert.equal(digest, createHash('sha256').update(body).digest('hex'));
        if (size === 60_000) assert.equal(name, home);
      }
    });
  }
});

describe('the cookie of pinion', () => {
  const stage = new Stage();
  let pinion;

  before(async () => {
    pinion = await stage.pinion({
      backends: await stage.backends('node4', 3),
      pool: { balance: 'round_robin', affinity: { cookie: 'home' } },
      proxy: { trusted_proxies: ['127.0.0.0/8'] },
    });
  });
  after(() => stage.close());

  const handshake = async (headers = {}) => {
    const { status, headers: answered, body } = await request(`${pinion.url}/socket.io/?EIO=4&transport=polling`, { headers });
    assert.equal(status, 200);
    const { sid } = JSON.parse(body.slice(1));
    return { backend: (await pinion.session(sid)).backend, set: answered['set-cookie']?.[0] };
  };

  test('leads a browser back, and is set once', { timeout: seconds(30) }, async () => {
    const first = await handshake();
    assert.match(first.set, /^home=[A-Za-z0-9_-]{27}; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = first.set.split(';')[0];
    for (let i = 0; i < 5; i++) assert.deepEqual(await handshake({ cookie }), { backend: first.backend, set: undefined });
  });

  test('does not lead back who was moved away', { timeout: seconds(30) }, async () => {
    const { set } = await handshake();
    const cookie = set.split(';')[0];
    const of = async (n) => (await times(n, () => handshake({ cookie }))).map((one) => one.backend);
    const [full] = await of(12);
    const { status } = await pinion.get('/api/v1/pools/chat/rebalance', { method: 'POST', body: '{"rate":1000}' });
    assert.equal(status, 200);
    await pinion.says(/has been evened out/);
    const moved = await pinion.metric('closes_total', 'reason="moved"');
    assert.ok(moved > 0);
    const homes = await of(moved);
    assert.ok(homes.some((home) => home !== full), homes.join());
    assert.deepEqual(await of(3), Array(3).fill(full));
  });

  test('is set by WebSocket too', { timeout: seconds(30) }, async () => {
    const socket = new WebSocket(`${pinion.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const set = await new Promise((resolve, reject) => {
      socket.once('upgrade', (answer) => resolve(answer.headers['set-cookie']?.[0])).once('error', reject);
    });
    socket.terminate();
    assert.match(set, /^home=[A-Za-z0-9_-]{27}; /);
  });

  test('goes by TLS only, where that is', { timeout: seconds(30) }, async () => {
    assert.match((await handshake({ 'x-forwarded-proto': 'https' })).set, /; Secure$/);
  });

  test('is Secure only where somebody who is trusted says so', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const trusting = { proxy: { trusted_proxies: ['127.0.0.0/8'] } };
    const set = async (options, proto) => {
      const front = await stage.pinion({ backends: await stage.backends('node4', 1), pool: { affinity: { cookie: 'home' } }, ...options });
      const answer = await request(`${front.url}/socket.io/?EIO=4&transport=polling`, { headers: { 'x-forwarded-proto': proto } });
      return answer.headers['set-cookie'][0];
    };
    assert.doesNotMatch(await set({}, 'https'), /Secure/);
    assert.doesNotMatch(await set(trusting, 'http'), /Secure/);
    assert.doesNotMatch(await set(trusting, 'http, https'), /Secure/);
    assert.match(await set(trusting, 'https, http'), /; Secure$/);
    assert.match(await set(trusting, 'wss'), /; Secure$/);
  });

  test('cannot be made up', { timeout: seconds(30) }, async () => {
    const { set } = await handshake();
    const value = set.split(';')[0];
    const forged = value.slice(0, -1) + (value.endsWith('A') ? 'B' : 'A');
    const led = await times(6, () => handshake({ cookie: forged }));
    assert.equal(new Set(led.map((one) => one.backend)).size, 3);
    assert.ok(led.every((one) => one.set));
  });

  test('lets a connection that was lost recover its state, at the server that has it', { timeout: seconds(40) }, async (t) => {
    const stage = Stage.of(t);
    const recovering = await stage.pinion({
      backends: await stage.backends('node4', 3, { socketio: { connectionStateRecovery: {} } }),
      pool: { balance: 'round_robin', affinity: { cookie: 'home' } },
    });
    const recovered = await times(9, async () => {
      const opened = await request(`${recovering.url}/socket.io/?EIO=4&transport=polling`);
      const cookie = opened.headers['set-cookie'][0].split(';')[0];
      const socket = await client(stage, recovering.url, { extraHeaders: { cookie }, reconnection: true, reconnectionDelay: 50 });
      // What was missed is counted from an event on.
      await call(socket, 'join', 'room');
      const said = once(socket, 'said');
      socket.emit('say', 'room', 'hello');
      await said;
      const back = once(socket, 'connect');
      engine_of(socket).close();
      await back;
      return socket.recovered;
    });
    assert.deepEqual(recovered, Array(9).fill(true));
  });
});

test('a reload that renames the backends leaves their people at home', { timeout: seconds(60) }, async (t) => {
  const stage = Stage.of(t);
  const servers = await stage.backends('node4', 3);
  const named = (word) => servers.map(({ name, address }) => ({ name: word + name, address }));
  const pinion = await stage.pinion({
    pool: { backend: named(''), balance: 'round_robin', affinity: { ids: ['connect:id', 'query:id'], connect_wait: '10s' } },
  });
  const transports = ['websocket', 'upgrade', 'polling'];
  const come_back = (transport) => client(stage, pinion.url, { transport, auth: { id: transport } });
  const homes = {};
  for (const transport of transports) {
    const socket = await come_back(transport);
    homes[transport] = await call(socket, 'who');
    // One of them is still there when it comes back.
    if (transport !== 'websocket') socket.disconnect();
  }
  const answer = await pinion.reload(({ pool }) => { pool[0].backend = named('new-'); });
  assert.equal(answer.status, 200, answer.text);
  for (let times = 0; times < 3; times++) {
    for (const transport of transports) {
      assert.equal((await request(`${pinion.url}/file?id=${transport}`)).body, homes[transport]);
      const socket = await come_back(transport);
      assert.equal(await call(socket, 'who'), homes[transport], `${transport} ${times}`);
      if (times < 2) socket.disconnect();
    }
  }
});

test('the debug log tells who is led home, by what, and what became of the id in a CONNECT', { timeout: seconds(60) }, async (t) => {
  const stage = Stage.of(t);
  const pinion = await stage.pinion({
    backends: await stage.backends('node4', 3),
    pool: { balance: 'round_robin', affinity: { ids: ['connect:id', 'query:tab'], cookie: 'home' } },
    log: { level: 'debug' },
  });
  const join = () => client(stage, pinion.url, { transport: 'websocket', auth: { id: 'T' } });
  const home = await call(await join(), 'who');
  for (let i = 0; i < 2; i++) assert.equal(await call(await join(), 'who'), home);
  await pinion.says(/session rebind .*sid=\S+ .*result=moved/);
  const open = async (more, headers) => request(`${pinion.url}/socket.io/?EIO=4&transport=polling${more}`, { headers });
  const { headers } = await open('&tab=T');
  await pinion.says(/session led home .*backend=\S+ .*by=id/);
  await open('', { cookie: headers['set-cookie'][0].split(';')[0] });
  await pinion.says(/session led home .*backend=\S+ .*by=cookie/);
});
