// Chainlit's plain requests, and what is in their heads.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browser, seen_by } from './support/chainlit.mjs';
import { cutter } from './support/cutter.mjs';
import { request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { pause, seconds, under_sanitizer } from './support/wait.mjs';

const pool = { preset: 'chainlit', balance: 'round_robin', affinity: { connect_wait: '10s' } };
const reconnects = { reconnectionDelay: 50, reconnectionDelayMax: 200 };

describe('plain requests', () => {
  const stage = new Stage();
  let backends;
  let pinion;

  before(async () => {
    backends = await stage.backends('chainlit-websockets', 3);
    pinion = await stage.pinion({ backends, pool, proxy: { trusted_proxies: ['127.0.0.1'] } });
  });
  after(() => stage.close());

  test('who is logged in may be told in 57,000 characters of cookies', { timeout: seconds(60) }, async () => {
    const visitor = browser(stage, pinion.url);
    const { agent } = visitor;
    const length = 57_000;
    const login = await request(`${pinion.url}/login?length=${length}`, { method: 'POST', agent, maxHeaderSize: 1 << 17 });
    assert.equal(login.status, 200);
    assert.equal(visitor.cookies.size, length / 3000);
    const sent = [...visitor.cookies].map((pair) => pair.join('=')).join('; ').length;
    assert.ok(sent > length);
    for (let i = 0; i < 6; i++) {
      assert.deepEqual(JSON.parse((await request(`${pinion.url}/user`, { agent })).body), { identifier: 'admin', cookie: sent });
    }
    const network = await cutter(stage, pinion.port);
    const tab = await visitor.tab({ transport: 'polling', url: network.url, ...reconnects }).open();
    const { name } = await tab.who();
    for (let i = 0; i < 3; i++) {
      await tab.chat();
      await tab.cut(network);
      await tab.back();
      assert.deepEqual(await tab.who(), { name, id: tab.id, turns: i + 1 });
    }
    assert.equal(await tab.download(await tab.upload('a file')), 'a file');
    assert.deepEqual(tab.wrong, []);
  });

  test('an upload of 20 MB goes through without being kept', { timeout: seconds(60) }, async () => {
    const tab = await browser(stage, pinion.url).tab().open();
    const content = 'x'.repeat(20_000_000);
    const { now } = await pinion.memory();
    let most = now;
    const watch = setInterval(async () => (most = Math.max(most, (await pinion.memory()).now)), 5);
    const id = await tab.upload(content);
    clearInterval(watch);
    assert.ok((await tab.download(id)) === content, 'it came back as it was');
    if (!under_sanitizer) assert.ok(most - now < 2 << 20, `${most - now} bytes`);
  });

  test('OAuth leads back to where the browser has been', { timeout: seconds(30) }, async () => {
    const headers = { host: 'chat.example', 'x-forwarded-proto': 'https' };
    const told = async (options) => (await request(`${pinion.url}/auth/oauth/github`, { headers, ...options })).headers.location;
    assert.equal(await told(), 'https://chat.example/auth/oauth/github/callback');
    assert.equal(await told({ localAddress: '127.0.0.2' }), 'http://chat.example/auth/oauth/github/callback');
  });

  test('afterwards all has been right', { timeout: seconds(30) }, async () => {
    const { wrong, anew } = await seen_by(backends);
    assert.deepEqual([wrong, anew], [[], []]);
    stage.leave_clients();
  });
});

test('a path that Chainlit has in front of its own', { timeout: seconds(60) }, async (t) => {
  const stage = Stage.of(t);
  const root = '/app';
  const backends = await stage.backends('chainlit-websockets', 2, { root });
  const pinion = await stage.pinion({
    backends, pool: { ...pool, socketio_path: `${root}/ws/socket.io/` }, routes: [{ path: `${root}/`, pool: 'chat' }],
  });
  for (const transport of ['polling', 'websocket', 'upgrade']) {
    const network = await cutter(stage, pinion.port);
    const tab = await browser(stage, pinion.url, { root, cookies: false }).tab({ transport, url: network.url, ...reconnects }).open();
    const { name } = await tab.who();
    for (let i = 0; i < 3; i++) {
      assert.match(await tab.chat(), / turn \d+: hello$/);
      assert.equal(await tab.download(await tab.upload('a file')), 'a file');
      assert.ok(await tab.action());
      await tab.cut(network);
      await tab.back();
      assert.deepEqual(await tab.who(), { name, id: tab.id, turns: i + 1 });
    }
    assert.deepEqual(tab.wrong, []);
  }
  assert.ok(await pinion.metric('rebinds_total', 'result="moved"') > 0);
});

test('a request never meets a connection that uvicorn is closing', { timeout: seconds(60) }, async (t) => {
  const stage = Stage.of(t);
  const backends = await stage.backends('chainlit-websockets', 2, { keep_alive: 1 });
  const pinion = await stage.pinion({ backends, pool: { ...pool, keep_alive: '500ms' } });
  const ask = () => request(`${pinion.url}/set-session-cookie`, {
    method: 'POST', body: '{"session_id":"x"}', headers: { 'content-type': 'application/json' },
  });
  await Promise.all(Array.from({ length: 40 }, async (_, i) => {
    for (const wait of [0, 1, 1]) {
      await pause(wait * (400 + 20 * i)); // up to well beyond uvicorn's second
      assert.equal((await ask()).status, 200);
    }
  }));
});
