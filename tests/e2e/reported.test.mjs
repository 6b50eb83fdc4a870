// What backends say of their own load: in answers (with the reporters of conf/examples), and by their agents.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, client } from './support/client.mjs';
import { PollingSession, request } from './support/polling.mjs';
import { serve_bytes } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds, slow } from './support/wait.mjs';

const often = { interval: '100ms' };
const state = async (pinion, name) => (await pinion.backends()).find((one) => one.name === name);

/** Blocks a server's loop for so long at each call, but not more often than every 4 s: what it tells of that soon passes. */
function again_and_again(socket, ms) {
  let last = -Infinity;
  return () => {
    if (Date.now() - last > 4000) {
      socket.emit('block', ms);
      last = Date.now();
    }
    return true;
  };
}

/** An agent that says `line` to all who ask; {address}, and `line` may be changed. */
async function agent_of(stage, line) {
  const agent = { line };
  const server = await serve_bytes(stage, (socket) => socket.end(agent.line));
  return Object.assign(agent, { address: server.address });
}

for (const kind of ['node4', 'uvicorn-websockets']) {
  describe(`a reporter on ${kind}`, () => {
    test('tells how busy its event loop is', { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const backend = await stage.backend(kind, 'only', { reports: true });
      const pinion = await stage.pinion({ backends: [backend], pool: { health: often } });
      await eventually('it reports to the probes', async () => (await pinion.backends())[0].reported_load !== null);
      const socket = await client(stage, pinion.url);
      const block = again_and_again(socket, 1500);
      await eventually('it was busy', async () => block() && (await pinion.backends())[0].reported_load > 0.3, { within: seconds(20) });
      await eventually('it rests', async () => (await pinion.backends())[0].reported_load < 0.2, { within: seconds(30) });
      assert.ok((await pinion.metric('load_reports_total', 'result="taken"')) > 0);
      assert.equal(await pinion.metric('load_reports_total', 'result="unread"'), 0);
    });

    test('tells of short pieces of work as of long ones', { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const backend = await stage.backend(kind, 'only', { reports: true });
      const pinion = await stage.pinion({ backends: [backend], pool: { health: often } });
      const socket = await client(stage, pinion.url, { transport: 'websocket' });
      // Half of the time, 4 ms each, also when this process comes late.
      let due = Date.now();
      const work = setInterval(() => {
        for (; due <= Date.now(); due += 8) socket.emit('block', 4);
      }, 4);
      try {
        await eventually('it is half busy', async () => (await pinion.backends())[0].reported_load > 0.35, { within: seconds(20) });
      } finally {
        clearInterval(work);
      }
    });

    test('tells in answers to requests too, where probes ask for nothing', { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const backend = await stage.backend(kind, 'only', { reports: true });
      const pinion = await stage.pinion({ backends: [backend], pool: { health: { kind: 'tcp', ...often } } });
      await eventually('it is probed', async () => (await pinion.metric('probes_total', 'result="ok"')) > 2);
      assert.equal((await pinion.backends())[0].reported_load, null);
      await request(`${pinion.url}/file`);
      await eventually('it is known', async () => (await pinion.backends())[0].reported_load !== null);
    });

    test('tells how late its event loop is', { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const backend = await stage.backend(kind, 'only', { reports: true });
      const url = `http://${backend.address}`;
      const delay_ms = async () => {
        const { headers } = await request(`${url}/file`);
        return Number(/named_metrics\.event_loop_delay_ms=([\d.e+-]+)/.exec(headers['endpoint-load-metrics'])[1]);
      };
      const socket = await client(stage, url, { transport: 'websocket' });
      const block = again_and_again(socket, 1000);
      await eventually('it was late', async () => block() && (await delay_ms()) > 30, { within: seconds(20) });
      await eventually('it is in time', async () => (await delay_ms()) < 10 * slow, { within: seconds(20) });
    });

    test('tells what is so when it answers a long poll, not when that was asked for', { timeout: seconds(60) }, async (t) => {
      const backend = await Stage.of(t).backend(kind, 'only', { reports: true });
      const url = `http://${backend.address}`;
      const session = await (await new PollingSession(url).open()).connect();
      const poll = request(`${url}/socket.io/?EIO=4&transport=polling&sid=${session.sid}`);
      // It is there before what follows.
      for (let i = 0; i < 3; i++) await request(`${url}/file`);
      await session.push('42["queue",7]');
      await session.push('420["who"]');
      const answer = await poll;
      assert.equal(answer.body, '430["only"]');
      assert.match(answer.headers['endpoint-load-metrics'], /named_metrics\.queue=7\b/);
    });

    test('tells a number of the application, which is a limit', { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const backends = [await stage.backend(kind, 'a', { reports: true }), await stage.backend(kind, 'b', { reports: true })];
      const backend = backends.map(({ name, address }) => ({ name, address }));
      const pinion = await stage.pinion({
        pool: { backend, health: { ...often, load_metric: 'queue', load_full: 50 }, thresholds: { full: { reported_load: 80 } } },
      });
      const socket = await client(stage, pinion.url, { transport: 'websocket' });
      const here = await call(socket, 'who');
      socket.emit('queue', 45);
      const told = await eventually('it is full', async () => {
        const one = await state(pinion, here);
        return one.level === 'full' && one;
      }, { within: seconds(20) });
      assert.equal(told.reported_load, 0.9);
      assert.equal(told.level_limit, 'reported_load');
      for (let i = 0; i < 5; i++) assert.notEqual(await call(await client(stage, pinion.url), 'who'), here);
      socket.emit('queue', 0);
      await eventually('it has room', async () => (await state(pinion, here)).level === 'calm', { within: seconds(20) });
    });
  });
}

