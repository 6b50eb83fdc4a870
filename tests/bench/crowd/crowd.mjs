// A crowd that chats: each has a WebSocket of its own, says something now and then, and waits for the acknowledgement.
// Whoever is cut off comes back as socket.io clients do, and says again what had not been acknowledged.
import { createRequire } from 'node:module';
import { exponential } from '../balance/random.mjs';
import { eventually, random_from } from '../../e2e/support/wait.mjs';

const { WebSocket } = createRequire(new URL('../../e2e/package.json', import.meta.url))('ws');
const now = () => Number(process.hrtime.bigint()) / 1e6;

export const sorted_share = (values, share) => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
};

class Person {
  connected = false;
  said = 0;
  acknowledged = 0;
  lost_at = 0;
  #socket;
  #timers = new Set();
  #waiting = new Map(); // id: when it was first said
  #gone = false;

  constructor(crowd, random) {
    this.crowd = crowd;
    this.random = random;
  }

  connect() {
    const socket = new WebSocket(this.crowd.url, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('error', (error) => this.crowd.failed.push(error.message));
    socket.on('message', (data) => this.#hear(String(data)));
    socket.on('close', (code) => this.#lose(code));
  }

  #after(ms, action) {
    const timer = setTimeout(() => this.#timers.delete(timer) && action(), ms);
    this.#timers.add(timer);
  }

  #hear(text) {
    if (text === '2') return this.#socket.send('3');
    if (text.startsWith('0')) return this.#socket.send('40');
    if (text.startsWith('40')) return this.#join();
    const [, id, rest] = /^43(\d+)(\[.*\])$/.exec(text) ?? this.crowd.garbled.push(text);
    if (JSON.parse(rest)[0] !== `message ${id}`) this.crowd.garbled.push(text);
    const at = this.#waiting.get(id);
    if (at === undefined) return undefined; // acknowledged twice: it was said twice
    this.#waiting.delete(id);
    this.acknowledged++;
    return this.crowd.heard(this, now() - at);
  }

  #join() {
    this.connected = true;
    if (this.lost_at > 0) this.crowd.returns.push(now() - this.lost_at);
    for (const id of this.#waiting.keys()) this.#send(id);
    this.crowd.said_again += this.#waiting.size;
    this.#after(1000 * exponential(this.random, this.crowd.rate), () => this.#say());
  }

  #say() {
    if (!this.connected) return;
    if (!this.crowd.silent) {
      const id = String(++this.said);
      this.#waiting.set(id, now());
      this.#send(id);
    }
    this.#after(1000 * exponential(this.random, this.crowd.rate), () => this.#say());
  }

  #send(id) {
    this.#socket.send(`42${id}${JSON.stringify(['echo', `message ${id}`])}`);
  }

  #lose(code) {
    if (this.connected) this.crowd.closes.set(code, (this.crowd.closes.get(code) ?? 0) + 1);
    if (this.connected) this.lost_at = now();
    this.connected = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (!this.#gone) this.#after(1000 * (0.5 + this.random()), () => this.connect());
  }

  leave() {
    this.#gone = true;
    this.#socket?.terminate();
    this.#lose(1000);
  }
}

export class Crowd {
  people = [];
  failed = []; // handshakes, by what was wrong
  garbled = [];
  said_again = 0; // for want of an acknowledgement, after a reconnect
  returns = []; // ms from being cut off to being back
  closes = new Map();
  delays = [];
  silent = false;
  counts = () => true; // whose delays count

  /** @param rate messages a second of each */
  constructor(url, { count, rate, seed = 1 }) {
    this.url = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    this.rate = rate;
    const random = random_from(seed);
    for (let i = 0; i < count; i++) this.people.push(new Person(this, random));
  }

  /** All come, some at a time. */
  async come(a_second = 150) {
    for (const [i, person] of this.people.entries()) {
      person.connect();
      if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 50_000 / a_second));
    }
  }

  get all_here() {
    return this.people.every((person) => person.connected);
  }

  get said() {
    return this.people.reduce((sum, { said }) => sum + said, 0);
  }

  get acknowledged() {
    return this.people.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  heard(person, ms) {
    if (this.counts(person)) this.delays.push(ms);
  }

  /** The delays of the next `seconds`: {p50, p99, messages} */
  async measure(seconds) {
    this.delays = [];
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    return { p50: sorted_share(this.delays, 0.5), p99: sorted_share(this.delays, 0.99), messages: this.delays.length };
  }

  /** Everyone stops talking, and hears what is still to be acknowledged. */
  async all_is_heard() {
    this.silent = true;
    await eventually('all is acknowledged', () => this.said === this.acknowledged, { within: 30_000 });
  }

  leave() {
    for (const person of this.people) person.leave();
  }
}
