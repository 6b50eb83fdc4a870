// One chat server of the demo: serves the page, and a socket.io chat among those who are on this server.
//
//   node server.mjs NAME PORT
//
// Events in: message(text). Events out: welcome({server, people}), people(n), message({from, text}),
// stream({id, n}) and then token({id, i, text}) for each i below n. "stream N" as a message asks for N tokens.
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// The tests and the demo share their packages.
const require = createRequire(new URL('../../tests/e2e/package.json', import.meta.url));
const { Server } = require('socket.io');

const [name, port] = process.argv.slice(2);
const kMaxTokens = 10_000;
const kTokensPerTick = 5;
const kTick = 20; // milliseconds

const files = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/style.css', ['style.css', 'text/css; charset=utf-8']],
  ['/chat.js', ['chat.js', 'text/javascript; charset=utf-8']],
]);

const server = createServer((request, response) => {
  const file = files.get(new URL(request.url, 'http://page').pathname);
  if (!file) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('Not here.\n');
  response.writeHead(200, { 'content-type': file[1], 'cache-control': 'no-cache' });
  createReadStream(fileURLToPath(new URL(`page/${file[0]}`, import.meta.url))).pipe(response);
});
const io = new Server(server);

const words = 'a token is a small piece of text that a model writes one after the other'.split(' ');
let streams = 0;

/** Sends the tokens at a steady pace, for as long as the listener is there. */
function stream(socket, n) {
  const id = ++streams;
  let i = 0;
  socket.emit('stream', { id, n });
  const timer = setInterval(() => {
    for (let k = 0; k < kTokensPerTick && i < n; k++, i++) {
      socket.emit('token', { id, i, text: words[i % words.length] });
    }
    if (i >= n) clearInterval(timer);
  }, kTick);
  socket.once('disconnect', () => clearInterval(timer));
}

let guests = 0;
io.on('connection', (socket) => {
  const guest = `Guest ${++guests}`;
  const people = () => io.emit('people', io.of('/').sockets.size);
  socket.emit('welcome', { server: name, you: guest });
  people();
  socket.on('message', (text) => {
    if (typeof text !== 'string' || text.length === 0 || text.length > 2000) return;
    io.emit('message', { from: guest, text });
    const asked = /^stream (\d{1,5})$/i.exec(text.trim());
    if (asked) stream(socket, Math.min(Number(asked[1]), kMaxTokens));
  });
  socket.on('disconnect', people);
});

server.on('error', (error) => {
  console.error(`${name}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`${name} listens at 127.0.0.1:${port}`));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
