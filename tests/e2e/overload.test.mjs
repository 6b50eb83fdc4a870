// What pinion gives up when it runs out of something itself: those who are strangers first, and at last those who talk.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { run } from './support/child.mjs';
import { call, client } from './support/client.mjs';
import { joined } from './support/joined.mjs';
import { binary } from './support/pinion.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { dial } from './support/raw.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, pause, seconds } from './support/wait.mjs';

const ladder = ['no_keep_alive', 'short_idle', 'refuse_plain', 'refuse_handshakes'];
const rungs = async (pinion) => (await pinion.status()).overload.rungs;

/** The first `count` rungs are taken, and no others. */
const taken = (pinion, count) =>
  eventually(`${count} rungs are taken`, async () => {
    assert.deepEqual(await rungs(pinion), ladder.slice(0, count));
    return true;
  });

/** Unless it is the subject, how late pinion is on a busy machine must not take rungs. */
const however_late = { loop_lag: '1m' };

const plain = (pinion) => request(`${pinion.url}/`, { headers: { connection: 'keep-alive' } });
const handshake = (pinion) => request(`${pinion.url}/socket.io/?EIO=4&transport=polling`);

function refused(answer) {
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-pinion-error'], 'overloaded');
  assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
}

/**
 * Lowers the limit of a process to the lowest descriptor that it does not use; the result undoes that. One that is just
 * being closed counts as used, and is left.
 */
async function take_descriptors_away(pid) {
  const used = new Set(await readdir(`/proc/${pid}/fd`));
  let limit = 0;
  while (used.has(String(limit))) limit++;
  const before = /Max open files +(\d+)/.exec(await readFile(`/proc/${pid}/limits`, 'utf8'))[1];
  const set = async (to) => assert.equal((await run('prlimit', ['--pid', pid, `--nofile=${to}:`])).code, 0);
  await set(limit);
  return () => set(before);
}

/** Dials until `count` clients were turned away; whoever is let in stays, and has taken a descriptor that was left. */
async function be_turned_away(stage, pinion, count) {
  const deadline = Date.now() + seconds(30);
  for (let away = 0; away < count;) {
    assert.ok(Date.now() < deadline, `only ${away} were turned away`);
    const peer = stage.keep(await dial(pinion.port)).write('GET / HTTP/1.1\r\nHost: chat\r\n\r\n');
    await eventually('an answer, or the end', async () => peer.text !== '' || peer.socket.destroyed);
    if (peer.text === '') away++;
  }
}

// UBSan looks at memory through a pipe, and takes it for bad when there is no descriptor for one.
const needs_descriptors = /build-asan/.test(binary) && 'the sanitizer itself needs descriptors';

describe('descriptors', () => {
  test('without any clients are turned away, which is counted and told, and come in again later', {
    timeout: seconds(60), skip: needs_descriptors,
  }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends, workers: 1 });
    const talker = await client(stage, pinion.url, { transport: 'websocket' });
    // So that no number below those in use is free: the listener's spare one is below the limit then.
    for (let i = 0; i < 20; i++) stage.keep(await dial(pinion.port));
    await eventually('they are accepted', async () => (await pinion.status()).connections >= 21);
    const give_back = await take_descriptors_away(pinion.child.pid);
    await be_turned_away(stage, pinion, 3);
    assert.equal(await call(talker, 'echo', 'still here'), 'still here');
    await pinion.says(/clients cannot be accepted.*LimitNOFILE.*too many open files.*turned away/);
    await give_back();
    assert.equal(await pinion.metric('shed_total', 'reason="descriptors"'), 3);
    assert.equal((await plain(pinion)).status, 200);
  });
});

