// The people: they come at random, stay for a heavy-tailed time, and each hears tokens at a heavy-tailed rate over a
// WebSocket of its own. What a token's delay is counts from when it was due, so a server that is late cannot hide it.
import { createRequire } from 'node:module';
import { exponential, pareto, random_from } from './random.mjs';

const { WebSocket } = createRequire(new URL('../../e2e/package.json', import.meta.url))('ws');
const now = () => Number(process.hrtime.bigint()) / 1e6;

const kStall = 1000; // ms without a token, while one was due: the screen stands still

export class People {
  delays = [];
  stalls = 0;
  refused = 0;
  came = 0;
  #here = new Set();

  /** @param load {seed, arrivals (a second), life, rate (means), shortest} */
  constructor(url, load) {
    this.url = url.replace('http', 'ws') + '/socket.io/?EIO=4&transport=websocket';
    this.load = load;
  }

  /** Lets people come for `seconds`; counts what is due after `warm_up`. */
  async run(seconds, warm_up) {
    const random = random_from(this.load.seed);
    const began = now();
    this.counts_from = began + 1000 * warm_up;
    this.ends = began + 1000 * seconds;
    for (let at = began + 1000 * exponential(random, this.load.arrivals); at < this.ends;) {
      const life = pareto(random, this.load.life, 1.8, 15 * this.load.life);
      const rate = pareto(random, this.load.rate, 1.6, 10 * this.load.rate);
      await new Promise((resolve) => setTimeout(resolve, at - now()));
      this.#come({ seed: Math.floor(random() * 2 ** 32), life, rate });
      at += 1000 * exponential(random, this.load.arrivals);
    }
    await new Promise((resolve) => setTimeout(resolve, this.ends - now()));
  }

  /** All go home. */
  leave() {
    for (const leave of this.#here) leave();
  }

  #come(talk) {
    this.came++;
    const socket = new WebSocket(this.url, { perMessageDeflate: false });
    let last;
    const leave = () => socket.terminate();
    this.#here.add(leave);
    socket.on('error', () => this.refused++);
    socket.on('close', () => this.#here.delete(leave));
    socket.on('message', (data) => {
      const text = String(data);
      if (text === '2') return socket.send('3');
      if (text.startsWith('0')) return socket.send('40');
      if (text.startsWith('40')) return socket.send(`42${JSON.stringify(['talk', talk])}`);
      if (!text.startsWith('42')) return undefined;
      const [event, due] = JSON.parse(text.slice(2));
      if (event === 'over') {
        this.#here.delete(leave);
        return socket.close();
      }
      const heard = now();
      this.count(due, heard);
      if (last !== undefined && due > this.counts_from && heard - last > kStall && heard - due > kStall / 2) this.stalls++;
      last = heard;
      return undefined;
    });
  }

  /** A token that was due then and is heard, or still waited for, now. */
  count(due, heard) {
    if (due > this.counts_from && due < this.ends) this.delays.push(heard - due);
  }

  /** {tokens, p50, p99 (ms), stalls (for each 1000 tokens), refused} */
  result() {
    const sorted = Float64Array.from(this.delays).sort();
    const at = (share) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
    return {
      tokens: sorted.length,
      p50: at(0.5),
      p99: at(0.99),
      stalls: (1000 * this.stalls) / Math.max(sorted.length, 1),
      refused: this.refused,
      came: this.came,
    };
  }
}
