// What pinion refuses, what it does not wait for, and how it says so.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from './support/polling.mjs';
import { dial } from './support/raw.mjs';
import { serve, serve_bytes } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { free_port, seconds, slow } from './support/wait.mjs';

const answers = {
  '/never': () => {},
  '/reads': (asked, answer) => asked.resume().on('end', () => answer.end('read')),
};

/** What this process itself must not take, be the machine busy: to say something once it is connected, or to answer. */
const patience = `${2 * Math.min(slow, 2)}s`;

describe('limits', () => {
  const stage = new Stage();
  let pinion;
  let backend;
  let served = 0;

  before(async () => {
    backend = await serve(stage, (asked, answer) => {
      served++;
      (answers[asked.url] ?? ((_, any) => any.end('ok')))(asked, answer);
    });
    pinion = await stage.pinion({
      backends: [backend],
      timeouts: { request_head: '400ms', request_body_idle: '400ms', keep_alive: patience, response_head: patience },
      limits: { head: '4KiB', headers: 16, url: '512B', body: '2KiB' },
    });
  });
  after(() => stage.close());

  /** Says something raw and hears everything until pinion closes. */
  async function say(t, bytes) {
    const peer = await dial(pinion.port);
    t.after(() => peer.close());
    return peer.write(bytes).until_end();
  }

  const refusals = {
    'both lengths': [400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    'two lengths': [400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    'a length with a sign': [400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc'],
    'a coding before chunked': [400, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    'a folded line': [400, 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n'],
    'a bare LF': [400, 'GET / HTTP/1.1\nHost: a\n\n'],
    'a NUL': [400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    'space before a colon': [400, 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    'no Host': [400, 'GET / HTTP/1.1\r\n\r\n'],
    'two Hosts': [400, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    'a target that contradicts Host': [400, 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    'no HTTP at all': [400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on\r\n\r\n'],
    'a long target': [414, `GET /${'a'.repeat(600)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    'a large head': [431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(5000)}\r\n\r\n`],
    'many fields': [431, `GET / HTTP/1.1\r\nHost: a\r\n${'X: a\r\n'.repeat(20)}\r\n`],
    'CONNECT': [501, 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n'],
    'a large body': [413, `POST /reads HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n${'x'.repeat(3000)}`],
    'a large chunked body': [413, `POST /reads HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n${'x'.repeat(3000)}\r\n0\r\n\r\n`],
    'half a head': [408, 'GET / HTTP/1.1\r\nHost: a\r\nX'],
    'half a body': [408, 'POST /reads HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'],
  };

  for (const [name, [status, bytes]] of Object.entries(refusals)) {
    test(`${name}: ${status}`, { timeout: seconds(20) }, async (t) => {
      const said = await say(t, bytes);
      assert.match(said, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(said, /\r\nx-pinion-error: [a-z_-]+\r\n/i);
      assert.equal(said.match(/HTTP\/1\.1 /g).length, 1, 'nothing after it is a request');
    });
  }

  test('what was refused by its head has not reached a backend', { timeout: seconds(20) }, async (t) => {
    const before_it = served;
    for (const [status, bytes] of Object.values(refusals)) if ([400, 414, 431, 501].includes(status)) await say(t, bytes);
    assert.equal(served, before_it);
  });

  test('a silent connection is closed without a word', { timeout: seconds(20) }, async (t) => {
    assert.equal(await say(t, ''), '');
    const kept = await say(t, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(kept, /^HTTP\/1\.1 200 [^]*ok$/);
  });

  test('a backend that does not answer: 504', { timeout: seconds(20) }, async () => {
    const answer = await request(`${pinion.url}/never`);
    assert.equal(answer.status, 504);
    assert.ok(answer.headers['x-pinion-error']);
  });

  test('replies are JSON for those who ask for it', { timeout: seconds(20) }, async () => {
    const answer = await request(`${pinion.url}/never`, { headers: { accept: 'application/json', origin: 'http://page' } });
    const { code, message } = JSON.parse(answer.body).error;
    assert.equal(code, answer.headers['x-pinion-error']);
    assert.ok(message);
    assert.equal(answer.headers['access-control-allow-origin'], 'http://page');
    assert.match((await request(`${pinion.url}/never`)).headers['content-type'], /^text\/plain/);
  });

  test('each is counted', { timeout: seconds(20) }, async () => {
    for (const code of [408, 413, 504]) {
      assert.ok((await pinion.metric('requests_total', 'pool="chat"', `code="${code}"`)) > 0, `${code}`);
    }
    await pinion.comes_to_rest();
  });
});

describe('backends that fail', () => {
  const faults = {
    'closes without a word': (socket) => socket.once('data', () => socket.end()),
    'resets': (socket) => socket.once('data', () => socket.resetAndDestroy()),
    'speaks no HTTP': (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    'sends both lengths': (socket) => socket.once('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')),
    'breaks off in its head': (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Le')),
  };
  for (const [name, handler] of Object.entries(faults)) {
    test(`one that ${name}: 502`, { timeout: seconds(20) }, async (t) => {
      const stage = Stage.of(t);
      const pinion = await stage.pinion({ backends: [await serve_bytes(stage, handler)], workers: 1 });
      const answer = await request(`${pinion.url}/`);
      assert.equal(answer.status, 502);
      assert.ok(answer.headers['x-pinion-error']);
      await pinion.comes_to_rest();
    });
  }

  test('none that listens: 502 or 503, and 200 once one does', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const port = await free_port();
    const pinion = await stage.pinion({ backends: [`127.0.0.1:${port}`] });
    for (let i = 0; i < 3; i++) assert.ok([502, 503].includes((await request(`${pinion.url}/`)).status));
    await serve(stage, (asked, answer) => answer.end('now'), { host: '127.0.0.1', port });
    let answer;
    for (const deadline = Date.now() + seconds(20); Date.now() < deadline && answer?.status !== 200;) {
      answer = await request(`${pinion.url}/`);
    }
    assert.equal(answer.body, 'now');
    await pinion.comes_to_rest();
  });

  test('what a backend has seen is not sent to it again, on whatever connection', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const seen = [];
    // Answers one request a connection and resets it when the next begins.
    const backend = await serve_bytes(stage, (socket) => {
      let asked = 0;
      socket.on('data', (bytes) => {
        seen.push(bytes.toString().split(' ')[0]);
        if (asked++ > 0) return void socket.resetAndDestroy();
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const pinion = await stage.pinion({ backends: [backend], pool: { keep_alive: '1m' }, workers: 1 });
    for (const method of ['GET', 'POST']) {
      const options = { method, body: method === 'POST' ? 'x' : undefined, agent: false };
      assert.equal((await request(`${pinion.url}/`, options)).body, 'ok');
      assert.equal((await request(`${pinion.url}/`, options)).status, 502);
    }
    assert.deepEqual(seen, ['GET', 'GET', 'POST', 'POST']);
    await pinion.comes_to_rest();
  });

  test('a kept connection that the backend closes is replaced', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    let connections = 0;
    const backend = await serve_bytes(stage, (socket) => {
      connections += 1;
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    const pinion = await stage.pinion({ backends: [backend], workers: 1 });
    const probes = connections;
    for (let i = 0; i < 20; i++) assert.equal((await request(`${pinion.url}/`)).body, 'ok');
    assert.ok(connections - probes >= 20);
    await pinion.comes_to_rest();
  });
});
