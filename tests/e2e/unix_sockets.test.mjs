// Unix sockets that pinion listens on: whose their files are, and when they go.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Child } from './support/child.mjs';
import { request } from './support/polling.mjs';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

/** Who answers at that path, or why nobody does. */
async function at(socketPath) {
  return request('http://chat.example/', { socketPath }).then(({ body }) => body, ({ code }) => code);
}

// Listens at a path and takes nobody, and connects to itself until nobody else may wait.
const kBusy = `
import signal, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
waiting = []
try:
    while True:
        waiting.append(socket.socket(socket.AF_UNIX))
        waiting[-1].setblocking(False)
        waiting[-1].connect(sys.argv[1])
except BlockingIOError:
    print("full", flush=True)
signal.pause()
`;

async function staged(t, more = {}) {
  const stage = Stage.of(t);
  const folder = await stage.folder();
  const server = await serve(stage, (_, answer) => answer.end('pinion'));
  const front = join(folder, 'front.sock');
  const pinion = await stage.pinion({ backends: [server], proxy: { listen: [`unix:${front}`], ...more } });
  assert.equal(await at(front), 'pinion');
  return { stage, folder, front, pinion };
}

describe('the file of a unix socket', () => {
  test('goes with pinion', { timeout: seconds(30) }, async (t) => {
    const { front, pinion } = await staged(t);
    pinion.child.signal('SIGTERM');
    assert.equal(await pinion.child.ended(), 0);
    assert.ok(!existsSync(front), 'it is left');
  });

  test('goes with its listener, and stays with a reload that keeps it', { timeout: seconds(30) }, async (t) => {
    const { folder, front, pinion } = await staged(t);
    const next = join(folder, 'next.sock');
    const kept = await pinion.reload(({ proxy }) => { proxy.listen.push(`unix:${next}`); });
    assert.equal(kept.status, 200, kept.text);
    // More often than there are workers.
    for (let i = 0; i < 6; i++) assert.deepEqual([await at(front), await at(next)], ['pinion', 'pinion']);
    const dropped = await pinion.reload(({ proxy }) => { proxy.listen = proxy.listen.filter((one) => one !== `unix:${front}`); });
    assert.equal(dropped.status, 200, dropped.text);
    assert.equal(await at(front), 'ENOENT');
    assert.equal(await at(next), 'pinion');
    const back = await pinion.reload(({ proxy }) => { proxy.listen.push(`unix:${front}`); });
    assert.equal(back.status, 200, back.text);
    assert.equal(await at(front), 'pinion');
  });

  test('is not left by a reload that fails', { timeout: seconds(30) }, async (t) => {
    const { stage, folder, front, pinion } = await staged(t);
    const taken = await serve(stage, () => {});
    const next = join(folder, 'next.sock');
    const { status, text } = await pinion.reload(({ proxy }) => { proxy.listen.push(`unix:${next}`, taken.address); });
    assert.equal(status, 422, text);
    assert.ok(!existsSync(next), 'it is left');
    assert.equal(await at(front), 'pinion');
  });

  test('stays when another process listens there by then', { timeout: seconds(30) }, async (t) => {
    const { stage, front, pinion } = await staged(t);
    await unlink(front);
    await serve(stage, (_, answer) => answer.end('another'), { path: front });
    const { status, text } = await pinion.reload(({ proxy }) => { proxy.listen = proxy.listen.filter((one) => one !== `unix:${front}`); });
    assert.equal(status, 200, text);
    assert.equal(await at(front), 'another');
    pinion.child.signal('SIGTERM');
    assert.equal(await pinion.child.ended(), 0);
    assert.equal(await at(front), 'another');
  });

  test('is free for the next process while this one ends its sessions', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const front = join(await stage.folder(), 'front.sock');
    let answer_now;
    const server = await serve(stage, (asked, answer) => {
      if (asked.url === '/slow') answer_now = () => answer.end('slow');
      else answer.end('pinion');
    });
    const pinion = await stage.pinion({ backends: [server], proxy: { listen: [`unix:${front}`], shutdown_grace: '20s' } });
    const slow = request('http://chat.example/slow', { socketPath: front });
    await eventually('the request is at its backend', () => answer_now);
    pinion.child.signal('SIGTERM');
    await eventually('nobody is let in any more', async () => (await at(front)) === 'ENOENT');
    const other = await stage.pinion({ backends: [server], proxy: { listen: [`unix:${front}`] } });
    assert.ok(pinion.child.running);
    answer_now();
    assert.equal((await slow).body, 'slow');
    assert.equal(await pinion.child.ended(), 0);
    assert.equal(await at(front), 'pinion');
    other.child.signal('SIGTERM');
    assert.equal(await other.child.ended(), 0);
  });

  test('of one that is busy beyond its backlog is in use, which a reload does not wait to see', { timeout: seconds(30) }, async (t) => {
    const { stage, folder, pinion } = await staged(t);
    const busy = join(folder, 'busy.sock');
    const child = new Child('python3', ['-c', kBusy, busy]);
    stage.defer(() => child.kill());
    await child.line(/full/);
    const { status, text } = await pinion.reload(({ proxy }) => { proxy.listen.push(`unix:${busy}`); });
    assert.equal(status, 422, text);
    assert.match(text, /busy\.sock: the address is in use/);
    assert.ok(child.running);
    assert.equal((await pinion.get('/healthz')).status, 200);
  });
});
