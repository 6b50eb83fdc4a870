// A socket.io server whose event loop is kept busy by known pieces of work: each byte that comes to its work port
// costs one piece. `/share` tells the share of time that the loop was busy since it was last asked.
//
// Arguments: HTTP port, work port, piece in ms, "spin" (burns CPU) or "sleep" (blocks the loop without CPU).
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer as listen } from 'node:net';
import { performance } from 'node:perf_hooks';

const { Server } = createRequire(new URL('../../e2e/', import.meta.url))('socket.io');
const [http_port, work_port, piece, how] = process.argv.slice(2);
const cell = new Int32Array(new SharedArrayBuffer(4));
const ms = Number(piece);

function work() {
  if (how === 'sleep') return void Atomics.wait(cell, 0, 0, ms);
  for (const end = performance.now() + ms; performance.now() < end;);
}

let last = performance.eventLoopUtilization();
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, last);
  last = now;
  response.end(String(utilization));
});
new Server(server, { serveClient: false })
  .on('connection', (socket) => socket.on('message', (...received) => received.at(-1)?.('ok')));
listen((socket) => socket.setNoDelay().on('error', () => {}).on('data', (bytes) => bytes.forEach(work)))
  .listen(Number(work_port), '127.0.0.1');
server.listen(Number(http_port), '127.0.0.1', () => console.log('ready'));
