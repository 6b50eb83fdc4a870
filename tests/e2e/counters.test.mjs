// Whatever clients, servers and networks do in whatever order: when all have gone, every count is zero again.
// A failing row can be played again: E2E_SEED=N.
import { describe, test } from 'node:test';
import { call, client, engine_of } from './support/client.mjs';
import { PollingSession } from './support/polling.mjs';
import { dial, upgrade_request } from './support/raw.mjs';
import { Stage } from './support/stage.mjs';
import { pause, random_from, seconds, within } from './support/wait.mjs';

const kRows = 5;
const kSteps = 120;
const handshake = '/socket.io/?EIO=4&transport=polling';
const head = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

/** One row of events; what fails in it is part of the game, only the counts at its end matter. */
class Storm {
  sockets = [];
  peers = [];
  restarted = Promise.resolve();

  constructor(stage, pinion, backends, random) {
    Object.assign(this, { stage, pinion, backends, random });
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  take(list) {
    return list.splice(Math.floor(this.random() * list.length), 1)[0];
  }

  async peer(bytes) {
    const peer = this.stage.keep(await dial(this.pinion.port));
    this.peers.push(peer.write(bytes));
    return peer;
  }

  steps = {
    connect: async () => {
      const transport = this.pick(['polling', 'websocket', 'upgrade']);
      const version = this.pick([4, 4, 2]);
      this.sockets.push(await client(this.stage, this.pinion.url, { transport, version }));
    },
    disconnect: async () => this.take(this.sockets)?.disconnect(),
    terminate: async () => engine_of(this.take(this.sockets)).transport.ws?.terminate?.(),
    kick: async () => this.take(this.sockets)?.emit('kick'),
    talk: async () => call(this.pick(this.sockets), 'echo', 'x'.repeat(this.random() * 50_000)),
    close_engine: async () => engine_of(this.take(this.sockets)).close(),
    lone_handshake: async () => new PollingSession(this.pinion.url).open(),
    half_head: async () => this.peer('GET /socket.io/?EIO=4 HTTP/1.1\r\nHos'),
    half_body: async () => this.peer('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc'),
    handshake_and_go: async () => (await this.peer(head(handshake))).close(),
    upgrade_and_go: async () => {
      const peer = await upgrade_request(this.pinion.port, '/socket.io/?EIO=4&transport=websocket');
      if (this.random() < 0.5) await peer.until(/sid/);
      this.random() < 0.5 ? peer.reset() : peer.socket.end();
      this.stage.keep(peer);
    },
    poll_and_half_close: async () => {
      const session = await new PollingSession(this.pinion.url).open();
      (await this.peer(head(`${handshake}&sid=${session.sid}`))).socket.end();
    },
    poll_and_reset: async () => {
      const session = await (await new PollingSession(this.pinion.url).open()).connect();
      (await this.peer(head(`${handshake}&sid=${session.sid}`))).reset();
    },
    reset_a_peer: async () => this.take(this.peers)?.reset(),
    unknown: async () => this.peer(head(`${handshake}&sid=nobody`)),
    restart_backend: async () => {
      const backend = this.pick(this.backends);
      // One after the other: one that is killed while it starts does not say any more that it has.
      this.restarted = this.restarted.then(() => backend.kill()).then(() => backend.start());
      await this.restarted;
    },
  };

  async run() {
    const names = Object.keys(this.steps).filter((name) => name !== 'restart_backend');
    const running = [];
    for (let i = 0; i < kSteps; i++) {
      const name = i % 60 === 40 ? 'restart_backend' : this.pick([...names, 'connect', 'connect', 'talk']);
      const step = this.steps[name]();
      // What a restart has cut off does not come any more.
      running.push((name === 'restart_backend' ? step : within(name, step, seconds(3))).catch(() => {}));
      if (this.random() < 0.3) await pause(this.random() * 20);
    }
    await Promise.all(running);
    this.stage.leave_clients();
  }
}

describe('counters', () => {
  for (let row = 0; row < kRows; row++) {
    test(`come back to zero, row ${row}`, { timeout: seconds(90) }, async (t) => {
      const seed = Number(process.env.E2E_SEED ?? (Date.now() + row) % 1_000_000);
      t.diagnostic(`E2E_SEED=${seed}`);
      const stage = Stage.of(t);
      // Short ping times: who vanished without a word is soon known to be gone.
      const socketio = { pingInterval: 1000, pingTimeout: 1000 };
      const backends = await stage.backends('node4', 3, { socketio });
      const pinion = await stage.pinion({ backends, timeouts: { request_head: '1s', request_body_idle: '1s', keep_alive: '1s' } });
      try {
        await new Storm(stage, pinion, backends, random_from(seed)).run();
        await pinion.comes_to_rest(seconds(20));
      } catch (error) {
        throw new Error(`E2E_SEED=${seed}: ${error.message}`, { cause: error });
      }
    });
  }
});
