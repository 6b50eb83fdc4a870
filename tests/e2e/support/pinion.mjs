// The real pinion, started with a config of its own, and what its admin endpoint and the kernel tell about it.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, run } from './child.mjs';
import { to_toml } from './toml.mjs';
import { eventually, free_port, seconds, under_sanitizer } from './wait.mjs';

export const binary = process.env.PINION ?? fileURLToPath(new URL('../../../build/pinion', import.meta.url));

/** Opens a TCP connection and closes it again. */
function reachable(port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket.destroy() && true)).on('error', reject);
  });
}

// What is measured of a machine that is as busy as sanitizers make it sends people where no test expects them, as it
// should: only those that are about load go by it there.
const by_counts = under_sanitizer ? { balance: 'least_sessions' } : {};

// Backends that a test plays itself see nothing of probes but one connect at the start.
const quiet = { kind: 'tcp', interval: '10m' };

export class Pinion {
  #config;
  #folder;

  /**
   * @param backends in one pool, `chat`, with the keys `pool`; or give `pools` and `routes` in full. Only real chat
   *   servers are probed as they are by default.
   * @param proxy, timeouts, limits, overload, log as in the config; `workers` is 2 unless told
   */
  constructor({ backends = [], pool = {}, pools, routes, proxy = {}, timeouts, limits, overload, admin = {}, log = {}, workers = 2 }, folder) {
    const addresses = backends.map((backend) => backend.address ?? backend);
    const health = backends.length > 0 && backends.every((backend) => backend.kind) ? undefined : quiet;
    this.#folder = folder;
    this.#config = {
      proxy: { workers, ...proxy, timeouts, limits, overload },
      admin,
      log,
      pool: pools?.map((one) => ({ health: quiet, ...one }))
        ?? [{ name: 'chat', health, ...by_counts, ...(pool.backend ? {} : { backends: addresses }), ...pool }],
      route: routes ?? [{ pool: 'chat' }],
    };
  }

  async start() {
    this.port = await free_port();
    this.admin_port = await free_port();
    this.url = `http://127.0.0.1:${this.port}`;
    this.admin_url = `http://127.0.0.1:${this.admin_port}`;
    this.#config.proxy.listen ??= [];
    this.#config.proxy.listen = [`127.0.0.1:${this.port}`, ...this.#config.proxy.listen];
    this.#config.admin.listen = `127.0.0.1:${this.admin_port}`;
    this.config_file = join(this.#folder, 'pinion.toml');
    await writeFile(this.config_file, to_toml(this.#config));
    this.child = new Child(binary, ['run', '-c', this.config_file]);
    await eventually('pinion listens', async () => {
      assert.ok(this.child.running, `it ended with ${this.child.code}: ${this.child.stderr}`);
      return (await this.get('/healthz')).status === 200 && reachable(this.port);
    }, { within: seconds(20) });
  }

  /** Has `change` change the config, an object as the file has it, and writes the file anew. */
  async rewrite(change) {
    change(this.#config);
    await writeFile(this.config_file, to_toml(this.#config));
  }

  /** The same, and has pinion read it: the answer. */
  async reload(change = () => {}) {
    await this.rewrite(change);
    return this.get('/api/v1/reload', { method: 'POST' });
  }

  /** A request to the admin endpoint: {status, headers, text, json}. */
  async get(path, { method = 'GET', body } = {}) {
    const answer = await fetch(this.admin_url + path, { method, body, headers: { connection: 'close' } });
    const text = await answer.text();
    const is_json = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, text, json: is_json ? JSON.parse(text) : undefined };
  }

  /** Waits for a line of its log, which is written by a thread of its own. */
  says(pattern) {
    return eventually(`the log says ${pattern}`, () => pattern.test(this.child.stderr));
  }

  async status() {
    return (await this.get('/api/v1/status')).json;
  }

  async backends() {
    return (await this.get('/api/v1/backends')).json;
  }

  async sessions(query = '') {
    return (await this.get(`/api/v1/sessions${query}`)).json.sessions;
  }

  /** The session of that sid, or undefined. */
  async session(sid) {
    const answer = await this.get(`/api/v1/sessions/${encodeURIComponent(sid)}`);
    return answer.status === 404 ? undefined : answer.json;
  }

  /** The sum of a metric's samples whose labels contain all of `labels`, such as 'pool="chat"'. */
  async metric(name, ...labels) {
    const { text } = await this.get('/metrics');
    return text.split('\n').reduce((sum, line) => {
      const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)/.exec(line);
      const counts = match?.[1] === `pinion_${name}` && labels.every((label) => match[2]?.includes(label));
      return counts ? sum + Number(match[3]) : sum;
    }, 0);
  }

  /** Everything that is counted has come back to zero. */
  async comes_to_rest(ms = seconds(15)) {
    http.globalAgent.destroy(); // kept-alive connections of clients in this process
    await eventually('all counters are zero', async () => {
      const { connections, totals, pools } = await this.status();
      const { sessions, reserved, pins, inflight, queued_bytes } = totals;
      assert.deepEqual(pools.map((pool) => pool.waiting), pools.map(() => 0));
      assert.deepEqual(await this.sessions(), []);
      const of_backends = (await this.backends()).map((one) => [
        one.sessions, one.websocket, one.polling, one.reserved, one.inflight, one.queued_bytes,
      ]);
      assert.deepEqual({ connections, sessions, reserved, pins, inflight, queued_bytes },
        { connections: 0, sessions: 0, reserved: 0, pins: 0, inflight: 0, queued_bytes: 0 });
      assert.deepEqual(of_backends, of_backends.map(() => [0, 0, 0, 0, 0, 0]));
      return true;
    }, { within: ms, every: 50 });
  }

  /** Memory from /proc, in bytes: {now, peak}. `now` counts what pinion itself has taken, without mapped files. */
  async memory() {
    const text = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    const kib = (key) => 1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)[1]);
    return { now: kib('RssAnon'), peak: kib('VmHWM') };
  }

  /** Runs another command of pinion against this one. */
  async command(...args) {
    return run(binary, [...args, '--admin', this.admin_url]);
  }

  async kill() {
    await this.child?.kill();
  }
}
