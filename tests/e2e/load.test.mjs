// What pinion knows of the load of its backends, and how one that comes back takes its part.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, client } from './support/client.mjs';
import { PollingSession } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

const state_of = async (pinion, name) => (await pinion.backends()).find((backend) => backend.address === name.address);

describe('the load of a backend', () => {
  for (const transport of ['polling', 'websocket']) {
    test(`what passes by ${transport} is told as rates`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const [backend] = await stage.backends('node4', 1);
      const pinion = await stage.pinion({ backends: [backend] });
      assert.equal((await state_of(pinion, backend)).work_rate, 0);
      const socket = await client(stage, pinion.url, { transport });
      await eventually('the rates are seen', async () => {
        for (let i = 0; i < 20; ++i) await call(socket, 'echo', 'x'.repeat(100));
        const seen = await state_of(pinion, backend);
        return seen.frames_in_rate > 1 && seen.frames_out_rate > 1 && seen.bytes_in_rate > 100 * seen.frames_in_rate * 0.5 &&
          seen.bytes_out_rate > 100 && seen.work_rate >= seen.frames_in_rate + seen.frames_out_rate;
      }, { within: seconds(20) });
      assert.ok((await pinion.metric('backend_work_rate')) > 0);
      socket.disconnect();
      await pinion.comes_to_rest();
    });
  }

  test('each placing is explained in the debug log', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ backends, pool: { balance: 'least_load' }, log: { level: 'debug' } });
    const session = await new PollingSession(pinion.url).open();
    await eventually('it is there', () =>
      /session placed .*backend=\S+ .*why="?(counting|measured)[^\n]*among=/.test(pinion.child.stderr));
    await session.close();
  });

  test('so is each that is refused', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [{ address }] = await stage.backends('node4', 1);
    const backend = [{ name: 'small', address, max_sessions: 1 }];
    const pinion = await stage.pinion({ pool: { backend, balance: 'least_load', admission: { queue: 0 } }, log: { level: 'debug' } });
    const session = await new PollingSession(pinion.url).open();
    await assert.rejects(new PollingSession(pinion.url).open());
    await pinion.says(/session refused .*why=sessions_full among="small: load [^"]*1 sessions, full"/);
    await session.close();
  });

  test('a backend that comes back ramps up', { timeout: seconds(90) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 4);
    const [a] = backends;
    // By counts, since what is measured of a machine that is busy would send them elsewhere.
    const pinion = await stage.pinion({ backends, workers: 1, pool: { ramp: '10m', balance: 'least_sessions' } });
    const sessions = await Promise.all(Array.from({ length: 40 }, () => new PollingSession(pinion.url).open()));
    assert.equal((await state_of(pinion, a)).sessions, 10);
    await a.kill();
    await eventually('it is seen to be down', async () => {
      const more = await new PollingSession(pinion.url).open();
      sessions.push(more);
      return (await state_of(pinion, a)).why === 'down';
    }, { within: seconds(20), every: 100 });
    await a.start();
    await eventually('it is back', async () => /^ramping \d+ s$/.test((await state_of(pinion, a)).why), { within: seconds(20) });
    const before = (await state_of(pinion, a)).sessions_total;
    for (let i = 0; i < 20; ++i) sessions.push(await new PollingSession(pinion.url).open());
    const taken = (await state_of(pinion, a)).sessions_total - before;
    // It has the fewest sessions, so it would get them all.
    assert.ok(taken >= 9 && taken <= 10, `${taken} of 20`);
    assert.equal(await pinion.metric('backend_ramping'), 1);
    await Promise.allSettled(sessions.map((session) => session.close()));
  });
});