describe('least_load', () => {
  test('goes by what all backends report', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = [];
    for (const name of ['a', 'b', 'c']) backends.push(await stage.backend('node4', name, { reports: true }));
    const backend = backends.map(({ name, address }) => ({ name, address }));
    // Not by what probes wait, which on a busy machine may be long.
    const pinion = await stage.pinion({
      pool: { backend, balance: 'least_load', hot: '0s', health: { ...often, load_metric: 'queue', load_full: 100 } },
    });
    const first = await client(stage, pinion.url, { transport: 'websocket' });
    const busy = await call(first, 'who');
    first.emit('queue', 90);
    await eventually('it is known', async () => (await state(pinion, busy)).reported_load === 0.9, { within: seconds(20) });
    // By counts it would get its third of these.
    for (let i = 0; i < 12; i++) {
      assert.notEqual(await call(await client(stage, pinion.url, { transport: 'websocket' }), 'who'), busy);
    }
    assert.match((await state(pinion, busy)).why, /reports 90 %/);
  });
});

describe('an agent', () => {
  test('says who gets sessions, and how many', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const [a, b] = await stage.backends('node4', 2);
    const agent = await agent_of(stage, 'ready\n');
    const backend = [{ name: a.name, address: a.address, agent: agent.address }, { name: b.name, address: b.address }];
    // By counts, which the machine's own load does not change.
    const pinion = await stage.pinion({ pool: { backend, health: often, balance: 'least_sessions' } });
    const says = async (line, expected) => {
      agent.line = line;
      await eventually(`${line} is heard`, async () => {
        assert.deepEqual({ ...(await state(pinion, a.name)), ...expected }, await state(pinion, a.name));
        return true;
      });
    };
    const gauges = async () => Promise.all(['up', 'ready'].map((name) => pinion.metric(`backend_${name}`, `backend="${a.name}"`)));
    const refuses = async () => {
      for (let i = 0; i < 4; i++) assert.equal(await call(await client(stage, pinion.url), 'who'), b.name);
    };
    await says('ready\n', { agent: 'ready', state: 'up', ready: true });
    await says('drain\n', { agent: 'drain', state: 'drained', ready: false });
    await refuses();
    assert.deepEqual(await gauges(), [1, 0]);
    await says('maint', { agent: 'maint', state: 'maintenance', ready: false });
    assert.deepEqual(await gauges(), [1, 0]);
    await refuses();
    await says('down#out of memory\r\n', { agent: 'down', state: 'down', ready: false });
    assert.deepEqual(await gauges(), [0, 0]);
    await refuses();
    // It is up again, which does not end its maintenance.
    await says('up 0%\n', { agent: 'maint', agent_percent: 0, ready: false });
    await says('Ready\n', { agent: 'ready', agent_percent: 0, ready: false });
    await refuses();
    // Twelve more than there are: of b's and a's weights 100 and 50, a gets its third.
    await says('50%\n', { agent_percent: 50, ready: true });
    assert.deepEqual(await gauges(), [1, 1]);
    stage.leave_clients();
    await eventually('all have gone', async () => (await pinion.sessions()).length === 0);
    for (let i = 0; i < 12; i++) await client(stage, pinion.url, { transport: 'websocket' });
    assert.equal((await state(pinion, a.name)).sessions, 4);
    await says('100% maxconn:5\n', { agent_percent: 100, ready: true });
    for (let i = 0; i < 6; i++) await client(stage, pinion.url, { transport: 'websocket' });
    assert.equal((await state(pinion, a.name)).sessions, 5);
    assert.ok((await pinion.metric('agent_checks_total', 'result="ok"')) > 5);
    await pinion.says(/the agent of a backend wants something else .*agent=maint/);
  });

  test('has a backend emptied, which then says that it can be stopped', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a, b] = await stage.backends('node4', 2);
    const agent = await agent_of(stage, 'ready\n');
    const backend = [{ name: a.name, address: a.address, agent: agent.address }, { name: b.name, address: b.address }];
    const pinion = await stage.pinion({ pool: { backend, health: often, balance: 'least_sessions' } });
    const sockets = [await client(stage, pinion.url), await client(stage, pinion.url)];
    const told = () => (pinion.child.stderr.match(/is empty, and its agent wants no sessions: it can be stopped/g) ?? []).length;
    agent.line = 'maint\n';
    await eventually('it is heard', async () => (await state(pinion, a.name)).reason === 'gets no sessions by the word of its agent');
    assert.equal(told(), 0);
    for (const socket of sockets) socket.disconnect();
    await eventually('it can be stopped', async () => (await state(pinion, a.name)).reason
      === 'gets no sessions by the word of its agent, and is empty: it can be stopped');
    await pinion.says(/is empty, and its agent wants no sessions: it can be stopped .*backend=node4-1 agent=maint/);
    agent.line = 'ready\n';
    await eventually('it is back', async () => (await state(pinion, a.name)).state === 'up');
    assert.equal(told(), 1);
    agent.line = 'drain\n';
    await eventually('it is told of again', () => told() === 2);
  });

  test('keeps sessions away whatever an operator lifts', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const agent = await agent_of(stage, 'maint\n');
    const backend = [{ name: a.name, address: a.address, agent: agent.address }];
    const pinion = await stage.pinion({ pool: { backend, health: often } });
    await eventually('it is heard', async () => (await state(pinion, a.name)).agent === 'maint');
    assert.equal((await pinion.command('drain', `chat/${a.name}`)).code, 0);
    const { stdout } = await pinion.command('undrain', `chat/${a.name}`);
    assert.match(stdout, /is maintenance, 0 sessions: gets no sessions by the word of its agent/);
    await pinion.says(/drains no longer by an order, and takes no sessions all the same .*its agent says maint/);
    assert.doesNotMatch(pinion.child.stderr, /takes sessions again/);
    // What only the config can lift is told of too.
    await pinion.reload(({ pool }) => { delete pool[0].backend[0].agent; });
    await pinion.says(/agent of a backend is asked no more, and what it wanted holds no more .*agent=maint/);
    await eventually('it takes sessions', async () => (await state(pinion, a.name)).ready === true);
  });

  test('that says a word of its own is told of once, and the rest of its line holds', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a] = await stage.backends('node4', 1);
    const agent = await agent_of(stage, 'FAIL warm\n');
    const backend = [{ name: a.name, address: a.address, agent: agent.address }];
    const pinion = await stage.pinion({ pool: { backend, health: often } });
    await eventually('it is heard', async () => (await state(pinion, a.name)).agent === 'down');
    await pinion.says(/says a word that is not known; the rest of its line holds.*word=warm/);
    await eventually('it is counted', async () => (await pinion.metric('agent_checks_total', 'result="bad_answer"')) >= 3);
    assert.equal(pinion.child.stderr.match(/a word that is not known/g).length, 1);
    agent.line = `up#${'very '.repeat(2000)}warm\n`;
    await eventually('it is up', async () => (await state(pinion, a.name)).agent === 'ready');
    assert.ok((await pinion.metric('agent_checks_total', 'result="ok"')) >= 1);
  });

  test('that is gone or talks nonsense is told of, and its last word stands', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a, b] = await stage.backends('node4', 2);
    const agent = await agent_of(stage, 'drain\n');
    const backend = [{ name: a.name, address: a.address, agent: agent.address }, { name: b.name, address: b.address }];
    const pinion = await stage.pinion({ pool: { backend, health: often } });
    await eventually('it drains', async () => (await state(pinion, a.name)).agent === 'drain');
    agent.line = 'hello\n';
    await eventually('it is told', () => /agent of a backend does not answer as it should.*agent=drain/.test(pinion.child.stderr));
    await eventually('it is counted', async () => (await pinion.metric('agent_checks_total', 'result="bad_answer"')) >= 3);
    assert.equal(pinion.child.stderr.match(/does not answer as it should/g).length, 1);
    assert.equal((await state(pinion, a.name)).agent, 'drain');
    assert.equal(await call(await client(stage, pinion.url), 'who'), b.name);
  });
});
