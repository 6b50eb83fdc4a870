// A stage: the servers, the proxy and the clients of one test, all of which leave when it is over.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Backend } from './backend.mjs';
import { Pinion } from './pinion.mjs';

export class Stage {
  #leave = [];
  #clients = [];

  /** A stage that is cleared when the test `t` ends. */
  static of(t) {
    const stage = new Stage();
    t.after(() => stage.close());
    return stage;
  }

  /** Calls `leave` when the stage is cleared; the last to come is the first to go. */
  defer(leave) {
    this.#leave.push(leave);
  }

  /** A folder that lasts as long as the stage. */
  async folder() {
    const path = await mkdtemp(join(tmpdir(), 'pinion-e2e-'));
    this.defer(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  /** A chat server of one of the kinds of backend.mjs. */
  async backend(kind, name, options = {}) {
    const backend = new Backend(kind, name, options);
    this.defer(() => backend.kill());
    await backend.start();
    return backend;
  }

  /** `count` servers of one kind, started side by side. */
  async backends(kind, count, options = {}) {
    return Promise.all(Array.from({ length: count }, (_, i) => this.backend(kind, `${kind}-${i + 1}`, options)));
  }

  /** pinion in front of `backends`; what else its config says is told in pinion.mjs. */
  async pinion(config) {
    const pinion = new Pinion(config, await this.folder());
    this.defer(() => pinion.kill());
    await pinion.start();
    return pinion;
  }

  /** A client, to be ended at the end. */
  keep(client) {
    this.#clients.push(client);
    return client;
  }

  /** Ends all clients. */
  leave_clients() {
    for (const client of this.#clients.splice(0)) {
      (client.disconnect ?? client.terminate ?? client.destroy ?? client.close).call(client);
    }
  }

  async close() {
    this.leave_clients();
    while (this.#leave.length > 0) await this.#leave.pop()();
  }
}
