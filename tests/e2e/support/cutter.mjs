// A TCP proxy that passes everything on until it is told to cut: then it resets all connections, on both sides.
import net from 'node:net';
import { reset_socket } from './raw.mjs';

export class Cutter {
  #server;
  #pairs = new Set();

  /** @param from the address that the other side sees, of those that begin with 127. */
  constructor(target, { from } = {}) {
    Object.assign(this, { target, from, cuts: 0 });
  }

  async start() {
    this.#server = net.createServer({ noDelay: true }, (near) => this.#join(near));
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  #join(near) {
    const far = net.connect({ port: this.target, host: '127.0.0.1', localAddress: this.from, noDelay: true });
    const pair = [near, far];
    this.#pairs.add(pair);
    const gone = () => {
      if (!this.#pairs.delete(pair)) return;
      for (const socket of pair) reset_socket(socket);
    };
    for (const socket of pair) socket.on('error', gone).on('close', gone);
    near.pipe(far).pipe(near);
  }

  get connections() {
    return this.#pairs.size;
  }

  /** Resets what there is; new connections are passed on as before. */
  cut() {
    this.cuts++;
    for (const pair of this.#pairs) for (const socket of pair) reset_socket(socket);
    this.#pairs.clear();
  }

  close() {
    this.#server.close();
    this.cut();
  }
}

/** A cutter in front of a port, for as long as the stage lasts. */
export async function cutter(stage, port, options) {
  const proxy = await new Cutter(port, options).start();
  stage.defer(() => proxy.close());
  return proxy;
}
