// Chainlit, whole: every request and every reconnect of a tab reaches the process that holds it, however its browser
// talks and whenever it is cut off. A failing run can be played again: E2E_SEED=N.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chainlit_client, python } from './support/backend.mjs';
import { browser, seen_by } from './support/chainlit.mjs';
import { Child } from './support/child.mjs';
import { transports } from './support/client.mjs';
import { cutter } from './support/cutter.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, pause, random_from, seconds, within } from './support/wait.mjs';

const kBrowsers = 10; // of two tabs each
const kRounds = 4;
const kSome = 3; // deeds between two cuts

// Turn by turn: what nothing leads home is at the wrong process two times of three. On a busy machine a CONNECT may come
// long after the poll or the upgrade that waits for it.
const pool = { preset: 'chainlit', balance: 'round_robin', affinity: { connect_wait: '10s' } };
const names = Object.keys(transports);
// When a WebSocket breaks off before its open packet, the client waits for its own timeout.
const reconnects = { reconnectionDelay: 50, reconnectionDelayMax: 200, timeout: seconds(8) };

/** What a page of Chainlit does, each checked by what only the right process can answer. */
const deeds = [
  async (tab) => assert.match(await tab.chat('and on'), / turn \d+: and on$/),
  async (tab) => assert.equal(await tab.download(tab.file), `of ${tab.id}`),
  async (tab) => {
    const id = await tab.upload('another', 'other.txt');
    assert.equal(await tab.download(id), 'another');
  },
  async (tab) => assert.match((await tab.action()).response, /^press \d+$/),
  async (tab) => {
    const shown = once(tab.socket, 'element', seconds(20));
    await tab.element('chart');
    assert.equal((await shown)[0].id, 'chart');
    const removed = once(tab.socket, 'remove_element', seconds(20));
    await tab.remove_element('chart');
    assert.equal((await removed)[0].id, 'chart');
  },
  async (tab) => {
    await tab.connect_mcp('tools');
    assert.deepEqual(await tab.list_mcp(), ['tools']);
    await tab.disconnect_mcp('tools');
    assert.deepEqual(await tab.list_mcp(), []);
  },
  async (tab) => assert.ok((await tab.feedback()).success),
];

/** All of it, then some of it after each mishap. */
async function lives(tab, random) {
  const one_of = (list) => list[Math.floor(random() * list.length)];
  for (const deed of deeds) await deed(tab);
  for (let round = 0; round < kRounds; round++) {
    await one_of(mishaps)(tab, random);
    await returns(tab);
    const ends = [...tab.ended];
    for (let i = 0; i < kSome; i++) await one_of(deeds)(tab);
    assert.deepEqual(tab.ended, ends, `${tab.transport}: nobody has cut it off`);
  }
  assert.equal(await tab.download(tab.file), `of ${tab.id}`);
}

/** What it is cut off in the middle of. */
const mishaps = [
  async (tab) => tab.cut(tab.network), // nothing
  async (tab) => { // an answer
    tab.say('stream 1000 200');
    await once(tab.socket, 'stream_token', seconds(20));
    await tab.cut(tab.network);
  },
  async (tab, random) => { // coming back
    await tab.cut(tab.network);
    await pause(random() * 150);
    tab.network.cut();
  },
];

/** Waits until it is back for good, at home: that it was cut off may not have been noticed yet. */
async function returns(tab) {
  await eventually(`${tab.transport} is back`, async () => {
    await tab.back();
    const { name, id } = await within('who', tab.who(), seconds(2));
    assert.deepEqual([name, id], [tab.home, tab.id]);
    return true;
  }, { within: seconds(30) });
  tab.socket.emit('stop'); // what it was in the middle of
}

