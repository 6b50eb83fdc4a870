// What bites a balancer in front of Chainlit: its Python servers and its tabs, each trap by itself. The table in README.md
// says where the others are tested.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { browser, seen_by } from './support/chainlit.mjs';
import { engine_of } from './support/client.mjs';
import { cutter } from './support/cutter.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { dial, upgrade_request } from './support/raw.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

const pool = { preset: 'chainlit', balance: 'round_robin', affinity: { connect_wait: '10s' } };
const reconnects = { reconnectionDelay: 50, reconnectionDelayMax: 200 };
const polling = '/ws/socket.io/?EIO=4&transport=polling';

const connect_of = (id) => `40${JSON.stringify({ clientType: 'webapp', sessionId: id, threadId: '', userEnv: '{}', chatProfile: '' })}`;
const message = JSON.stringify(['client_message', { message: { id: 'm', output: 'hello' } }]);
const messages = (n) => Array(n).fill(`42${message}`).join('\x1e');

/** A session whose client has not joined. */
const opens = (where) => new PollingSession(`${where.url}/ws`).open();

async function joins(where, id = randomUUID()) {
  const session = await opens(where);
  await session.push(connect_of(id));
  assert.match(await session.poll(), /^40\{/);
  return session;
}

async function who(session) {
  await session.push('420["who"]');
  return JSON.parse(/^430\[(.*)\]$/.exec(await session.poll())[1]);
}

const moved = (pinion) => pinion.metric('rebinds_total', 'result="moved"');

const stage = new Stage();
let backends;
let pinion;

before(async () => {
  backends = await stage.backends('chainlit-websockets', 3, { ws_ping: 1 });
  pinion = await stage.pinion({ backends, pool });
});
after(() => stage.close());

describe('packet by packet', () => {
  afterEach(() => pinion.comes_to_rest());
  test('a poll that its client leaves before it has joined costs no packet', { timeout: seconds(30) }, async () => {
    const session = await opens(pinion);
    const left = new AbortController();
    const here = async () => (await pinion.status()).connections;
    await eventually('the handshake has gone', async () => (await here()) === 0);
    const held = request(`${pinion.url}${polling}&sid=${session.sid}`, { signal: left.signal });
    await eventually('the poll is here', async () => (await here()) === 1);
    left.abort();
    await assert.rejects(held);
    await session.push(connect_of('leaves'));
    assert.match(await session.poll(), /^40\{/);
    await session.close();
  });

  test('two polls at once: the first takes what comes, and both are asked of the same process', { timeout: seconds(30) }, async () => {
    const session = await joins(pinion);
    const polls = [session.poll(), session.poll()];
    await eventually('both wait', async () => (await pinion.metric('inflight_requests')) === 2);
    const first = Promise.race(polls);
    await session.push('421["who"]');
    assert.match(await first, /^431\[/);
    await session.push('422["who"]');
    assert.deepEqual((await Promise.all(polls)).map((said) => said.slice(0, 3)).sort(), ['431', '432']);
    await session.close();
  });

  test('a CONNECT that comes chunked is heard, for Python drops what does', { timeout: seconds(30) }, async () => {
    const id = randomUUID();
    const first = await joins(pinion, id);
    const { name } = await who(first);
    await first.close();
    for (let i = 0; i < 3; i++) {
      const session = await opens(pinion);
      const peer = await dial(pinion.port);
      const body = connect_of(id);
      peer.write(`POST ${polling}&sid=${session.sid} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
      peer.write(`${(10).toString(16)}\r\n${body.slice(0, 10)}\r\n`);
      peer.write(`${(body.length - 10).toString(16)}\r\n${body.slice(10)}\r\n0\r\n\r\n`);
      await peer.until(/^HTTP\/1\.1 200 /);
      peer.close();
      assert.match(await session.poll(), /^40\{/);
      assert.equal((await who(session)).name, name);
      await session.close();
    }
  });

  test('POSTs are not merged, for Python drops more than 16 packets in one', { timeout: seconds(30) }, async () => {
    const session = await joins(pinion);
    const heard = async () => (await seen_by(backends)).messages;
    const before = await heard();
    await session.push(messages(16));
    await Promise.all([1, 2, 3].map(() => session.push(messages(8))));
    await eventually('all are heard', async () => (await heard()) === before + 40);
    const direct = await joins(backends[0]);
    const answer = (to) => to.push(messages(17)).catch((error) => error.answer.status);
    assert.equal(await answer(session), await answer(direct));
    assert.equal(await heard(), before + 40);
    for (const one of [session, direct]) await one.close().catch(() => {});
  });

  test('what Python compresses is passed on compressed', { timeout: seconds(30) }, async () => {
    const id = randomUUID();
    for (let i = 0; i < 3; i++) {
      const session = await joins(pinion, id);
      const long = 'x'.repeat(5000);
      await session.push(`42${JSON.stringify(['window_message', long])}`);
      const answer = await fetch(`${pinion.url}${polling}&sid=${session.sid}`, { headers: { connection: 'close' } });
      assert.equal(answer.headers.get('content-encoding'), 'gzip');
      assert.ok(Number(answer.headers.get('content-length')) < 1000);
      assert.equal(await answer.text(), `42${JSON.stringify(['window_message', long])}`);
      await session.close();
    }
    assert.ok(await moved(pinion) >= 2);
  });
});

describe('tab by tab', () => {
  afterEach(() => stage.leave_clients());

  test('pings of the WebSocket itself go both ways, after a move too', { timeout: seconds(60) }, async () => {
    const network = await cutter(stage, pinion.port);
    const visitor = browser(stage, pinion.url, { cookies: false });
    const tab = await visitor.tab({ transport: 'websocket', url: network.url, ...reconnects }).open({ cookie: false });
    const { name } = await tab.who();
    const before = await moved(pinion);
    await eventually('it has been moved', async () => {
      await tab.cut(network);
      await tab.back();
      return (await moved(pinion)) > before;
    }, { within: seconds(20) });
    let pings = 0;
    engine_of(tab.socket).transport.ws.on('ping', () => pings++);
    const times = tab.ended.length;
    // uvicorn sends another one only once it has heard an answer.
    await eventually('two pings', () => pings >= 2, { within: seconds(20) });
    assert.equal((await tab.who()).name, name);
    assert.equal(tab.ended.length, times);
  });

  test('what the server refuses is refused, and not tried again', { timeout: seconds(30) }, async () => {
    for (const transport of ['polling', 'websocket', 'upgrade']) {
      const tab = browser(stage, pinion.url).tab({ transport, auth: {} });
      await assert.rejects(tab.open());
      assert.equal(tab.socket.active, false, 'it is the server\'s own 44');
      await eventually('it has left', async () => (await pinion.sessions()).length === 0);
    }
  });

  test('a second tab overwrites the cookie of the first', { timeout: seconds(60) }, async () => {
    const visitor = browser(stage, pinion.url);
    for (const transport of ['polling', 'websocket', 'upgrade']) {
      const network = await cutter(stage, pinion.port);
      const before = await pinion.metric('rebinds_total');
      const first = visitor.tab({ transport, url: network.url, ...reconnects });
      const { headers } = await first.set_cookie();
      await first.open({ cookie: false });
      const { name } = await first.who();
      assert.equal(name, headers['x-process'], 'the request that sets the cookie leads there');
      let second;
      do second = await visitor.tab({ transport }).open(); while ((await second.who()).name === name);
      assert.equal(visitor.cookies.get('X-Chainlit-Session-id'), second.id);
      assert.equal(await pinion.metric('rebinds_total'), before);
      await first.cut(network);
      await first.back();
      assert.deepEqual(await first.who(), { name, id: first.id, turns: 0 });
      assert.equal(await pinion.metric('rebinds_total', 'result="moved"'), before + 1, 'the cookie has led it astray');
    }
  });

  test('a Copilot without any cookie', { timeout: seconds(60) }, async () => {
    const visitor = browser(stage, pinion.url, { cookies: false });
    for (const transport of ['polling', 'websocket', 'upgrade']) {
      const network = await cutter(stage, pinion.port);
      const tab = visitor.tab({ transport, client_type: 'copilot', url: network.url, ...reconnects });
      await tab.open({ cookie: false });
      const { name } = await tab.who();
      for (let i = 0; i < 3; i++) {
        await tab.chat();
        assert.equal(await tab.download(await tab.upload('a')), 'a');
        await tab.cut(network);
        await tab.back();
        assert.deepEqual(await tab.who(), { name, id: tab.id, turns: i + 1 });
      }
      assert.deepEqual([tab.wrong, tab.lost], [[], 0]);
    }
    assert.equal(visitor.cookies.size, 0);
  });

  test('afterwards all is right, and nothing is left', { timeout: seconds(60) }, async () => {
    const seen = await seen_by(backends);
    assert.deepEqual([seen.anew, seen.wrong], [[], []]);
    assert.equal(await pinion.metric('rebinds_total'), await moved(pinion));
    stage.leave_clients();
    await pinion.comes_to_rest();
  });
});

describe('a process', () => {
  test('is probed where its engine answers, without a session', { timeout: seconds(30) }, async (t) => {
    const front = await Stage.of(t).pinion({ backends, pool: { ...pool, health: { interval: '100ms', expect: 400 } } });
    const probes = (result) => front.metric('probes_total', `result="${result}"`);
    const is_measured = ({ load_confidence }) => load_confidence > 0;
    await eventually('what probes tell of each', async () => (await front.backends()).every(is_measured), { within: seconds(20) });
    assert.ok(await probes('ok') > 0);
    assert.equal(await probes('status'), 0);
    for (const { state } of await front.backends()) assert.equal(state, 'up');
  });

  test('that ends is missed by nobody if it was emptied first, else at once', { timeout: seconds(90) }, async (t) => {
    const alone = Stage.of(t);
    const three = await alone.backends('chainlit-websockets', 3);
    const pinion = await alone.pinion({ backends: three, pool });
    const tabs = await Promise.all(Array.from({ length: 12 }, (_, i) =>
      browser(alone, pinion.url).tab({ transport: ['polling', 'websocket', 'upgrade'][i % 3], ...reconnects }).open()));
    const homes = async () => Promise.all(tabs.map(async (tab) => (await tab.who()).name));
    const come_back_at_once = async (theirs) => {
      await Promise.all(theirs.map((tab) => eventually('it is back', () => tab.attempts.length > 0, { within: seconds(20) })));
      for (const tab of theirs) assert.deepEqual([tab.attempts, tab.failed], [[1], []]);
      assert.ok(theirs.every(({ ended }) => !ended.includes('io server disconnect')), 'a 41 that nobody has sent');
    };

    const [emptied, ended] = three;
    const had = await homes();
    const { code } = await pinion.command('drain', `chat/${emptied.address}`, '--close', '--rate', '100/s');
    assert.equal(code, 0);
    await come_back_at_once(tabs.filter((_, i) => had[i] === emptied.name));
    await eventually('it is empty', async () => (await pinion.backends())[0].state === 'drained');
    const closes = tabs.map((tab) => tab.ended.length);
    const told_to_end = async (server) => {
      server.child.signal('SIGTERM');
      await eventually('it does not listen', () => dial(server.port).then((peer) => peer.close(), () => true));
    };
    await told_to_end(emptied);
    const have = await homes();
    assert.ok(!have.includes(emptied.name));
    assert.deepEqual(tabs.map((tab) => tab.ended.length), closes);

    const theirs = tabs.filter((_, i) => have[i] === ended.name);
    for (const tab of theirs) tab.attempts = [];
    await told_to_end(ended);
    // Its WebSockets have dropped; a poll hears of it with what the tab says next.
    for (const tab of theirs) tab.say('hello');
    await come_back_at_once(theirs);
    assert.deepEqual(new Set(await homes()), new Set([three[2].name]));
  });

  test('of Node ends a session whose polls overlap, and refuses what is too long', { timeout: seconds(30) }, async (t) => {
    const alone = Stage.of(t);
    const [node] = await alone.backends('node4', 1, { socketio: { maxHttpBufferSize: 1000 } });
    const pinion = await alone.pinion({ backends: [node] });
    const status = (asked) => asked.then(() => 200, (error) => error.answer?.status);
    const told = [];
    for (const { url } of [node, pinion]) {
      const overlapping = await (await new PollingSession(url).open()).connect();
      const polls = await Promise.all([status(overlapping.poll()), status(overlapping.poll())]);
      const long = await (await new PollingSession(url).open()).connect();
      told.push([...polls.sort(), await status(overlapping.poll()), await status(long.push('4'.repeat(1001)))]);
      await long.close().catch(() => {});
    }
    assert.deepEqual(told[1], told[0]);
    assert.deepEqual(told[1].slice(-2), [400, 413]);
    await pinion.comes_to_rest();
  });

  test('is known not to know a session, in Python\'s words, and pinion has its own', { timeout: seconds(60) }, async (t) => {
    const alone = Stage.of(t);
    const [a] = await alone.backends('chainlit-websockets', 1);
    // It is back before a probe could tell that it was gone.
    const pinion = await alone.pinion({ backends: [a], pool: { ...pool, health: { kind: 'tcp', interval: '10m' } } });
    const sessions = [await joins(pinion), await joins(pinion)];
    await a.kill();
    await a.start();
    const [poll, upgrade] = sessions;
    const said = (session) => session.poll().catch(({ answer }) => [answer.status, answer.body, answer.headers['x-pinion-error']]);
    assert.deepEqual(await said(poll), [400, `"Invalid session ${poll.sid}"`, undefined]);
    const peer = alone.keep(await upgrade_request(pinion.port, `/ws/socket.io/?EIO=4&transport=websocket&sid=${upgrade.sid}`));
    await peer.until(/^HTTP\/1\.1 403 [^]*\r\n\r\n$/);
    // Which may mean another thing: the next poll tells.
    assert.deepEqual(await said(upgrade), [400, `"Invalid session ${upgrade.sid}"`, undefined]);
    for (const session of sessions) {
      const [status, body, code] = await said(session);
      assert.deepEqual([status, JSON.parse(body)], [400, { code: 1, message: 'Session ID unknown' }]);
      assert.ok(code);
    }
  });
});
