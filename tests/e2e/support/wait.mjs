// Waiting with a deadline: the only kind of waiting there is in these tests.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Deadlines are multiplied by this; sanitizers need more time. */
export const slow = Number(process.env.PINION_SLOW ?? 1);
/** A sanitizer keeps freed memory for a while, so what a process has grown by says nothing of the proxy. */
export const under_sanitizer = ['ASAN_OPTIONS', 'TSAN_OPTIONS'].some((name) => process.env[name] !== undefined);

export const seconds = (n) => n * 1000 * slow;

/** For what takes no time at all, unless the machine has too much to do: a few seconds pass there in which nobody runs. */
const kUsual = seconds(20);

/** Calls `check` until it returns something true; what it throws counts as "not yet", and is thrown at the deadline. */
export async function eventually(what, check, { within = kUsual, every = 20 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    let failure;
    try {
      const answer = await check();
      if (answer) return answer;
      failure = new Error(`got ${JSON.stringify(answer)}`);
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}: ${failure.message}`, { cause: failure });
    await pause(every);
  }
}

/** `promise`, or an error once `ms` have passed. */
export async function within(what, promise, ms = kUsual) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
    timer.unref(); // who lost a race to something else must not hold up the end of the process
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The arguments of the next event of that name. */
export function once(emitter, event, ms = kUsual) {
  return within(`event ${event}`, new Promise((resolve) => emitter.once(event, (...args) => resolve(args))), ms);
}

/** Takes the UDP port of the same number until this process ends: a word to others that look for a free port. */
function claim(port, host) {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').unref();
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: host, exclusive: true }, () => resolve(true));
  });
}

const kLowest = 11_000; // browsers refuse 10080
/** The first port that the kernel gives to outgoing connections, by which it may be taken before its server listens. */
const kFirstOutgoing = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'ascii').split('\t')[0]);

/** A port below those, if there is room, that nobody listens on; no test gets it a second time, nor one beside it. */
export async function free_port(host = '127.0.0.1') {
  const room = kFirstOutgoing - kLowest;
  for (;;) {
    const server = createServer();
    const listens = new Promise((resolve, reject) => server.once('error', reject).once('listening', resolve));
    server.listen(room > 1000 ? kLowest + Math.floor(Math.random() * room) : 0, host);
    try {
      await listens;
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
      continue;
    }
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (await claim(port, host)) return port;
  }
}

/** A generator of numbers in [0, 1) that gives the same row for the same seed (mulberry32). */
export function random_from(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

export { pause };