/** A tab whose socket comes through a network of its own, open, with a file at its process. */
async function moves_in(stage, pinion, visitor, options) {
  const network = await cutter(stage, pinion.port);
  const tab = visitor.tab({ url: network.url, ...reconnects, ...options });
  tab.network = network;
  await tab.open();
  tab.home = (await tab.who()).name;
  tab.file = await tab.upload(`of ${tab.id}`);
  return tab;
}

/** {id, name} of a tab of somebody else, which has left, and of its process, which is not the one of that name. */
async function elsewhere(stage, pinion, home) {
  for (;;) {
    const tab = await browser(stage, pinion.url).tab().open();
    const { id, name } = await tab.who();
    tab.close();
    if (name !== home) return { id, name };
  }
}

async function went_well(pinion, backends, tabs) {
  for (const tab of tabs) {
    assert.deepEqual([tab.wrong, tab.lost], [[], 0]);
    assert.ok(!tab.ended.includes('io server disconnect'), 'a 41 that nobody has sent');
  }
  const seen = await seen_by(backends);
  assert.deepEqual([seen.sessions, seen.anew, seen.wrong], [tabs.length, [], []]);
  for (const result of ['failed', 'unlike', 'late', 'unread', 'refused']) {
    assert.equal(await pinion.metric('rebinds_total', `result="${result}"`), 0, result);
  }
  return seen;
}

/** What was cut off while it polled would be known to be gone only after its ping timeout. */
async function everybody_leaves(stage, pinion) {
  stage.leave_clients();
  await eventually('who polled is left', async () => {
    for (const { sid, transport } of await pinion.sessions('?limit=1000')) {
      if (transport === 'polling') await pinion.get(`/api/v1/sessions/${sid}`, { method: 'DELETE' });
    }
    return (await pinion.sessions()).length === 0;
  });
  await pinion.comes_to_rest();
}

describe('every tab, cut off at random, comes back to its process', () => {
  for (const kind of ['chainlit-websockets', 'chainlit-wsproto']) {
    for (const deflate of [true, false]) {
      test(`${kind}, ${deflate ? 'deflate' : 'plain'}`, { timeout: seconds(120) }, async (t) => {
        const seed = Number(process.env.E2E_SEED ?? Date.now() % 1_000_000);
        t.diagnostic(`E2E_SEED=${seed}`);
        const stage = Stage.of(t);
        const backends = await stage.backends(kind, 3, { deflate });
        const pinion = await stage.pinion({ backends, pool });
        const browsers = Array.from({ length: kBrowsers }, () => browser(stage, pinion.url));
        const tabs = await Promise.all(browsers.flatMap((visitor, i) => [0, 1].map((j) => moves_in(stage, pinion, visitor, {
          transport: names[(i + j) % names.length], perMessageDeflate: deflate && { threshold: 0 },
        }))));
        await Promise.all(tabs.map((tab, i) => lives(tab, random_from(seed + i))));
        const { restored } = await went_well(pinion, backends, tabs);
        assert.ok(restored >= tabs.length * kRounds, `${restored} came back`);
        assert.ok(await pinion.metric('rebinds_total', 'result="moved"') > 0);
        await everybody_leaves(stage, pinion);
      });
    }
  }
});

describe('a process that dies', () => {
  test('its tabs are elsewhere at their first retry, and stay there', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('chainlit-websockets', 3);
    const pinion = await stage.pinion({ backends, pool });
    const tabs = await Promise.all(Array.from({ length: 12 }, (_, i) =>
      moves_in(stage, pinion, browser(stage, pinion.url), { transport: names[i % names.length] })));
    for (const tab of tabs) await tab.chat();
    const victim = backends.find(({ name }) => name === tabs[0].home);
    const theirs = tabs.filter(({ home }) => home === victim.name);
    await victim.kill();
    await Promise.all(theirs.map(async (tab) => {
      await eventually('it has come back', () => tab.attempts.length > 0, { within: seconds(20) });
      tab.home = (await tab.who()).name;
      assert.notEqual(tab.home, victim.name);
      assert.deepEqual([tab.attempts, tab.failed], [[1], []]);
      await tab.chat();
      assert.equal(tab.lost, 1, 'its conversation has died with the process');
    }));
    for (const tab of tabs) if (!theirs.includes(tab)) assert.deepEqual([tab.ended, tab.lost], [[], 0]);

    await victim.start();
    await eventually('it is up again', async () => (await pinion.backends()).every(({ state }) => state === 'up'));
    for (let i = 0; i < 3; i++) {
      await Promise.all(theirs.map(async (tab) => {
        await tab.cut(tab.network);
        await returns(tab);
        await tab.chat();
        assert.equal(tab.turns, i + 2);
      }));
    }
    assert.deepEqual((await seen_by(backends)).wrong, []);
    await everybody_leaves(stage, pinion);
  });
});

