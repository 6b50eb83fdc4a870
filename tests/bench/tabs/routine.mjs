// What one tab does, time after time: it chats, uploads a file and downloads it, presses a button, and is cut off somewhere
// meanwhile; what was cut off it does again.
import { once, pause, within } from '../../e2e/support/wait.mjs';

const kPatience = 60_000; // ms after which a tab counts as stuck
const kNoticed = 1000;    // ms within which a cut is noticed, if anything has been cut
const kReported = 5000;   // ms within which a connection of before tells that it was cut, on a busy machine
const kTwice = 0.3;       // share of cuts that are followed by another one, while the tab comes back
const kReturning = 200;   // ms that coming back takes, about
const kWorking = 0.6;     // share of a round in which it does something

export class Routine {
  #tried_at = -Infinity; // to come back
  #stuck = false;

  /**
   * @param line the Line on which it reaches the servers
   * @param round ms that one time takes, about
   */
  constructor(tab, { line, random, round }) {
    Object.assign(this, { tab, line, random, round });
  }

  async run(times, tally) {
    this.tally = tally;
    this.tab.socket.io.on('reconnect_attempt', () => this.#tried_at = performance.now());
    this.tab.socket.on('connect_error', (error) => this.#missed(error));
    await pause(this.round * this.random());
    await this.#is_back();
    for (let i = 0; i < times && !this.#stuck; i++) await Promise.all([this.#work(`time ${i}`), this.#mishap()]);
  }

  #pause() {
    return pause(this.random() * this.round * kWorking / 2);
  }

  async #work(text) {
    await this.#chat(text);
    await this.#pause();
    const content = `${text} of ${this.tab.id}`;
    const id = await this.#ask('upload', () => this.tab.upload(content));
    await this.#pause();
    if (id !== undefined) {
      const file = await this.#ask('download', () => this.tab.download(id));
      if (file !== undefined && file !== content) this.tally.garbled.push(`file ${id}`);
    }
    await this.#pause();
    await this.#ask('action', () => this.tab.action());
    await this.#pause();
    await this.#chat(`${text} again`);
  }

  async #mishap() {
    await pause(this.random() * this.round * kWorking);
    await this.#cut();
    const { socket } = this.tab;
    if (this.random() < kTwice && !socket.connected) {
      const begins = once(socket.io, 'reconnect_attempt', kPatience); // it may be past that
      await Promise.race([begins, once(socket, 'connect', kPatience)]).catch(() => {});
      await pause(this.random() ** 2 * kReturning);
      await this.#cut();
    }
    await this.#is_back();
  }

  async #cut() {
    const { tab: { socket }, line } = this;
    const noticed = socket.connected ? once(socket, 'disconnect', kNoticed) : Promise.resolve();
    this.tally.cuts++;
    line.cut();
    await noticed.catch(() => {}); // it had no connection just now
  }

  async #is_back() {
    const { socket } = this.tab;
    if (socket.connected) return;
    try {
      await once(socket, 'connect', kPatience);
      this.tally.back.push(performance.now() - this.line.cut_at);
    } catch {
      this.#stuck = true;
      this.tally.stuck.push(`${this.tab.transport}, engine ${socket.io.engine?.readyState}, manager ${socket.io._readyState}`);
    }
  }

  // A try to connect. (One that is cut off behind the 101, before the open packet, the client finds out after 20 s.)
  #missed({ message, description }) {
    if (this.line.cut_at >= this.#tried_at) return;
    const why = typeof description === 'object' ? description?.message ?? '' : description ?? '';
    this.tally.failed.push(`${message} ${why}`.trim());
  }

  /** @returns what the request has brought, or undefined when it went wrong; what was cut off is asked for again */
  async #ask(what, request) {
    const { tally, line } = this;
    for (;;) {
      const began = performance.now();
      try {
        return await request();
      } catch (error) {
        if (began > line.cut_at && performance.now() > line.cut_at + kReported) {
          tally.failed.push(`${what}: ${error.code ?? error.message}`);
          return undefined;
        }
        tally.interrupted++;
      }
    }
  }

  async #chat(text) {
    const { tab: { socket }, tally } = this;
    for (;;) {
      while (!socket.connected && !this.#stuck) await once(socket, 'connect', kPatience).catch(() => {});
      if (this.#stuck) return;
      const answer = await this.#answer_to(text);
      if (answer === undefined) continue;
      if (answer === '') return;
      tally.answers++;
      if (!answer.endsWith(`: ${text}`)) tally.garbled.push(answer);
      return;
    }
  }

  /** @returns what was answered; undefined when it was cut off before, '' when nothing has come */
  async #answer_to(text) {
    const { tab: { socket }, tab, tally } = this;
    const message = tab.say(text);
    let hear;
    const answered = new Promise((resolve) => {
      hear = (answer) => answer.answers === message.id && resolve(answer.output.trim());
      socket.on('update_message', hear);
    });
    const cut_off = new Promise((resolve) => socket.once('disconnect', () => resolve()));
    try {
      const answer = await within('an answer', Promise.race([answered, cut_off]), kPatience);
      if (answer === undefined) tally.unanswered++;
      return answer;
    } catch (error) {
      tally.failed.push(`chat: ${error.message}`);
      return '';
    } finally {
      socket.off('update_message', hear);
    }
  }
}
