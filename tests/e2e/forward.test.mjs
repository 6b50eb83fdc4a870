// Where requests go, from whom they come, and over which kinds of sockets.
import assert from 'node:assert/strict';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { call, client } from './support/client.mjs';
import { request } from './support/polling.mjs';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { free_port, seconds } from './support/wait.mjs';

const show_headers = (asked, answer) => answer.end(JSON.stringify(asked.headers));
const named = (stage, name, where) => serve(stage, (asked, answer) => answer.end(name), where);

describe('X-Forwarded-*', () => {
  const claims = {
    'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'claimed.example',
    host: 'chat.example',
  };

  test('tell the backend who asked, and believe nobody', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: [await serve(stage, show_headers)] });
    const seen = JSON.parse((await request(pinion.url, { headers: claims })).body);
    assert.equal(seen['x-forwarded-for'], '127.0.0.1');
    assert.equal(seen['x-forwarded-proto'], 'http');
    assert.equal(seen['x-forwarded-host'], 'chat.example');
    assert.equal(seen.host, 'chat.example');
  });

  test('a trusted proxy is believed', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const proxy = { trusted_proxies: ['127.0.0.0/8'] };
    const pinion = await stage.pinion({ backends: [await serve(stage, show_headers)], proxy });
    const seen = JSON.parse((await request(pinion.url, { headers: claims })).body);
    assert.equal(seen['x-forwarded-for'], '203.0.113.7, 127.0.0.1');
    assert.equal(seen['x-forwarded-proto'], 'https');
    assert.equal(seen['x-forwarded-host'], 'claimed.example');
  });

  test('whom a reload ceases to trust is not believed on connections that are there already', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const proxy = { trusted_proxies: ['127.0.0.0/8'] };
    const pinion = await stage.pinion({ backends: [await serve(stage, show_headers)], proxy });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const ask = async () => JSON.parse((await request(pinion.url, { headers: claims, agent })).body)['x-forwarded-for'];
    assert.equal(await ask(), '203.0.113.7, 127.0.0.1');
    await pinion.reload((config) => { delete config.proxy.trusted_proxies; });
    const before = await pinion.metric('connections_accepted_total');
    assert.equal(await ask(), '127.0.0.1');
    assert.equal(await pinion.metric('connections_accepted_total'), before);
  });
});

describe('routes', () => {
  test('the first that matches by host and path', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const pool = async (name) => ({ name, backends: [(await named(stage, name)).address] });
    const pinion = await stage.pinion({
      pools: [await pool('api'), await pool('other'), await pool('rest')],
      routes: [
        { path: '/api/', pool: 'api' },
        { host: 'other.example', pool: 'other' },
        { host: 'rest.example', pool: 'rest' },
      ],
    });
    const ask = (path, host) => request(pinion.url + path, { headers: { host } });
    assert.equal((await ask('/api/x', 'other.example')).body, 'api');
    assert.equal((await ask('/x', 'other.example')).body, 'other');
    assert.equal((await ask('/x', 'Other.Example:8080')).body, 'other');
    assert.equal((await ask('/apix', 'rest.example')).body, 'rest');
    const nowhere = await ask('/x', 'nobody.example');
    assert.equal(nowhere.status, 404);
    assert.ok(nowhere.headers['x-pinion-error']);
  });
});

describe('sockets', () => {
  test('IPv6 on both sides', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const backend = await named(stage, 'six', { host: '::1', port: 0 });
    const port = await free_port('::1');
    const pinion = await stage.pinion({ backends: [backend], proxy: { listen: [`[::1]:${port}`] } });
    assert.equal((await request(`http://[::1]:${port}/`)).body, 'six');
    await pinion.comes_to_rest();
  });

  test('unix sockets on both sides, sessions too', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const folder = await stage.folder();
    const path = join(folder, 'backend.sock');
    const front = join(folder, 'pinion.sock');
    await stage.backend('node4', 'unix', { path });
    const pinion = await stage.pinion({
      backends: [`unix:${path}`], proxy: { listen: [`unix:${front}`], trusted_proxies: ['unix:'] },
    });
    assert.equal((await request('http://chat.example/', { socketPath: front })).body, 'unix');
    const socket = await client(stage, pinion.url);
    assert.equal(await call(socket, 'who'), 'unix');
    socket.disconnect();
    await pinion.comes_to_rest();
  });

  test('a backend by its host name', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const backend = await stage.backend('node4', 'by-name');
    const pinion = await stage.pinion({ backends: [`localhost:${backend.port}`] });
    for (const transport of ['polling', 'websocket']) {
      const socket = await client(stage, pinion.url, { transport });
      assert.equal(await call(socket, 'who'), 'by-name');
      socket.disconnect();
    }
    await pinion.comes_to_rest();
  });

  test('an upgrade to anything but websocket is a plain request', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: [await serve(stage, show_headers)] });
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA' };
    const answer = await new Promise((resolve, reject) => {
      const asked = http.get(pinion.url, { headers, agent: false }, async (response) => {
        let body = '';
        for await (const part of response) body += part;
        resolve({ status: response.statusCode, body });
      });
      asked.on('upgrade', () => reject(new Error('upgraded'))).on('error', reject);
    });
    assert.equal(answer.status, 200);
    const seen = JSON.parse(answer.body);
    assert.equal(seen.upgrade ?? seen['http2-settings'], undefined);
  });
});
