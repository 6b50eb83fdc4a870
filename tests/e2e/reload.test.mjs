// Another config while people are talking: what changes, what stays, and what is refused.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { call, client, engine_of } from './support/client.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { dial } from './support/raw.mjs';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, free_port, once, seconds, under_sanitizer, within } from './support/wait.mjs';

const kTransports = ['websocket', 'upgrade', 'polling'];

const named = (servers) => servers.map(({ name, address }) => ({ name, address }));
const by_name = async (pinion) => Object.fromEntries((await pinion.backends()).map((one) => [one.name, one]));

const surely = (socket, event, ...args) => within(`ack of ${event}`, new Promise((resolve, reject) => {
  socket.emit(event, ...args, (error, value) => (error ? reject(error) : resolve(value)));
}), seconds(60));

/** All of a stream, which takes some 20 s, in order and without a gap. */
async function listen(socket) {
  const tokens = [];
  socket.on('token', (i) => tokens.push(i));
  const done = once(socket, 'done', seconds(60));
  socket.emit('trickle', 100, 200);
  await done;
  assert.deepEqual(tokens, Array.from({ length: 100 }, (_, i) => i));
}

describe('reload', () => {
  test('a third backend under 200 sessions, then rebalance: even, at the rate, no message lost', { timeout: seconds(200) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 3);
    const pinion = await stage.pinion({ pool: { backend: named(servers.slice(0, 2)), ramp: '2s' } });
    const options = { reconnection: true, reconnectionDelay: 200, retries: 20, ackTimeout: seconds(15) };
    const sockets = [];
    while (sockets.length < 200) {
      sockets.push(...await Promise.all(Array.from({ length: 20 }, (_, i) =>
        client(stage, pinion.url, { transport: kTransports[i % 3], ...options }))));
    }
    const sids = sockets.map((socket) => engine_of(socket).id);
    const ends = sockets.map((socket) => {
      const its = [];
      socket.on('disconnect', (reason, details) => its.push({ reason, code: details?.context?.code, at: Date.now() }));
      return its;
    });

    const answer = await pinion.reload(({ pool }) => { pool[0].backend = named(servers); });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json, { changes: [`backend chat/node4-3 is new, at ${servers[2].address}`], restart: [] });
    assert.deepEqual(sockets.map((socket) => engine_of(socket).id), sids, 'every session is kept');
    assert.deepEqual((await pinion.backends()).map(({ sessions }) => sessions), [100, 100, 0]);

    // Most talk now and then, with pauses in which they may be moved; some listen to a stream all the time.
    let talking = true;
    const streams = sockets.slice(0, 10).map((socket) => listen(socket));
    const counts = sockets.slice(10).map(async (socket, i) => {
      let sent = 0;
      for (; talking; await new Promise((resolve) => { setTimeout(resolve, 4500 + 20 * i); })) {
        assert.equal(await surely(socket, 'echo', `${i}:${++sent}`), `${i}:${sent}`);
      }
      return sent;
    });
    const start = Date.now();
    const told = await pinion.command('rebalance', 'chat', '--rate', '20/s');
    assert.match(told.stdout, /^chat: 66 sessions to move, 20 a second(; it waits for backends to ramp up or return: node4-3)?\n$/);
    await eventually('it is done', () => /pool has been evened out.*moved=66/.test(pinion.child.stderr), { within: seconds(60) });
    await eventually('it is even', async () => {
      const each = (await pinion.backends()).map(({ sessions }) => sessions);
      assert.equal(each.reduce((sum, n) => sum + n), 200);
      for (const n of each) assert.ok(Math.abs(n - 200 / 3) <= 200 / 3 * 0.05, `${each}`);
      return true;
    }, { within: seconds(30) });
    talking = false;
    for (const sent of await Promise.all(counts)) assert.ok(sent >= 1);
    for (const [i, stream] of streams.entries()) {
      await stream;
      assert.equal(engine_of(sockets[i]).id, sids[i], 'who hears a stream is not moved while others do');
    }
    const moved = sockets.map((_, i) => i).filter((i) => engine_of(sockets[i]).id !== sids[i]);
    assert.equal(moved.length, 66, 'nobody else was moved');
    assert.deepEqual(ends.map((its) => its.length), sids.map((_, i) => (moved.includes(i) ? 1 : 0)), 'once each');
    // The first at once, and never more in store than half a second's. This process may see the first of them late.
    const times = ends.flat().map(({ at }) => at - start);
    assert.ok(Math.max(...times) >= (66 - 11) * 50, `too fast: ${times}`);
    for (const i of moved) {
      const [{ reason, code }] = ends[i];
      if (kTransports[i % 20 % 3] === 'polling') assert.equal(reason, 'transport error', 'its next poll is unknown');
      else assert.deepEqual([reason, code], ['transport close', 1012]);
    }
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('a backend that is gone keeps its sessions until they end', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ pool: { backend: named(servers) } });
    const sockets = [];
    for (const transport of [...kTransports, ...kTransports]) sockets.push(await client(stage, pinion.url, { transport }));
    const homes = await Promise.all(sockets.map((socket) => call(socket, 'who')));

    const answer = await pinion.reload(({ pool }) => { pool[0].backend = named(servers.slice(0, 1)); });
    assert.match(answer.json.changes[0], /backend chat\/node4-2 at .* is gone: it drains/);
    const gone = (await by_name(pinion))['node4-2'];
    assert.deepEqual([gone.state, gone.ready, gone.sessions], ['draining', false, 3]);
    assert.match(gone.why, /^left: /);
    assert.deepEqual(await Promise.all(sockets.map((socket) => call(socket, 'who'))), homes);
    for (let i = 0; i < 4; i++) assert.equal(await call(await client(stage, pinion.url), 'who'), 'node4-1');

    for (const [i, socket] of sockets.entries()) if (homes[i] === 'node4-2') socket.disconnect();
    await eventually('it leaves the list', async () => (await by_name(pinion))['node4-2'] === undefined);
    await eventually('it says so', () => /backend has left and is empty: it can be stopped/.test(pinion.child.stderr));

    await pinion.reload(({ pool }) => { pool[0].backend = named(servers); });
    assert.equal(await call(await client(stage, pinion.url), 'who'), 'node4-2', 'it is back and has the fewest');
    assert.equal((await by_name(pinion))['node4-2'].sessions_total, 4, 'with its counts');
  });

  test('a backend that is gone is not said to be back when it is undrained', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ pool: { backend: named(servers) } });
    const socket = await client(stage, pinion.url);
    const home = await call(socket, 'who');
    assert.equal((await pinion.command('drain', `chat/${home}`)).code, 0);
    await pinion.reload(({ pool }) => { pool[0].backend = named(servers.filter(({ name }) => name !== home)); });
    const { stdout } = await pinion.command('undrain', `chat/${home}`);
    assert.equal(stdout, `chat/${home} is draining, 1 sessions: is no longer in the config, or its host name leads elsewhere: it drains\n`);
    await pinion.says(/drains no longer by an order, and takes no sessions all the same .*is no longer in the config/);
    assert.doesNotMatch(pinion.child.stderr, /takes sessions again/);
    const again = await pinion.get(`/api/v1/backends/chat/${home}/undrain`, { method: 'POST', body: '{}' });
    assert.equal(again.json.ready, false);
    assert.equal(await call(socket, 'who'), home);
  });

  test('pools come, go and change places; sessions stay reachable', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [first, second] = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ pools: [{ name: 'a', backends: [first.address] }] , routes: [{ pool: 'a' }] });
    const sockets = [];
    for (const transport of kTransports) sockets.push(await client(stage, pinion.url, { transport }));
    const bare = await (await new PollingSession(pinion.url).open()).connect();

    const answer = await pinion.reload((config) => {
      config.pool = [{ name: 'b', backends: [second.address] }];
      config.route = [{ pool: 'b' }];
    });
    assert.equal(answer.status, 200, answer.text);
    for (const socket of sockets) assert.equal(await call(socket, 'who'), first.name);
    assert.equal(await bare.who(), first.name, 'by polling too, though its route is gone');
    assert.equal(await call(await client(stage, pinion.url), 'who'), second.name);
    assert.equal((await pinion.get('/readyz')).status, 200, 'the pool that is gone is not waited for');
    assert.deepEqual((await pinion.backends()).map(({ pool, state }) => [pool, state]), [['a', 'draining'], ['b', 'up']]);
    assert.deepEqual((await pinion.status()).pools.map(({ name, backends }) => [name, backends.length]), [['a', 1], ['b', 1]]);

    await pinion.reload((config) => {
      config.pool = [{ name: 'b', backends: [second.address] }, { name: 'a', backends: [first.address] }];
      config.route = [{ path: '/socket.io/', pool: 'a' }, { pool: 'b' }];
    });
    assert.equal((await request(`${pinion.url}/`)).body, second.name);
    assert.equal(await call(await client(stage, pinion.url), 'who'), first.name);
    assert.equal(await bare.who(), first.name);
    assert.ok(await pinion.metric('requests_total', 'pool="b"') > 0);
    await bare.close();
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('errors change nothing, and are told all at once', { timeout: seconds(40) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    const socket = await client(stage, pinion.url);
    const text = await readFile(pinion.config_file, 'utf8');
    const bad = text.replace('[log]', '[log]\nlevle = "debug"\nformat = "xml"');
    await writeFile(pinion.config_file, bad.includes('levle') ? bad : `[log]\nlevle = "debug"\nformat = "xml"\n${text}`);
    const answer = await pinion.get('/api/v1/reload', { method: 'POST' });
    assert.equal(answer.status, 422);
    assert.equal(answer.json.error.details.length, 2, answer.text);
    const told = await pinion.command('reload');
    assert.equal(told.code, 1);
    assert.equal(told.stderr.trimEnd().split('\n').length, 2, told.stderr);
    assert.match(told.stderr, /pinion\.toml:\d+:\d+: error: \[log\]\.levle/);
    pinion.child.signal('SIGHUP');
    await eventually('the log tells', () => pinion.child.stderr.match(/reload failed, the running config stays/g)?.length >= 6);
    await eventually('it is counted', async () => (await pinion.metric('reloads_total', 'result="failed"')) === 3);
    assert.equal(await pinion.metric('reloads_total', 'result="ok"'), 0);
    const loaded = await pinion.metric('config_loaded_time_seconds');
    assert.ok(Math.abs(Date.now() / 1000 - loaded) < 60, `${loaded}`);
    await writeFile(pinion.config_file, text);
    assert.equal((await pinion.get('/api/v1/reload', { method: 'POST' })).status, 200);
    assert.equal(await pinion.metric('reloads_total', 'result="ok"'), 1);
    assert.ok(await pinion.metric('config_loaded_time_seconds') > loaded);
    assert.equal(await call(socket, 'echo', 1), 1);
    assert.equal(await call(await client(stage, pinion.url), 'echo', 1), 1);
  });

  test('what needs a restart is said', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    await pinion.rewrite((config) => {
      config.proxy.workers = 1;
      config.proxy.shutdown_grace = '3s';
    });
    const told = await pinion.command('reload');
    assert.equal(told.code, 0, told.stderr);
    assert.equal(told.stdout, '[proxy].shutdown_grace: 30s -> 3s\nneeds a restart: [proxy].workers: 2 -> 1\n');
    assert.equal((await pinion.status()).workers, 2);
    assert.match((await pinion.command('reload')).stdout, /^nothing has changed\nneeds a restart/);
  });

  test('connections that may rest from now on are held against the open files', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    const answer = await pinion.reload(({ pool }) => { pool[0].keep_alive_connections = 10_000; });
    assert.equal(answer.status, 200, answer.text);
    await pinion.says(/more connections to backends may rest now than open files were set aside for.*possible=\d+/);
  });

  test('a token that is another one by now needs a restart, and is not passed over in silence', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const token_file = join(await stage.folder(), 'token');
    await writeFile(token_file, 'the-first-token-of-them\n', { mode: 0o600 });
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1), admin: { token_file } });
    const reload = () => pinion.command('reload', '--token-file', token_file);
    assert.equal((await reload()).stdout, 'nothing has changed\n');
    await writeFile(token_file, 'the-second-token-of-them\n', { mode: 0o600 });
    assert.equal((await reload()).code, 1, 'the first one still holds');
    assert.equal(await pinion.metric('admin_refused_total', 'reason="unauthorized"'), 1);
    pinion.child.signal('SIGHUP');
    await pinion.says(/needs a restart.*token_file: the file holds another token now/);
  });

  test('a tunnel may be idle as long as it likes once a reload says so', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const server = await serve(stage, () => {});
    new WebSocketServer({ server: server.server }).on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
    const pinion = await stage.pinion({ backends: [server], timeouts: { tunnel_idle: '4s' } });
    const socket = stage.keep(new WebSocket(`${pinion.url.replace('http', 'ws')}/chat`));
    await once(socket, 'open');
    let heard = 0;
    socket.on('message', () => (heard += 1));
    await pinion.reload(({ proxy }) => { proxy.timeouts.tunnel_idle = '0s'; });
    const start = Date.now();
    await eventually('twice the old limit has passed', () => {
      assert.equal(socket.readyState, WebSocket.OPEN);
      if (heard === 0) socket.send('hello');
      return Date.now() - start > 8000;
    });
    socket.send('still there?');
    await eventually('it is', () => heard >= 2);
  });

  test('a listener that would take the port of one that closes is refused with advice', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    const answer = await pinion.reload(({ proxy }) => { proxy.listen = [`0.0.0.0:${pinion.port}`]; });
    assert.equal(answer.status, 422);
    assert.match(answer.text, /takes the port of 127\.0\.0\.1:\d+, which pinion listens on: restart it/);
    const admin_port = await free_port();
    const swapped = await pinion.reload(({ proxy, admin }) => {
      proxy.listen = [`127.0.0.1:${pinion.admin_port}`];
      admin.listen = `127.0.0.1:${admin_port}`;
    });
    assert.equal(swapped.status, 422);
    assert.match(swapped.text, /where pinion's own admin endpoint listens, which only a restart can move/);
    assert.equal((await request(`${pinion.url}/`)).status, 200);
  });

  test('listeners open and close, and one that cannot be opened changes nothing', { timeout: seconds(40) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1) });
    const old = pinion.port;
    const next = await free_port();
    const taken = await serve(stage, () => {});
    const kept = await client(stage, pinion.url, { transport: 'websocket' });

    const refused = await pinion.reload(({ proxy }) => {
      proxy.listen = [`127.0.0.1:${next}`, `127.0.0.1:${taken.port}`];
      proxy.shutdown_grace = '7s';
    });
    assert.equal(refused.status, 422);
    assert.match(refused.text, new RegExp(`127.0.0.1:${taken.port}: the address is in use`));
    assert.equal(await dial(next).then((peer) => peer.close(), () => 'refused'), 'refused');
    assert.equal((await request(`http://127.0.0.1:${old}/`)).status, 200);

    const both = await pinion.reload(({ proxy }) => { proxy.listen = [`127.0.0.1:${old}`, `127.0.0.1:${next}`]; });
    assert.equal(both.status, 200, both.text);
    assert.equal(both.json.changes.length, 2, both.text);
    for (const port of [old, next]) {
      await eventually('it listens', async () => (await request(`http://127.0.0.1:${port}/`)).status === 200);
    }
    const moved = await pinion.reload(({ proxy }) => { proxy.listen = [`127.0.0.1:${next}`]; });
    assert.equal(moved.status, 200, moved.text);
    await eventually('the old one is closed', () => dial(old).then((peer) => peer.close() && false, () => true));
    assert.equal((await request(`http://127.0.0.1:${next}/`)).status, 200);
    assert.equal(await call(kept, 'echo', 1), 1, 'connections that were accepted there go on');
    kept.disconnect();
  });

  test('the access log goes elsewhere, the level changes, weights change', { timeout: seconds(40) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ pool: { backend: named(servers) } });
    const access = join(await stage.folder(), 'access.log');
    const nowhere = await pinion.reload(({ log }) => { log.access = '/nonexistent/folder/access.log'; });
    assert.equal(nowhere.status, 422);
    const answer = await pinion.reload(({ log, pool }) => {
      log.access = access;
      log.level = 'debug';
      pool[0].backend[0].weight = 3;
    });
    assert.equal(answer.status, 200, answer.text);
    await request(`${pinion.url}/there`);
    await eventually('it is written', async () => /GET \/there/.test(await readFile(access, 'utf8')));
    const sessions = [];
    for (let i = 0; i < 8; i++) sessions.push(await new PollingSession(pinion.url).open());
    assert.deepEqual((await pinion.backends()).map(({ weight, sessions: n }) => [weight, n]), [[3, 6], [1, 2]]);
    for (const session of sessions) await session.close();
    await pinion.comes_to_rest();
  });

  test('again and again under load: no request is lost, nothing leaks', { timeout: seconds(120) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 3);
    const pinion = await stage.pinion({ pool: { backend: named(servers) } });
    const sockets = await Promise.all(kTransports.map((transport) => client(stage, pinion.url, { transport })));
    const main = `127.0.0.1:${pinion.port}`;
    const other = `127.0.0.1:${await free_port()}`;
    const agent = new http.Agent({ keepAlive: true });
    let loading = true;
    let requests = 0;
    const load = Array.from({ length: 6 }, async (_, i) => {
      for (; loading; requests++) {
        const answer = await request(`${pinion.url}/`, { agent: i % 2 ? agent : false });
        assert.equal(answer.status, 200, answer.body);
      }
    });
    const talks = async (socket) => {
      let sent = 0;
      while (loading) assert.equal(await call(socket, 'echo', ++sent), sent);
      return sent;
    };
    const talk = sockets.map(talks);
    // Of each hundred some files are broken, and some want what needs a restart: neither changes anything.
    const vain = async (i) => {
      const before = (await pinion.backends()).length;
      const text = await readFile(pinion.config_file, 'utf8');
      const line = text.split('\n').length + 1;
      await writeFile(pinion.config_file, `${text}\n[[rout]]\n`);
      const answer = await pinion.get('/api/v1/reload', { method: 'POST' });
      assert.equal(answer.status, 422, answer.text);
      assert.match(answer.json.error.message, new RegExp(`pinion\\.toml:${line}:\\d+: error: .*did you mean .*route`));
      await writeFile(pinion.config_file, text);
      const restart = await pinion.reload(({ proxy }) => { proxy.workers = 3 + i; });
      assert.deepEqual(restart.json, { changes: [], restart: [`[proxy].workers: 2 -> ${3 + i}`] });
      await pinion.rewrite(({ proxy }) => { proxy.workers = 2; });
      assert.equal((await pinion.backends()).length, before);
    };
    const round = async (i) => {
      if (i % 10 === 5) await vain(i);
      const answer = await pinion.reload((config) => {
        config.pool = [{ name: 'chat', backend: named(servers.slice(0, 2 + i % 2)), keep_alive: `${2 + i % 3}s` }];
        config.route = i % 2 ? [{ path: '/', pool: 'chat' }] : [{ path: '/socket.io/', pool: 'chat' }, { path: '/', pool: 'chat' }];
        config.proxy.timeouts = { keep_alive: `${60 + i % 5}s` };
        config.proxy.listen = i % 4 ? [main, other] : [main];
      });
      assert.equal(answer.status, 200, answer.text);
      if (i === 1) sockets.push(await client(stage, `http://${other}`, { transport: 'websocket' }));
      if (i === 1) talk.push(talks(sockets.at(-1)));
    };
    for (let i = 0; i < 30; i++) await round(i);
    const before = (await pinion.memory()).now;
    for (let i = 30; i < 150; i++) await round(i);
    const after = (await pinion.memory()).now;
    loading = false;
    await Promise.all(load);
    for (const sent of await Promise.all(talk)) assert.ok(sent > 10);
    assert.ok(requests > 100, `${requests} requests`);
    assert.ok(under_sanitizer || after - before < 4e6, `${(after - before) / 1e6} MB more after 120 reloads`);
    agent.destroy();
    stage.leave_clients();
    await pinion.comes_to_rest();
  });
});