describe('the client in Python', () => {
  for (const kind of ['chainlit-websockets', 'chainlit-wsproto']) {
    test(`is cut off and comes back to its process, ${kind}`, { timeout: seconds(90) }, async (t) => {
      const stage = Stage.of(t);
      const turns = 4;
      const backends = await stage.backends(kind, 3);
      const pinion = await stage.pinion({ backends, pool });
      await Promise.all(['polling,websocket', 'websocket', 'polling'].map(async (ways) => {
        const network = await cutter(stage, pinion.port);
        const child = new Child(python, [chainlit_client, network.url, ways, `py-${ways}`, turns]);
        stage.defer(() => child.kill());
        for (let turn = 1; turn < turns; turn++) {
          await child.line(new RegExp(`turn ${turn}: hello`), seconds(30));
          // As often as it takes: between two polls there is nothing to be cut.
          await eventually('it is cut off', () => {
            if (child.stdout.split('cut off').length > turn) return true;
            network.cut();
            return false;
          }, { every: 50 });
        }
        assert.equal(await child.ended(seconds(30)), 0, child.stderr);
        const homes = child.stdout.match(/^\S+(?= turn)/gm);
        assert.deepEqual(homes, Array(turns).fill(homes[0]), ways);
      }));
      const seen = await seen_by(backends);
      assert.deepEqual([seen.sessions, seen.anew], [3, []]);
      assert.ok(seen.restored >= 3 * (turns - 1), `${seen.restored} came back`);
      await everybody_leaves(stage, pinion);
    });
  }
});

describe('a cookie of pinion\'s own', () => {
  test('leads tabs that show no id yet to where their browser has been', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('chainlit-websockets', 3);
    const pinion = await stage.pinion({ backends, pool: { ...pool, affinity: { ...pool.affinity, cookie: 'pinion' } } });
    const visitor = browser(stage, pinion.url);
    const homes = [];
    for (const transport of [...names, ...names]) {
      const tab = await visitor.tab({ transport }).open({ cookie: false });
      homes.push((await tab.who()).name);
    }
    assert.deepEqual([...visitor.cookies.keys()], ['pinion']);
    assert.deepEqual(homes, Array(homes.length).fill(homes[0]));
    assert.equal(await pinion.metric('affinity_requests_total', 'result="followed"'), homes.length - 1);
    assert.equal(await pinion.metric('rebinds_total'), 0);

    // A tab that is duplicated into this browser has its process elsewhere, and from then on so has the browser.
    const other = await elsewhere(stage, pinion, homes[0]);
    const before = visitor.cookies.get('pinion');
    const tab = visitor.tab({ transport: 'polling' });
    tab.id = other.id;
    await tab.open({ cookie: false });
    assert.equal((await tab.who()).name, other.name);
    assert.notEqual(visitor.cookies.get('pinion'), before);
    const next = await visitor.tab({ transport: 'websocket' }).open({ cookie: false });
    assert.equal((await next.who()).name, other.name);
    assert.equal(await pinion.metric('rebinds_total', 'result="moved"'), 1);
    assert.equal(await pinion.metric('rebinds_total'), 1);
  });
});
