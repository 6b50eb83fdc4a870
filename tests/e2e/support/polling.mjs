// A bare Engine.IO 4 client over polling, request by request, for tests that care which request goes where.
import http from 'node:http';
import { seconds } from './wait.mjs';

/** One HTTP request, by node:http unless told: {status, headers, body}. */
export function request(url, { via = http, method = 'GET', body, agent = false, headers = {}, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const sent = via.request(url, { method, agent, headers, timeout: seconds(30), ...options }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part)).on('error', reject).on('end', () => {
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${url}`)));
    sent.on('error', reject).end(body);
  });
}

export class PollingSession {
  #url;
  #agent;
  #headers;

  constructor(url, { agent = false, headers = {} } = {}) {
    this.#url = `${url}/socket.io/?EIO=4&transport=polling`;
    this.#agent = agent;
    this.#headers = headers;
  }

  async #ask(query, options = {}) {
    const answer = await request(this.#url + query, { agent: this.#agent, headers: this.#headers, ...options });
    if (answer.status !== 200) throw Object.assign(new Error(`${answer.status} ${answer.body}`), { answer });
    return answer.body;
  }

  /** Gets a sid. */
  async open() {
    const body = await this.#ask('');
    this.sid = JSON.parse(body.slice(1)).sid;
    return this;
  }

  /** Headers that later requests carry. */
  set headers(headers) {
    this.#headers = headers;
  }

  async poll() {
    return this.#ask(`&sid=${this.sid}`);
  }

  async push(packets) {
    return this.#ask(`&sid=${this.sid}`, { method: 'POST', body: packets });
  }

  /** Joins the default namespace. */
  async connect() {
    await this.push('40');
    const answer = await this.poll();
    if (!answer.startsWith('40{')) throw new Error(`no CONNECT but ${answer}`);
    return this;
  }

  /** The name of the server that holds the session. */
  async who() {
    await this.push('420["who"]');
    const answer = await this.poll();
    const match = /^430\["(.*)"\]$/.exec(answer);
    if (!match) throw new Error(`no ack but ${answer}`);
    return match[1];
  }

  /** Says good-bye as a client does. */
  async close() {
    return this.push('1');
  }
}
