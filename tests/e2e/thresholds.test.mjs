// Limits of a pool: backends that are busy or full, how pinion says so, and how they become calm again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PollingSession } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

const level = async (pinion, name) => (await pinion.backends()).find((one) => one.name === name).level;

describe('thresholds', () => {
  test('a full backend gets nobody until it has come down to 80 % of its limit', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const server = await stage.backend('node4', 'only');
    const pinion = await stage.pinion({
      pool: { backend: [{ name: 'only', address: server.address }], thresholds: { full: { sessions: 10 } }, admission: { wait: '1m' } },
    });
    const sessions = await Promise.all(Array.from({ length: 10 }, () => new PollingSession(pinion.url).open()));
    await eventually('it is full', async () => (await level(pinion, 'only')) === 'full');
    const [view] = await pinion.backends();
    assert.deepEqual([view.level_limit, view.ready, view.reason], ['sessions', false, 'is full by its limit of sessions']);
    assert.equal(view.why, 'full by its limit of sessions');
    assert.equal(await pinion.metric('backend_level', 'backend="only"'), 2);
    assert.match((await pinion.command('status')).stdout, /is full by its limit of sessions/);

    const late = new PollingSession(pinion.url).open();
    await eventually('it waits', async () => (await pinion.status()).pools[0].waiting === 1);
    // Two, so that the next one does not fill it again.
    await sessions.pop().close();
    const leaving = Date.now();
    await sessions.pop().close();
    sessions.push(await late);
    // At 80 % of it, but not before that was so for two seconds.
    assert.ok(Date.now() - leaving >= 1900, `it came after ${Date.now() - leaving} ms`);
    assert.equal(await level(pinion, 'only'), 'calm');
    assert.equal(await pinion.metric('backend_level_changes_total', 'backend="only"'), 2);
    await pinion.child.line(/level has changed.*full.*calm|level has changed.*calm.*full/);
    await Promise.all(sessions.map((session) => session.close()));
    await pinion.comes_to_rest();
  });

  test('a busy backend gets new sessions only when no calm one has room', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a, b] = await stage.backends('node4', 2);
    const backend = [{ name: 'a', address: a.address, weight: 100 }, { name: 'b', address: b.address, max_sessions: 2 }];
    const pinion = await stage.pinion({ pool: { balance: 'least_sessions', backend, thresholds: { busy: { sessions: 3 } } } });
    const sessions = [];
    const open = async () => sessions.push(await new PollingSession(pinion.url).open());
    const counts = async () => (await pinion.backends()).map((one) => one.sessions);
    // By weight nearly all would come to a.
    while ((await counts())[0] < 3) await open();
    await eventually('a is busy', async () => (await level(pinion, 'a')) === 'busy');
    assert.match((await pinion.backends())[0].why, /^busy by its limit of sessions: /);
    while ((await counts())[1] < 2) await open();
    assert.equal((await counts())[0], 3);
    await open();
    assert.deepEqual(await counts(), [4, 2]);
    await Promise.all(sessions.map((session) => session.close()));
    await pinion.comes_to_rest();
    await eventually('a is calm', async () => (await level(pinion, 'a')) === 'calm');
  });

  test('no more come to a busy one when they come all at once', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [a, b] = await stage.backends('node4', 2);
    const backend = [{ name: 'a', address: a.address, weight: 100 }, { name: 'b', address: b.address }];
    const pinion = await stage.pinion({ pool: { balance: 'least_sessions', backend, thresholds: { busy: { sessions: 3 } } } });
    const sessions = await Promise.all(Array.from({ length: 6 }, () => new PollingSession(pinion.url).open()));
    assert.deepEqual((await pinion.backends()).map((one) => one.sessions), [3, 3]);
    await Promise.all(sessions.map((session) => session.close()));
    await pinion.comes_to_rest();
  });
});
