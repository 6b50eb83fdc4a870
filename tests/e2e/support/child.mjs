// Child processes that never outlive the test: the kernel kills them when this process dies, whatever the reason
// (setpriv --pdeathsig), and every test that starts one also stops it.
import { spawn } from 'node:child_process';
import { eventually, seconds, within } from './wait.mjs';

const kTail = 64 * 1024; // characters of output that are kept for messages

const living = new Set();

process.on('exit', () => {
  for (const child of living) child.signal('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

export class Child {
  constructor(command, args = [], { env = {}, cwd } = {}) {
    this.name = `${command} ${args.join(' ')}`.slice(0, 120);
    this.stdout = '';
    this.stderr = '';
    this.code = undefined;
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.process.pid;
    living.add(this);
    for (const stream of ['stdout', 'stderr']) {
      this.process[stream].setEncoding('utf8').on('data', (text) => {
        this[stream] = (this[stream] + text).slice(-kTail);
      });
    }
    this.exited = new Promise((resolve) => {
      this.process.on('error', (error) => {
        this.stderr += `${error}\n`;
        this.#gone(-1, resolve);
      });
      this.process.on('close', (code, signal) => this.#gone(code ?? signal, resolve));
    });
  }

  #gone(code, resolve) {
    living.delete(this);
    this.code ??= code;
    resolve(this.code);
  }

  get running() {
    return this.code === undefined;
  }

  signal(signal) {
    if (this.running) this.process.kill(signal);
  }

  /** The first match of `pattern` in what the child has written, waited for. */
  async line(pattern, ms = seconds(40)) {
    return eventually(`${this.name} writes ${pattern}`, () => {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (!match && !this.running) throw new Error(`it ended with ${this.code}: ${this.stderr}${this.stdout}`);
      return match;
    }, { within: ms, every: 10 });
  }

  /** Its exit code, or the name of the signal that ended it. */
  async ended(ms = seconds(10)) {
    return within(`${this.name} ends`, this.exited, ms);
  }

  async kill() {
    this.signal('SIGKILL');
    await this.exited;
  }
}

/** Runs a command to its end: {code, stdout, stderr}. */
export async function run(command, args, { ms = seconds(20), ...options } = {}) {
  const child = new Child(command, args, options);
  try {
    await child.ended(ms);
  } finally {
    await child.kill();
  }
  return { code: child.code, stdout: child.stdout, stderr: child.stderr };
}
