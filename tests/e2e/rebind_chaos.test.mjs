// Sessions with ids of an application, whose clients and backends are cut off at any moment: while they wait for their
// CONNECT, are moved, or upgrade. Nothing is left behind, and who stays meets its id's backend.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, client, open } from './support/client.mjs';
import { cutter } from './support/cutter.mjs';
import { Stage } from './support/stage.mjs';
import { pause, random_from, seconds, slow } from './support/wait.mjs';

const seed = Number(process.env.PINION_SEED ?? 4);
const visits = Number(process.env.PINION_VISITS ?? 160);
const at_once = 12;
const ids = 8;

test(`ids in a storm of resets, seed ${seed}`, { timeout: seconds(60) + visits * 100 * slow }, async (t) => {
  const random = random_from(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const stage = Stage.of(t);
  const servers = await stage.backends('node4', 3, { ping: 4 * slow, socketio: { perMessageDeflate: { threshold: 0 } } });
  const far = await Promise.all(servers.map((server) => cutter(stage, server.port)));
  const pinion = await stage.pinion({
    backends: far.map((one, i) => ({ kind: 'node4', name: servers[i].name, address: `127.0.0.1:${one.port}` })),
    pool: {
      balance: 'round_robin', affinity: { ids: ['connect:id', 'query:tab'], connect_wait: '200ms', move_wait: '1s' },
    },
  });
  const near = await Promise.all(Array.from({ length: at_once }, () => cutter(stage, pinion.port)));

  async function visit(i, door) {
    const options = {
      transport: pick(['upgrade', 'websocket', 'polling']), perMessageDeflate: random() < 0.5 && { threshold: 0 },
      auth: { id: `tab-${Math.floor(random() * ids)}` },
    };
    const socket = open(door.url, options);
    const stays = random() < 0.4;
    const gone = new Promise((resolve) => {
      for (const event of ['disconnect', 'connect_error']) socket.once(event, resolve);
    });
    if (stays) {
      await Promise.race([gone, call(socket, 'echo', i).catch(() => {})]);
    } else {
      await Promise.race([gone, pause(random() * 40 * slow)]);
      const what = random();
      if (what < 0.5) door.cut();
      else if (what < 0.6) pick(far).cut();
    }
    socket.disconnect();
  }
  let next = 0;
  await Promise.all(near.map(async (door) => {
    while (next < visits) await visit(next++, door);
  }));

  assert.ok(pinion.child.running, pinion.child.stderr);
  assert.ok(await pinion.metric('rebinds_total', 'result="moved"') > visits / 20);
  // Nobody is cut off from now on, and who stays where it is since the machine is busy would not be home.
  const { status } = await pinion.reload(({ pool: [{ affinity }] }) => Object.assign(affinity, { connect_wait: '10s', move_wait: '1m' }));
  assert.equal(status, 200);
  for (let i = 0; i < ids; i++) {
    const homes = [];
    for (const transport of ['polling', 'websocket', 'upgrade']) {
      const socket = await client(stage, pinion.url, { transport, auth: { id: `tab-${i}` } });
      const gone = new Promise((_, reject) => socket.once('disconnect', (why) => reject(new Error(`tab-${i}: ${why}`))));
      homes.push(await Promise.race([gone, call(socket, 'who')]));
      gone.catch(() => {}); // its end, later
    }
    assert.equal(new Set(homes).size, 1, `tab-${i}: ${homes}`);
  }
  stage.leave_clients();
  for (const door of near) door.close();
  await pinion.comes_to_rest();
});
