// A TCP proxy that treats bytes badly: cuts them up, holds them back, drops the connection. Never changes them.
import net from 'node:net';
import { reset_socket } from './raw.mjs';
import { pause, random_from } from './wait.mjs';

export class Chaos {
  #server;
  #pairs = new Set();

  /**
   * @param piece most bytes that are passed on in one go; pieces are sent one by one
   * @param delay most milliseconds that a piece is held back
   * @param drop chance, for each piece, that both connections are reset
   */
  constructor(target, { piece = 65536, delay = 0, drop = 0, seed = 1 } = {}) {
    Object.assign(this, { target, piece, delay, drop, random: random_from(seed), dropped: 0, connections: 0 });
  }

  async start() {
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#join(near));
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    this.address = `127.0.0.1:${this.port}`;
    this.url = `http://${this.address}`;
    return this;
  }

  #join(near) {
    this.connections++;
    const far = net.connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const pair = [near, far];
    this.#pairs.add(pair);
    const reset = () => {
      this.#pairs.delete(pair);
      for (const socket of pair) reset_socket(socket);
    };
    for (const socket of pair) socket.on('error', reset);
    this.#pass(near, far, reset);
    this.#pass(far, near, reset);
  }

  async #pass(from, to, reset) {
    try {
      for await (const bytes of from) {
        for (let at = 0; at < bytes.length;) {
          const size = 1 + Math.floor(this.random() * this.piece);
          if (this.delay > 0) await pause(this.random() * this.delay);
          if (this.random() < this.drop) {
            this.dropped++;
            return void reset();
          }
          await new Promise((resolve, reject) =>
            to.write(bytes.subarray(at, at + size), (error) => (error ? reject(error) : resolve())));
          at += size;
        }
      }
      to.end();
    } catch {
      reset();
    }
  }

  close() {
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }
}

/** A chaos proxy in front of a port, for as long as the stage lasts. */
export async function chaos(stage, port, options) {
  const proxy = await new Chaos(port, options).start();
  stage.defer(() => proxy.close());
  return proxy;
}
