// What pinion tells of each session, and of its end: who ended it, and why.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, client, engine_of } from './support/client.mjs';
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
    'the server sends it away by websocket': ['websocket', 'backend_closed', 'backend', (socket) => socket.emit('kick')],
    'the server sends it away by polling': ['polling', 'engineio_close', 'backend', (socket) => socket.emit('kick')],
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
