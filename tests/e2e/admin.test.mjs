// What the admin endpoint and the commands tell about live sessions, and what they do to them.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from './support/child.mjs';
import { call, client, engine_of } from './support/client.mjs';
import { binary } from './support/pinion.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { dial } from './support/raw.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, free_port, once, seconds } from './support/wait.mjs';

describe('the admin endpoint', () => {
  const stage = new Stage();
  let pinion;
  let access;

  before(async () => {
    access = join(await stage.folder(), 'access.log');
    const servers = await stage.backends('node4', 2);
    const backend = servers.map(({ name, address }) => ({ name, address }));
    pinion = await stage.pinion({ pool: { backend }, log: { access, format: 'json' } });
  });
  after(() => stage.close());

  test('healthz and readyz', { timeout: seconds(20) }, async () => {
    assert.equal((await pinion.get('/healthz')).status, 200);
    assert.equal((await pinion.get('/readyz')).status, 200);
  });

  test('readyz is 503 and says why when a pool has no backend', { timeout: seconds(30) }, async (t) => {
    const lonely = await Stage.of(t).pinion({ backends: [`127.0.0.1:${await free_port()}`] });
    const answer = await eventually('not ready', async () => {
      await request(`${lonely.url}/`);
      const ready = await lonely.get('/readyz');
      return ready.status === 503 && ready;
    });
    assert.match(answer.text, /chat/);
    assert.equal((await lonely.backends())[0].state, 'down');
  });

  test('it serves as many as the config says, for as long', { timeout: seconds(30) }, async (t) => {
    const few = await Stage.of(t).pinion({ backends: [`127.0.0.1:${await free_port()}`], admin: { connections: 2, timeout: '2s' } });
    let start;
    // Whoever has asked before whether it runs may not be gone yet.
    const silent = await eventually('two have places, and a third has none', async () => {
      start = Date.now();
      const two = [await dial(few.admin_port), await dial(few.admin_port)];
      const one_more = await dial(few.admin_port);
      await one_more.until_end();
      if (two.every(({ socket }) => !socket.readableEnded)) return two;
      for (const { socket } of two) socket.destroy();
      return undefined;
    });
    for (const peer of silent) await peer.until_end();
    assert.ok(Date.now() - start >= 1900, 'they had their time');
    assert.equal((await few.get('/healthz')).status, 200);
    const { json } = await few.reload(({ admin }) => { admin.connections = 3; });
    assert.deepEqual(json, { changes: [], restart: ['[admin].connections: 2 -> 3'] });
  });

  test('status and backends', { timeout: seconds(20) }, async () => {
    const status = await pinion.status();
    assert.match(status.version, /^\d+\.\d+\.\d+$/);
    assert.equal(status.workers, 2);
    assert.ok(status.memory_bytes > 100_000 && status.uptime_s >= 0);
    const backends = await pinion.backends();
    assert.deepEqual(backends.map(({ pool, name, state, ready, weight }) => ({ pool, name, state, ready, weight })), [
      { pool: 'chat', name: 'node4-1', state: 'up', ready: true, weight: 1 },
      { pool: 'chat', name: 'node4-2', state: 'up', ready: true, weight: 1 },
    ]);
  });

  test('a session is an object', { timeout: seconds(30) }, async () => {
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    const { id } = engine_of(socket);
    const home = await call(socket, 'who');
    const first = await pinion.session(id);
    assert.equal(first.sid, id);
    assert.equal(first.backend.split('/').pop(), home);
    assert.equal(first.pool, 'chat');
    assert.equal(first.transport, 'websocket');
    assert.match(first.client, /^127\.0\.0\.1/);
    for (let i = 0; i < 10; i++) await call(socket, 'echo', 'x'.repeat(1000));
    // CONNECT, who and the echoes; to the client the open packet too.
    const then = await eventually('all frames are counted', async () => {
      const now = await pinion.session(id);
      assert.deepEqual([now.frames_in, now.frames_out], [12, 13]);
      return now;
    });
    assert.ok(then.bytes_in > 10_000 && then.bytes_out > 10_000);
    assert.ok(then.age_ms >= first.age_ms && then.idle_ms < seconds(5));
    socket.disconnect();
    await eventually('it is gone', async () => (await pinion.session(id)) === undefined);
    assert.equal((await pinion.get('/api/v1/sessions/nobody')).status, 404);
  });

  test('an upgrade changes its transport', { timeout: seconds(30) }, async () => {
    const socket = await client(stage, pinion.url, { transport: 'upgrade' });
    await call(socket, 'who');
    assert.equal((await pinion.session(engine_of(socket).id)).transport, 'websocket');
    const counts = await pinion.backends();
    assert.equal(counts.reduce((sum, { websocket }) => sum + websocket, 0), 1);
    assert.equal(counts.reduce((sum, { polling }) => sum + polling, 0), 0);
    socket.disconnect();
    await pinion.comes_to_rest();
  });

  test('sessions in pages, by backend, sorted', { timeout: seconds(30) }, async () => {
    const sessions = [];
    for (let i = 0; i < 7; i++) sessions.push(await new PollingSession(pinion.url).open());
    const seen = [];
    for (let cursor = ''; cursor !== undefined;) {
      const page = (await pinion.get(`/api/v1/sessions?limit=3&cursor=${cursor}`)).json;
      assert.ok(page.sessions.length <= 3);
      seen.push(...page.sessions.map(({ sid }) => sid));
      cursor = page.next ?? undefined;
    }
    assert.deepEqual(seen.sort(), sessions.map(({ sid }) => sid).sort());
    const here = await pinion.sessions('?backend=node4-1');
    assert.ok(here.length >= 3 && here.every(({ backend }) => backend.endsWith('node4-1')));
    const ages = (await pinion.sessions('?sort=age&order=asc')).map(({ age_ms }) => age_ms);
    assert.deepEqual(ages, [...ages].sort((a, b) => a - b));
    for (const session of sessions) await session.close();
    await pinion.comes_to_rest();
  });

  for (const transport of ['websocket', 'upgrade', 'polling']) {
    test(`DELETE closes a session by ${transport}, and its client comes back`, { timeout: seconds(30) }, async () => {
      const socket = await client(stage, pinion.url, { transport, reconnection: true });
      await call(socket, 'who');
      const { id } = engine_of(socket);
      const closed = transport === 'polling' ? undefined : once(engine_of(socket).transport.ws, 'close');
      const gone = once(socket, 'disconnect');
      const back = once(socket.io, 'reconnect', seconds(15));
      assert.equal((await pinion.get(`/api/v1/sessions/${id}`, { method: 'DELETE' })).status, 200);
      if (closed) assert.equal((await closed)[0], 1012);
      assert.match((await gone)[0], /^transport (close|error)$/);
      assert.deepEqual(await back, [1], 'at the first attempt');
      assert.notEqual(engine_of(socket).id, id);
      assert.equal(await pinion.session(id), undefined);
      socket.disconnect();
      await pinion.comes_to_rest();
    });
  }

  test('metrics', { timeout: seconds(20) }, async () => {
    const { text, headers } = await pinion.get('/metrics');
    assert.match(headers.get('content-type'), /^text\/plain/);
    for (const name of ['sessions', 'sessions_total', 'pins', 'unknown_sid_total', 'frames_total', 'bytes_total',
      'queued_bytes', 'paused_total', 'paused_seconds_total', 'requests_total', 'request_duration_seconds_bucket',
      'upstream_connects_total', 'backend_up', 'backend_load', 'closes_total', 'shed_total', 'connections',
      'loop_lag_seconds', 'build_info']) {
      assert.match(text, new RegExp(`^pinion_${name}[{ ]`, 'm'), name);
    }
  });

  test('the access log tells sid, backend, transport and status', { timeout: seconds(20) }, async () => {
    const session = await new PollingSession(pinion.url).open();
    await session.close();
    const line = await eventually('the line is there', async () => {
      const lines = (await readFile(access, 'utf8')).trimEnd().split('\n').map((text) => JSON.parse(text));
      return lines.find(({ sid, method }) => sid === session.sid && method === 'POST');
    });
    assert.equal(line.status, 200);
    assert.equal(line.transport, 'polling');
    assert.match(line.backend, /node4-[12]$/);
  });

  test('the access log tells of what could not be read as a request', { timeout: seconds(20) }, async () => {
    const answer = await request(pinion.url, { headers: { cookie: 'c'.repeat(70_000) } });
    assert.equal(answer.status, 431);
    assert.match(answer.body, /larger than \[proxy\.limits\]\.head/);
    const line = await eventually('the line is there', async () => {
      const lines = (await readFile(access, 'utf8')).trimEnd().split('\n').map((text) => JSON.parse(text));
      return lines.find(({ status }) => status === 431);
    });
    assert.equal(line.error, 'head-too-large');
    assert.equal(line.client, '127.0.0.1');
  });
});

