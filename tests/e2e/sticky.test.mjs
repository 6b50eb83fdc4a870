// A session's requests reach its own backend, whatever connection, worker, cookie or Referer they come with.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { PollingSession, request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds, slow } from './support/wait.mjs';

describe('stickiness over 3 backends and 2 workers', () => {
  const stage = new Stage();
  let backends;
  let pinion;

  before(async () => {
    // Nobody here expects a ping, however long a busy machine takes.
    backends = await stage.backends('node4', 3, { ping: 100 * slow });
    // By count, so that what is measured on a busy machine does not decide who sits where.
    pinion = await stage.pinion({ backends, pool: { balance: 'least_sessions' } });
  });
  after(() => stage.close());

  const unknown_sids = async () => {
    const seen = await Promise.all(backends.map((backend) => backend.seen()));
    return seen.reduce((sum, one) => sum + (one.errors[1] ?? 0), 0);
  };

  test('1000 sessions without cookies share 20 connections', { timeout: seconds(90) }, async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 20, maxFreeSockets: 20, scheduling: 'fifo' });
    const sessions = Array.from({ length: 1000 }, () => new PollingSession(pinion.url, { agent }));
    const each = (step) => Promise.all(sessions.map(step));
    try {
      await each((session) => session.open());
      assert.equal(new Set(sessions.map((session) => session.sid)).size, 1000);
      assert.equal((await pinion.status()).connections, 20);
      assert.equal((await pinion.status()).totals.sessions, 1000);

      await each((session) => session.connect());
      const homes = await each((session) => session.who());
      for (let round = 0; round < 2; round++) assert.deepEqual(await each((session) => session.who()), homes);

      for (const backend of backends) {
        const here = homes.filter((home) => home === backend.name).length;
        assert.ok(here >= 333 && here <= 334, `${backend.name} has ${here}`);
        assert.equal((await backend.seen()).clients, here);
      }
      assert.equal(await unknown_sids(), 0);
      assert.equal(await pinion.metric('unknown_sid_total'), 0);
      await each((session) => session.close());
    } finally {
      agent.destroy();
    }
    await pinion.comes_to_rest();
  });

  /** Sessions that live on different backends: [{ session, home }]. */
  async function neighbours() {
    const found = new Map();
    await eventually('every backend has one', async () => {
      const session = await (await new PollingSession(pinion.url).open()).connect();
      const home = await session.who();
      if (found.has(home)) await session.close();
      else found.set(home, { session, home });
      return found.size === backends.length;
    });
    return [...found.values()];
  }

  test('the sid of somebody else in Referer and Cookie means nothing', { timeout: seconds(30) }, async () => {
    const all = await neighbours();
    const other = all[1].session.sid;
    all[0].session.headers = {
      referer: `${pinion.url}/socket.io/?EIO=4&transport=polling&sid=${other}`,
      cookie: `io=${other}; sid=${other}`,
    };
    assert.equal(await all[0].session.who(), all[0].home);
    for (const { session } of all) await session.close();
    await pinion.comes_to_rest();
  });

  test('the query is read as the servers read it', { timeout: seconds(30) }, async () => {
    const all = await neighbours();
    const [mine, other] = [all[0].session.sid, all[1].session.sid];
    const hex = (text) => [...text].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
    const spellings = [
      `sid=${other}&sid=${mine}`, // the last one counts
      `sid=${hex(mine)}`,
      `${hex('sid')}=${mine}`,
      `SID=${other}&sid=${mine}&xsid=${other}`,
    ];
    for (const spelling of spellings) {
      const pushed = await request(`${pinion.url}/socket.io/?EIO=4&transport=polling&${spelling}`, { method: 'POST', body: '420["who"]' });
      assert.equal(pushed.status, 200, `${spelling}: ${pushed.body}`);
      assert.equal(await all[0].session.poll(), `430["${all[0].home}"]`);
    }
    for (const { session } of all) await session.close();
    await pinion.comes_to_rest();
  });

  test('the paths of other services under the same pool are spread', { timeout: seconds(30) }, async () => {
    const names = new Set();
    await eventually('all three answered', async () => names.add((await request(`${pinion.url}/any`)).body).size === 3);
  });
});
