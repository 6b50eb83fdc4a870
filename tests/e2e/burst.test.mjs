// Sessions are counted when they are assigned, so that a burst is spread as evenly as a trickle.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PollingSession, request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { seconds } from './support/wait.mjs';

/** `count` handshakes at once; the sessions that were made, and the answers of those that were refused. */
async function burst(pinion, count) {
  const sessions = Array.from({ length: count }, () => new PollingSession(pinion.url));
  const opened = await Promise.allSettled(sessions.map((session) => session.open()));
  return {
    sessions: sessions.filter((session) => session.sid),
    refused: opened.filter((one) => one.status === 'rejected').map((one) => one.reason.answer ?? one.reason),
  };
}

// Probes that say nothing of the load, which is that of the machine here.
const counting = { health: { kind: 'tcp' } };

const share = async (pinion) => (await pinion.backends()).map((backend) => backend.sessions);

/** Their own count, which pinion cannot know. */
const clients = (backends) => Promise.all(backends.map(async (backend) => (await backend.seen()).clients));

async function leave(pinion, sessions) {
  await Promise.all(sessions.map((session) => session.close()));
  await pinion.comes_to_rest();
}

describe('a burst of handshakes', () => {
  for (const workers of [1, 2, 4]) {
    test(`100 at once on two idle backends, ${workers} workers`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const backends = await stage.backends('node4', 2);
      const pinion = await stage.pinion({ backends, workers, pool: counting });
      const { sessions, refused } = await burst(pinion, 100);
      assert.deepEqual(refused, []);
      for (const here of await share(pinion)) assert.ok(here >= 49 && here <= 51, `${here} of 100`);
      assert.deepEqual(await share(pinion), await clients(backends));
      await leave(pinion, sessions);
    });
  }

  for (const balance of ['least_load', 'least_sessions', 'round_robin']) {
    test(`${balance} with weights 2 and 1`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const [a, b] = await stage.backends('node4', 2);
      const backend = [{ name: 'a', address: a.address, weight: 2 }, { name: 'b', address: b.address }];
      const pinion = await stage.pinion({ pool: { ...counting, balance, backend } });
      const { sessions } = await burst(pinion, 99);
      const [on_a, on_b] = await share(pinion);
      assert.ok(on_a >= 65 && on_a <= 67 && on_a + on_b === 99, `${on_a} and ${on_b}`);
      await leave(pinion, sessions);
    });
  }

  test('random_two stays near the middle', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 3), pool: { balance: 'random_two' } });
    const { sessions } = await burst(pinion, 99);
    for (const here of await share(pinion)) assert.ok(here >= 25 && here <= 41, `${here} of 99`);
    await leave(pinion, sessions);
  });

  test('max_sessions holds, and who comes too late hears when to come back', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const servers = await stage.backends('node4', 2);
    const backend = servers.map(({ name, address }) => ({ name, address, max_sessions: 10 }));
    const pinion = await stage.pinion({ pool: { backend, admission: { wait: '100ms' } } });
    const { sessions, refused } = await burst(pinion, 25);
    assert.equal(sessions.length, 20);
    assert.deepEqual(await share(pinion), [10, 10]);
    for (const answer of refused) {
      assert.equal(answer.status, 503);
      assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
      assert.ok(answer.headers['x-pinion-error']);
    }
    const origin = 'http://page.example';
    const seen = await request(`${pinion.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
    assert.equal(seen.status, 503);
    assert.equal(seen.headers['access-control-allow-origin'], origin);

    await sessions.pop().close();
    await new PollingSession(pinion.url).open().then((session) => sessions.push(session));
    await leave(pinion, sessions);
  });

  test('a place is free as soon as the good-bye was answered, on any worker', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [server] = await stage.backends('node4', 1);
    const backend = [{ name: server.name, address: server.address, max_sessions: 1 }];
    const pinion = await stage.pinion({ workers: 4, pool: { backend } });
    for (let turn = 0; turn < 200; turn++) {
      const session = await new PollingSession(pinion.url).open();
      await session.close();
    }
    await pinion.comes_to_rest();
  });
});
