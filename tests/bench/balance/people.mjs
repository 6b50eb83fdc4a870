// The people: they come at random, stay for a heavy-tailed time, and each hears tokens at a heavy-tailed rate over a
// WebSocket of its own, and comes back when it is cut. What a token's delay is counts from when it was due, so a server
// that is late cannot hide it.
import { createRequire } from 'node:module';
import { exponential, pareto, random_from } from './random.mjs';

const { WebSocket } = createRequire(new URL('../../e2e/package.json', import.meta.url))('ws');
const now = () => Number(process.hrtime.bigint()) / 1e6;

const kStall = 1000; // ms without a token, while one was due: the screen stands still

export class People {
  delays = [];
  away = [];
  opened = [];
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
    const person = { ...talk, came: now(), goes: now() + 1000 * talk.life, random: random_from(talk.seed) };
    const leave = () => {
      this.#here.delete(leave);
      clearTimeout(person.returning);
      person.left = true;
      person.socket?.terminate();
    };
    this.#here.add(leave);
    this.#connect(person, leave);
  }

  #connect(person, leave) {
    const socket = new WebSocket(this.url, { perMessageDeflate: false });
    person.socket = socket;
    socket.on('error', () => this.refused++);
    socket.on('close', () => this.#cut(person, leave));
    socket.on('message', (data) => {
      const text = String(data);
      if (text === '2') return socket.send('3');
      if (text.startsWith('0')) return socket.send('40');
      if (text.startsWith('40')) {
        this.#count_opened(person);
        return socket.send(`42${JSON.stringify(['talk', this.#rest(person)])}`);
      }
      if (!text.startsWith('42')) return undefined;
      const [event, due] = JSON.parse(text.slice(2));
      return event === 'over' ? leave() : this.#hear(person, due);
    });
  }

  /** From when somebody came until he may talk. */
  #count_opened(person) {
    if (person.came > this.counts_from) this.opened.push(now() - person.came);
    person.came = 0;
  }

  /** What is left of a talk: after a cut it goes on for as long as it would have. */
  #rest({ seed, rate, goes }) {
    return { seed, rate, life: (goes - now()) / 1000 };
  }

  /** Comes back as the socket.io client does: after 0.5 to 1.5 s, then twice as long, 5 s (and a half) at most. */
  #cut(person, leave) {
    if (person.left) return;
    person.cut ??= now();
    person.tries = (person.tries ?? 0) + 1;
    const wait = Math.min(1000 * 2 ** (person.tries - 1), 5000) * (0.5 + person.random());
    if (now() + wait > Math.min(person.goes, this.ends)) {
      this.#count_away(person.cut, Math.min(person.goes, this.ends));
      return leave();
    }
    person.returning = setTimeout(() => this.#connect(person, leave), wait);
  }

  #hear(person, due) {
    const heard = now();
    this.count(due, heard);
    if (person.cut !== undefined) {
      this.#count_away(person.cut, heard);
    } else if (person.last !== undefined && due > this.counts_from && heard - person.last > kStall && heard - due > kStall / 2) {
      this.stalls++;
    }
    person.last = heard;
    person.tries = 0;
    person.cut = undefined;
  }

  /** From the cut until the first token after it, or until the end. */
  #count_away(cut, back) {
    if (cut < this.counts_from) return;
    this.away.push(back - cut);
    if (back - cut > kStall) this.stalls++;
  }

  /** A token that was due then and is heard, or still waited for, now. */
  count(due, heard) {
    if (due > this.counts_from && due < this.ends) this.delays.push(heard - due);
  }

  /**
   * {tokens, p50, p99 (ms), stalls (for each 1000 tokens), opened (99 % may talk within so many ms), away (99 % of those
   * cut hear again within so many ms), cut, refused}
   */
  result() {
    const sorted = Float64Array.from(this.delays).sort();
    const at = (values, share) => values[Math.floor(share * (values.length - 1))] ?? NaN;
    return {
      tokens: sorted.length,
      p50: at(sorted, 0.5),
      p99: at(sorted, 0.99),
      stalls: (1000 * this.stalls) / Math.max(sorted.length, 1),
      opened: at(this.opened.sort((a, b) => a - b), 0.99),
      away: at(this.away.sort((a, b) => a - b), 0.99),
      cut: this.away.length,
      refused: this.refused,
      came: this.came,
    };
  }
}
