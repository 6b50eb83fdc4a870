// A chat server as the model of the problem has it: one event loop that stands still for every token it makes (as Python
// does while it computes), real socket.io around it. Forked by servers.mjs, which talks to it over the IPC channel.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { exponential, random_from } from './random.mjs';

const { Server } = createRequire(new URL('../../e2e/package.json', import.meta.url))('socket.io');
const [port, token_ms] = process.argv.slice(2).map(Number);
const cell = new Int32Array(new SharedArrayBuffer(4));
const now = () => Number(process.hrtime.bigint()) / 1e6; // ms; one clock for all processes of a machine

/** The loop stands still and costs no processor. */
const stand_still = (ms) => Atomics.wait(cell, 0, 0, ms);

// Tokens that are due or will be, the earliest first.
const heap = [];
let running = false;

function push(token) {
  let at = heap.push(token) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (heap[up].due <= heap[at].due) break;
    [heap[up], heap[at]] = [heap[at], heap[up]];
    at = up;
  }
}

function pop() {
  const first = heap[0];
  const last = heap.pop();
  if (heap.length > 0) {
    heap[0] = last;
    for (let at = 0; ;) {
      let least = at;
      for (const down of [2 * at + 1, 2 * at + 2]) if (heap[down]?.due < heap[least].due) least = down;
      if (least === at) break;
      [heap[least], heap[at]] = [heap[at], heap[least]];
      at = least;
    }
  }
  return first;
}

// One token a turn of the loop, so that whoever asks this server something waits as he would elsewhere.
function turn() {
  if (heap.length === 0) return void (running = false);
  const wait = heap[0].due - now();
  if (wait > 0) return void setTimeout(turn, Math.min(wait, 20));
  const { due, session } = pop();
  if (session.socket.connected) {
    stand_still(token_ms);
    session.socket.emit('token', due);
    plan(session, due);
  }
  setImmediate(turn);
}

function plan(session, after) {
  const due = after + 1000 * exponential(session.random, session.rate);
  if (due > session.end) return void session.socket.emit('over');
  push({ due, session });
  if (!running) {
    running = true;
    turn();
  }
}

const server = createServer();
new Server(server, { serveClient: false }).on('connection', (socket) => {
  socket.on('talk', ({ seed, rate, life }) => {
    const began = now();
    plan({ socket, rate, random: random_from(seed), end: began + 1000 * life }, began);
  });
});
server.listen(port, '127.0.0.1', () => process.send('listening'));

process.on('message', (message) => {
  if (message.block) stand_still(message.block);
  if (message.report) process.send({ late: heap.map(({ due }) => due).filter((due) => due < now()) });
});
process.on('disconnect', () => process.exit(0));
