// A socket.io server for the tests, version 4 or 2. Prints `ready` once it listens.
//
// Events: echo(x, ack) answers x; who(ack) its name; binary(bytes, ack) the bytes backwards; join(room, ack);
// say(room, text) sends said(text) to the room; sessions(ack) how many there are; block(ms) keeps the event loop
// busy for so long; queue(n) is what a server told to report (see conf/examples) says of its queue; kick() ends the session from this side, drop() without a word of Socket.IO, on which the client
// would leave by itself; flood(size) sends numbered messages of that size for as long as the session lives, as fast
// as the connection takes them;
// stream(n) sends token(0) to token(n-1) and then done(n); trickle(n, ms) the same, one every so many ms.
// HTTP: /seen tells what has happened to sessions; /digest the server's name and the SHA-256 of the body, in hex; after /break handshakes by polling are answered 500, until /mend
// (version 4); everything else is answered with the server's name.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const told = JSON.parse(process.argv[2]);
const { Server } = told.kind === 'node2'
  ? { Server: (await import('socket.io-v2')).default }
  : await import('socket.io');

const seen = { errors: {}, closes: {}, clients: 0, joined: 0, talked: 0 };
const count = (table, key) => (table[key] = (table[key] ?? 0) + 1);

/** Answers with what has come. */
function digest(request, response) {
  const hash = createHash('sha256');
  request.on('data', (part) => hash.update(part)).on('end', () => response.end(`${told.name} ${hash.digest('hex')}`));
}

let broken = false;
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === '/break' || request.url === '/mend') broken = request.url === '/break';
  if (request.url === '/digest') return void digest(request, response);
  if (request.url !== '/seen') return void response.end(told.name);
  seen.clients = io.engine.clientsCount;
  response.setHeader('content-type', 'application/json').end(JSON.stringify(seen));
});
const io = new Server(server, {
  maxHttpBufferSize: 8e6,
  serveClient: false,
  ...(told.kind === 'node4' ? { allowEIO3: true } : {}),
  ...(told.ping ? { pingInterval: 1000 * told.ping, pingTimeout: 1000 * told.ping } : {}),
  ...told.socketio,
});
io.engine.use?.((request, response, next) => {
  if (!broken || !/transport=polling(?!.*sid=)/.test(request.url)) return next();
  response.writeHead(500).end();
});
const queue = { length: 0 };
if (told.reports) {
  const { report_load } = await import('../../../conf/examples/load_report.mjs');
  report_load(server, { queue: () => queue.length }, 100);
}
io.engine.on('connection_error', (error) => count(seen.errors, error.code));

/** Sends again whenever all has left this process, so that nothing piles up here. */
function flood(socket, size) {
  const text = 'x'.repeat(size);
  let i = 0;
  const more = () => {
    for (let k = 0; k < 16; k++) socket.emit('flood', i++, text);
  };
  socket.conn.on('drain', () => setImmediate(more)); // others have their turn in between
  more();
}

// Another namespace of the same sessions.
io.of('/chat').on('connection', (socket) => socket.on('who', (ack) => ack(told.name)));

io.on('connection', (socket) => {
  seen.joined++;
  socket.once('echo', () => seen.talked++);
  socket.on('echo', (value, ack) => ack(value));
  socket.on('who', (ack) => ack(told.name));
  socket.on('binary', (bytes, ack) => ack(Buffer.from(bytes).reverse()));
  socket.on('join', (room, ack) => {
    socket.join(room);
    ack(told.name);
  });
  socket.on('say', (room, text) => io.to(room).emit('said', text));
  socket.on('sessions', (ack) => ack(io.engine.clientsCount));
  socket.on('block', (ms) => {
    for (const end = Date.now() + ms; Date.now() < end;);
  });
  socket.on('queue', (length) => (queue.length = length));
  socket.on('kick', () => socket.disconnect(true));
  socket.on('drop', () => socket.conn.close());
  socket.on('flood', (size) => flood(socket, size));
  socket.on('stream', (n) => {
    for (let i = 0; i < n; i++) socket.emit('token', i);
    socket.emit('done', n);
  });
  socket.on('trickle', async (n, every, ack) => {
    ack?.();
    for (let i = 0; i < n; i++) {
      socket.emit('token', i);
      await pause(every);
    }
    socket.emit('done', n);
  });
  socket.on('disconnect', (reason) => count(seen.closes, reason));
});

server.listen(...(told.path ? [told.path] : [told.port, '127.0.0.1']), () => console.log('ready'));
