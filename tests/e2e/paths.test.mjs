// Where sessions are spoken: clients that write the path in another way, and what stands below it besides.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { Server } from 'socket.io';
import { call, client } from './support/client.mjs';
import { request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { seconds } from './support/wait.mjs';

/** A socket.io server in this process, which says its name. */
async function serve_chat(stage, name, options) {
  const server = http.createServer();
  const io = new Server(server, options);
  io.on('connection', (socket) => socket.on('who', (answer) => answer(name)));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => io.close());
  return { name, address: `127.0.0.1:${server.address().port}` };
}

describe('the path of socket.io', () => {
  for (const transport of ['polling', 'websocket', 'upgrade']) {
    test(`without its last slash: ${transport}`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const bare = { addTrailingSlash: false };
      const backend = await Promise.all([1, 2, 3].map((i) => serve_chat(stage, `bare-${i}`, bare)));
      const pinion = await stage.pinion({ pool: { backend, balance: 'least_sessions' } });
      const sockets = [];
      for (let i = 0; i < 9; i++) sockets.push(await client(stage, pinion.url, { transport, ...bare }));
      assert.equal((await pinion.status()).totals.sessions, 9);
      for (let round = 0; round < 2; round++) {
        const homes = await Promise.all(sockets.map((socket) => call(socket, 'who')));
        for (const { name } of backend) assert.equal(homes.filter((home) => home === name).length, 3);
      }
      stage.leave_clients();
      await pinion.comes_to_rest();
    });
  }

  test('that the config has wrong is told in the log', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const backend = [await serve_chat(stage, 'elsewhere', { path: '/ws/socket.io' })];
    const pinion = await stage.pinion({ pool: { backend } });
    const socket = await client(stage, pinion.url, { path: '/ws/socket.io' });
    assert.equal(await call(socket, 'who'), 'elsewhere');
    await pinion.says(/looks like Engine\.IO.*path="?\/ws\/socket\.io\/.*socketio_path="?\/socket\.io\//);
  });
});

describe('the script of the client', () => {
  test('is no handshake: it comes compressed, and also when all are full', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backend = [await serve_chat(stage, 'only')];
    const pinion = await stage.pinion({ pool: { backend, thresholds: { full: { sessions: 1 } }, admission: { queue: 0 } } });
    const socket = await client(stage, pinion.url);
    assert.equal(await call(socket, 'who'), 'only');
    assert.equal((await request(`${pinion.url}/socket.io/?EIO=4&transport=polling`)).status, 503);
    for (const script of ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.msgpack.min.js', 'socket.io.js.map']) {
      const answer = await request(`${pinion.url}/socket.io/${script}`, { headers: { 'accept-encoding': 'gzip' } });
      assert.equal(answer.status, 200, script);
      assert.equal(answer.headers['content-encoding'], 'gzip', script);
    }
    stage.leave_clients();
    await pinion.comes_to_rest();
  });
});
