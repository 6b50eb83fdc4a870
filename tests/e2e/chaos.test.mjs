// Real clients and servers with a bad network on either side of pinion.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chaos } from './support/chaos.mjs';
import { call, open } from './support/client.mjs';
import { scenario } from './support/scenario.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, pause, seconds, within } from './support/wait.mjs';

const kinds = ['polling', 'websocket', 'upgrade'];
const networks = {
  'cuts to single bytes': { piece: 1 },
  'cuts and delays': { piece: 700, delay: 15 },
};

/** Backends, pinion, and a bad network on the side that is asked for: where clients connect, and pinion. */
async function set_up(stage, side, network, options = {}) {
  const backends = await stage.backends('node4', 2, options);
  if (side === 'in front of pinion') {
    const pinion = await stage.pinion({ backends });
    const bad = await chaos(stage, pinion.port, network);
    return { url: bad.url, pinion, bad: [bad] };
  }
  const bad = await Promise.all(backends.map(({ port }) => chaos(stage, port, network)));
  const pinion = await stage.pinion({ backends: bad });
  return { url: pinion.url, pinion, bad };
}

for (const side of ['in front of pinion', 'behind pinion']) {
  describe(`a bad network ${side}`, () => {
    for (const [name, network] of Object.entries(networks)) {
      for (const transport of kinds) {
        for (const version of [4, 2]) {
          test(`${name}: client ${version} by ${transport}`, { timeout: seconds(60) }, async (t) => {
            const stage = Stage.of(t);
            const { url, pinion } = await set_up(stage, side, network);
            await scenario(stage, url, { backends: 2, big: 3000, version, transport });
            stage.leave_clients();
            await pinion.comes_to_rest();
          });
        }
      }
    }

    test('drops connections: clients recover, nothing is left', { timeout: seconds(120) }, async (t) => {
      const stage = Stage.of(t);
      const network = { piece: 2000, delay: 2, drop: 0.02, seed: 7 };
      const socketio = { pingInterval: 2000, pingTimeout: 2000 };
      const { url, pinion, bad } = await set_up(stage, side, network, { socketio });
      const sockets = Array.from({ length: 30 }, (_, i) => stage.keep(open(url, {
        transport: kinds[i % 3], reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 500,
      })));
      let talking = true;
      const talks = sockets.map(async (socket, i) => {
        while (talking) {
          if (socket.connected) socket.emit('echo', 'x'.repeat(100 * i), () => {});
          await pause(30);
        }
      });
      const dropped = () => bad.reduce((sum, proxy) => sum + proxy.dropped, 0);
      await eventually('many connections were dropped', () => dropped() > 100, { within: seconds(40) });
      for (const proxy of bad) proxy.drop = 0;
      await eventually('all have recovered', () => sockets.every((socket) => socket.connected), { within: seconds(20) });
      talking = false;
      await Promise.all(talks);
      // One that was sent into a connection that is about to be given up has no answer, so it is sent again.
      await Promise.all(sockets.map((socket) => eventually('an echo', async () =>
        (await within('an answer', call(socket, 'echo', 1), seconds(3))) === 1, { within: seconds(30) })));
      stage.leave_clients();
      await pinion.comes_to_rest(seconds(20));
      assert.ok(pinion.child.running);
    });
  });
}