describe('the ladder', () => {
  test('by connections: each rung in its turn, and all is well afterwards', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 1);
    const pinion = await stage.pinion({
      backends,
      pool: { affinity: { ids: ['connect:tab', 'header:x-tab'] } },
      proxy: { max_connections: 100 },
      timeouts: { request_head: '1m' },
      overload: { no_keep_alive: 20, short_idle: 40, refuse_plain: 60, refuse_handshakes: 80, idle: '1m', ...however_late },
    });
    const talkers = [
      await client(stage, pinion.url, { transport: 'websocket', auth: { tab: 'T1' } }),
      await client(stage, pinion.url, { transport: 'polling' }),
    ];
    const of_tab = (tab) => request(`${pinion.url}/file`, { headers: { 'x-tab': tab } });
    const talk = async () => {
      for (const talker of talkers) assert.equal(await call(talker, 'echo', 'still here'), 'still here');
      assert.equal((await of_tab('T1')).status, 200, 'what a tab asks for beside its session');
    };
    const held = [];
    const hold = async (count) => {
      while (held.length < count) held.push(stage.keep(await dial(pinion.port)));
    };
    assert.equal((await plain(pinion)).headers.connection ?? 'keep-alive', 'keep-alive');

    await hold(25);
    await taken(pinion, 1);
    const last = await plain(pinion);
    assert.deepEqual([last.status, last.headers.connection], [200, 'close']);
    await hold(45);
    await taken(pinion, 2);
    await hold(65);
    await taken(pinion, 3);
    refused(await plain(pinion));
    await talk();
    await (await new PollingSession(pinion.url).open()).close();
    await talk();
    await hold(85);
    await taken(pinion, 4);
    refused(await handshake(pinion));
    refused(await of_tab('nobody'));
    await talk();
    await eventually('the last of them are accepted',
      async () => (await pinion.metric('overload_used', 'resource="connections"')) >= 0.85);
    for (const rung of ladder) assert.equal(await pinion.metric('overload_rung', `rung="${rung}"`), 1);
    assert.equal(await pinion.metric('shed_total', 'reason="overload_handshakes"'), 1);
    assert.equal(await pinion.metric('shed_total', 'reason="overload_plain"'), 2);
    assert.match((await pinion.command('status')).stdout, /overloaded: .*connections \d+ %.*\n.*no_keep_alive, short_idle, refuse_plain, refuse_handshakes/);

    for (const peer of held) peer.close();
    await taken(pinion, 0);
    assert.equal((await plain(pinion)).status, 200);
    await (await new PollingSession(pinion.url).open()).close();
    await talk();
    for (const rung of ladder) {
      assert.equal(await pinion.metric('overload_changes_total', `rung="${rung}"`), 2);
      await eventually('a line for each change', () => pinion.child.stderr.split('\n').filter((line) => line.includes(rung)).length === 2);
    }
    for (const talker of talkers) talker.disconnect();
    await pinion.comes_to_rest();
  });

  test('idle connections make room sooner', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: await stage.backends('node4', 1),
      proxy: { max_connections: 50 },
      timeouts: { request_head: '1m', keep_alive: '1m' },
      overload: { short_idle: 40, idle: '100ms' },
    });
    const peers = await Promise.all(Array.from({ length: 25 }, () => dial(pinion.port)));
    for (const peer of peers) assert.equal(await peer.until_end(seconds(30)), '');
    await taken(pinion, 0);
    await pinion.comes_to_rest();
  });

  test('by buffered_total: readers that stand still keep strangers out, and nobody else', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: await stage.backends('node4', 2),
      limits: { buffered_per_session: '256KiB', buffered_total: '1MiB' },
      overload: { no_keep_alive: 10, short_idle: 20, refuse_plain: 30, refuse_handshakes: 40, ...however_late },
    });
    const talker = await client(stage, pinion.url, { transport: 'websocket' });
    const nothing = () => {};
    const readers = await Promise.all(Array.from({ length: 5 }, async () => (await joined(stage, pinion.url, nothing)).socket));
    for (const socket of readers) {
      socket.send('42["flood",10000]');
      socket.pause();
    }
    await taken(pinion, 4);
    refused(await handshake(pinion));
    refused(await plain(pinion));
    assert.equal(await call(talker, 'echo', 'still here'), 'still here');
    for (const socket of readers) socket.terminate();
    await taken(pinion, 0);
    await (await new PollingSession(pinion.url).open()).close();
    talker.disconnect();
    await pinion.comes_to_rest();
  });

  test('above buffered_total: the slowest readers are closed, no more than it takes, and who keeps up talks on', {
    timeout: seconds(90),
  }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: await stage.backends('node4', 2),
      limits: { buffered_per_session: '256KiB', buffered_total: '1MiB' },
      overload: however_late,
    });
    const talker = await client(stage, pinion.url, { transport: 'websocket' });
    // Each makes 128 KiB wait, and what one read brings beyond that: 64 KiB.
    const readers = await Promise.all(Array.from({ length: 14 }, async () => (await joined(stage, pinion.url, () => {})).socket));
    for (const socket of readers) {
      socket.send('42["flood",10000]');
      socket.pause();
    }
    await eventually('the last rung is taken', async () => (await rungs(pinion)).includes('close_slowest'));
    assert.equal(await pinion.metric('overload_rung', 'rung="close_slowest"'), 1);
    await pinion.says(/overload: a rung is taken .*rung=close_slowest by=buffers/);
    const closed = () => pinion.metric('closes_total', 'reason="over_budget"');
    const buffered = () => pinion.metric('buffered_bytes');
    await eventually('some are closed, and what waits is in bounds', async () => (await closed()) > 0 && (await buffered()) <= 2 ** 20);
    assert.ok(await closed() <= readers.length - 4, `${await closed()} are closed`);
    await pinion.says(/more waits than \[proxy\.limits\]\.buffered_total: closing the slowest/);
    assert.equal(await call(talker, 'echo', 'still here'), 'still here');
    for (const socket of readers) socket.terminate();
    await taken(pinion, 0);
    talker.disconnect();
    await pinion.comes_to_rest();
  });

  test('another [proxy.overload] holds at once, for whoever waits too', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [server] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({
      pool: { backend: [{ name: server.name, address: server.address, max_sessions: 1 }], admission: { wait: '1m' } },
      proxy: { max_connections: 100 },
      overload: however_late,
    });
    const talker = await client(stage, pinion.url, { transport: 'websocket' });
    const waits = handshake(pinion);
    await eventually('it waits', async () => (await pinion.status()).pools[0].waiting === 1);
    await pinion.reload((config) => { config.proxy.overload = { ...however_late, refuse_handshakes: 1 }; });
    refused(await waits);
    assert.equal(await call(talker, 'echo', 'still here'), 'still here');
    await pinion.reload((config) => { config.proxy.overload = however_late; });
    await taken(pinion, 0);
    talker.disconnect();
    await (await new PollingSession(pinion.url).open()).close();
    await pinion.comes_to_rest();
  });

  test('by its own lateness', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({
      backends: await stage.backends('node4', 1),
      // It is well again when it is late by less than 200 ms, which a machine that is busy must let it be.
      overload: { no_keep_alive: 50, short_idle: 60, refuse_plain: 70, refuse_handshakes: 80, loop_lag: '500ms' },
    });
    stage.defer(() => pinion.child.signal('SIGCONT'));
    const talker = await client(stage, pinion.url, { transport: 'websocket' });
    await eventually('it has been late for a while', async () => {
      pinion.child.signal('SIGSTOP');
      await pause(2500);
      pinion.child.signal('SIGCONT');
      return eventually('all rungs are taken', async () => {
        assert.deepEqual(await rungs(pinion), ladder);
        return (await pinion.metric('overload_used', 'resource="loop_lag"')) > 0.5;
      }, { within: 500 });
    }, { within: seconds(30) });
    refused(await handshake(pinion));
    assert.equal(await call(talker, 'echo', 'still here'), 'still here');
    await taken(pinion, 0);
    await (await new PollingSession(pinion.url).open()).close();
    assert.equal(await call(talker, 'echo', 'still here'), 'still here');
    talker.disconnect();
    await pinion.comes_to_rest();
  });
});
