// What it costs pinion to look for an id in each CONNECT, though none has to be moved, and to keep ids.
import { randomUUID } from 'node:crypto';
import { beside } from './crowds.mjs';
import { cpu_meanwhile, median } from './cpu.mjs';
import { come_and_go, each_of, join_by_polling, join_by_websocket, join_compressed } from './joiners.mjs';
import { eventually } from '../../e2e/support/wait.mjs';

const kAtATime = 16;
const kMostAdded = 20_000; // ns of a session that need not be moved
const kMostKept = 200;     // bytes of an id
const ways = { 'by WebSocket': join_by_websocket, compressed: join_compressed, 'by polling': join_by_polling };
const us = (ns) => `${(ns / 1000).toFixed(1)} us`;

const fresh_ids = (count) => Array.from({ length: count }, () => randomUUID());

function start(stage, port, pool) {
  return stage.pinion({ workers: 1, log: { level: 'warning' }, pool: { backends: [`127.0.0.1:${port}`], ...pool } });
}

/** CPU of pinion for each session, in ns. */
async function session_cost(pinion, way, ids) {
  const { used } = await cpu_meanwhile(pinion.child.pid, async () => {
    await each_of(ids, kAtATime, pinion.port, way);
    await eventually('all have left', async () => (await pinion.status()).totals.pins === 0, { within: 30_000, every: 10 });
  });
  return used / ids.length;
}

/** In turns, so that what drifts drifts for both. */
async function connects(stage, port, { rounds, sessions }) {
  const plain = await start(stage, port, { socketio_path: '/ws/socket.io/' });
  const keeping = await start(stage, port, { preset: 'chainlit' });
  const lines = [];
  let misses = 0;
  for (const [name, way] of Object.entries(ways)) {
    const without = [], first = [], again = [];
    for (let i = 0; i < rounds; i++) {
      const ids = fresh_ids(sessions);
      without.push(await session_cost(plain, way, ids));
      first.push(await session_cost(keeping, way, ids));
      again.push(await session_cost(keeping, way, ids));
    }
    const added = [first, again].map((costs) => median(costs.map((cost, i) => cost - without[i])));
    misses += added.filter((cost) => cost >= kMostAdded).length;
    lines.push([`a session ${name}, without affinity`, us(median(without))]);
    lines.push([`more ${name}, with an id that is not known; is known`, added.map(us).join('; ')]);
  }
  return { lines, misses };
}

async function memory(stage, port, ids) {
  const pinion = await start(stage, port, { preset: 'chainlit' });
  const keep = async (count) => {
    await each_of(fresh_ids(count), kAtATime, pinion.port, come_and_go);
    await eventually('all have left', async () => (await pinion.status()).totals.pins === 0, { within: 30_000 });
    return { bytes: (await pinion.memory()).now, ids: await pinion.metric('affinity_ids') };
  };
  const before = await keep(Math.ceil(ids / 20));
  const after = await keep(ids);
  return { ids: after.ids - before.ids, each: (after.bytes - before.bytes) / (after.ids - before.ids) };
}

export async function cost(stage, { rounds, sessions, ids }) {
  const { port } = await beside(stage, 'engine.mjs', {}).hears(10_000);
  const { lines, misses } = await connects(stage, port, { rounds, sessions });
  const kept = await memory(stage, port, ids);
  return {
    ...Object.fromEntries(lines),
    'memory of an id that is kept': `${kept.each.toFixed(0)} bytes, of ${kept.ids} ids`,
    misses: misses + (kept.each < kMostKept ? 0 : 1),
  };
}