describe('commands', () => {
  const stage = new Stage();
  let pinion;
  let sid;

  before(async () => {
    pinion = await stage.pinion({ backends: await stage.backends('node4', 2) });
    const socket = await client(stage, pinion.url, { transport: 'websocket' });
    sid = engine_of(socket).id;
  });
  after(() => stage.close());

  test('status', { timeout: seconds(20) }, async () => {
    const { code, stdout } = await pinion.command('status');
    assert.equal(code, 0);
    for (const backend of await pinion.backends()) assert.ok(stdout.includes(backend.name));
    const json = await pinion.command('status', '--json');
    assert.equal(json.code, 0);
    assert.equal(JSON.parse(json.stdout).totals.sessions, 1);
  });

  test('sessions', { timeout: seconds(20) }, async () => {
    const list = await pinion.command('sessions');
    assert.equal(list.code, 0);
    assert.ok(list.stdout.includes(sid));
    const json = JSON.parse((await pinion.command('sessions', '--limit', '5', '--json')).stdout);
    assert.deepEqual(json.sessions.map((session) => session.sid), [sid]);
    const one = await pinion.command('sessions', sid, '--json');
    assert.equal(JSON.parse(one.stdout).transport, 'websocket');
    const none = await pinion.command('sessions', 'nobody');
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^[^\n]+\n$/);
  });

  test('3 when nobody answers', { timeout: seconds(20) }, async () => {
    for (const command of ['status', 'sessions']) {
      const { code, stderr } = await run(binary, [command, '--admin', `http://127.0.0.1:${await free_port()}`]);
      assert.equal(code, 3);
      assert.match(stderr, /^[^\n]+\n$/);
    }
  });
});

describe('a reload that takes long', () => {
  test('is said to be under way, and ends as the log tells', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    const text = await readFile(pinion.config_file, 'utf8');
    await rm(pinion.config_file);
    // Whoever reads it waits until somebody writes.
    assert.equal((await run('mkfifo', [pinion.config_file])).code, 0);
    const told = await pinion.command('reload');
    assert.deepEqual([told.code, told.stdout], [1, '']);
    assert.equal(told.stderr, 'pinion: the reload is still under way; the log will tell how it ends\n');
    assert.doesNotMatch(pinion.child.stderr, /reload/);
    await writeFile(pinion.config_file, text);
    await pinion.says(/reload done/);
    assert.equal(await pinion.metric('reloads_total', 'result="ok"'), 1);
  });

  test('is waited for longer than pinion takes to say so', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    pinion.child.signal('SIGSTOP');
    const start = Date.now();
    const told = pinion.command('reload');
    await eventually('6 s have passed', () => Date.now() - start > 6000, { within: seconds(20) });
    pinion.child.signal('SIGCONT');
    const { code, stdout, stderr } = await told;
    assert.deepEqual([code, stdout, stderr], [0, 'nothing has changed\n', '']);
  });
});
