// Large bodies pass through without being kept.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds, under_sanitizer } from './support/wait.mjs';

const kSize = 500_000_000;
const kRoom = 2 * 1024 * 1024; // bytes that pinion may take for it

/** Bytes that tell their place, so that what is lost, doubled or moved shows. */
const pattern = Buffer.alloc(1 << 20, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));

/** Writes `size` bytes of the pattern as fast as the other side takes them. */
async function pour(out, size) {
  let failed;
  out.on('error', (error) => (failed = error));
  for (let at = 0; at < size; at += pattern.length) {
    const part = pattern.subarray(0, Math.min(pattern.length, size - at));
    if (!out.write(part)) await new Promise((resolve) => out.once('drain', resolve).once('close', resolve));
    if (failed || out.destroyed) throw failed ?? new Error('closed early');
  }
  out.end();
}

/** Reads all, compares it with the pattern, and says how much it was. */
async function drink(source) {
  let at = 0;
  for await (const part of source) {
    for (let done = 0; done < part.length;) {
      const from = (at + done) % pattern.length;
      const n = Math.min(part.length - done, pattern.length - from);
      assert.ok(part.compare(pattern, from, from + n, done, done + n) === 0, `bytes after ${at + done} are others`);
      done += n;
    }
    at += part.length;
  }
  return at;
}

function ask(url, options) {
  const request = http.request(url, { agent: false, ...options });
  const answered = new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
  return { request, answered };
}

/** Runs `transfer` and checks what pinion has taken meanwhile. */
async function costs_little(pinion, transfer) {
  const before = await pinion.memory();
  let most = before.now;
  const watch = setInterval(async () => {
    most = Math.max(most, (await pinion.memory()).now);
  }, 20);
  try {
    await transfer();
  } finally {
    clearInterval(watch);
  }
  const after = await pinion.memory();
  most = Math.max(most, after.now);
  if (under_sanitizer) return;
  assert.ok(most - before.now < kRoom, `grew by ${most - before.now} bytes`);
  assert.ok(after.peak - before.peak < kRoom, `peak grew by ${after.peak - before.peak} bytes`);
}

async function set_up(t) {
  const stage = Stage.of(t);
  const backend = await serve(stage, async (asked, answer) => {
    if (asked.method === 'POST') {
      answer.end(String(await drink(asked)));
    } else {
      const length = asked.url === '/chunked' ? {} : { 'content-length': kSize };
      answer.writeHead(200, length);
      await pour(answer, kSize).catch(() => {});
    }
  });
  const pinion = await stage.pinion({ backends: [backend], workers: 1 });
  const { request, answered } = ask(`${pinion.url}/warm`, { method: 'POST' }); // what is taken once is taken now
  await pour(request, 20_000_000);
  (await answered).resume();
  return pinion;
}

describe('500 MB', () => {
  for (const path of ['/length', '/chunked']) {
    test(`up ${path}`, { timeout: seconds(60) }, async (t) => {
      const pinion = await set_up(t);
      await costs_little(pinion, async () => {
        const headers = path === '/length' ? { 'content-length': kSize } : {};
        const { request, answered } = ask(pinion.url + path, { method: 'POST', headers });
        await pour(request, kSize);
        let said = '';
        for await (const part of await answered) said += part;
        assert.equal(said, String(kSize));
      });
      await pinion.comes_to_rest();
    });

    test(`down ${path}`, { timeout: seconds(60) }, async (t) => {
      const pinion = await set_up(t);
      await costs_little(pinion, async () => {
        const { request, answered } = ask(pinion.url + path, {});
        request.end();
        assert.equal(await drink(await answered), kSize);
      });
      await pinion.comes_to_rest();
    });
  }

  test('to a reader that stops: the sender is made to wait', { timeout: seconds(60) }, async (t) => {
    const pinion = await set_up(t);
    const { request, answered } = ask(`${pinion.url}/chunked`, {});
    request.end();
    await costs_little(pinion, async () => {
      (await answered).pause();
      await eventually('it waits', async () => (await pinion.metric('paused_total', 'direction="out"')) > 0);
      await eventually('what waits is counted', async () => (await pinion.status()).totals.queued_bytes > 0);
    });
    request.destroy();
    await pinion.comes_to_rest();
  });

  test('to a backend that stops: what waits for it is counted', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backend = await serve(stage, (request) => request.pause());
    const pinion = await stage.pinion({ backends: [backend], workers: 1 });
    const { request, answered } = ask(`${pinion.url}/length`, { method: 'POST', headers: { 'content-length': kSize } });
    answered.catch(() => {});
    const poured = pour(request, kSize).catch(() => {});
    await eventually('it waits', async () => (await pinion.metric('paused_total', 'direction="in"')) > 0);
    // It waits for good once the kernels' buffers are full, too.
    await eventually('so is the time', async () => (await pinion.backends())[0].blocked_ms >= 500);
    await eventually('what waits is counted', async () => {
      const [{ queued_bytes, queued_to_backend_bytes }] = await pinion.backends();
      assert.ok(queued_bytes > 0);
      assert.equal(queued_to_backend_bytes, queued_bytes);
      assert.ok((await pinion.metric('backend_queued_bytes')) > 0);
      return (await pinion.status()).totals.queued_bytes >= queued_bytes;
    });
    assert.ok((await pinion.metric('backend_blocked_seconds_total')) >= 0.5);
    for (const socket of backend.sockets) socket.destroy();
    await poured;
    request.destroy();
    await pinion.comes_to_rest();
  });
});
