// HTTP backends inside the test, for tests that want a say in every byte of the answer.
import http from 'node:http';
import net from 'node:net';

async function listening(stage, server, where) {
  const backend = { server, connections: 0, sockets: new Set() };
  server.on('connection', (socket) => {
    backend.connections++;
    backend.sockets.add(socket);
    socket.on('close', () => backend.sockets.delete(socket));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(where, resolve));
  stage.defer(() => {
    for (const socket of backend.sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  backend.port = address.port;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  backend.address = typeof address === 'string' ? `unix:${address}` : `${host}:${address.port}`;
  return backend;
}

const loopback = { host: '127.0.0.1', port: 0 };

/** An HTTP server: {address, port, server, connections (ever made)}. */
export function serve(stage, handler, where = loopback) {
  return listening(stage, http.createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, handler), where);
}

/** A TCP server; the handler gets each socket. */
export function serve_bytes(stage, handler, where = loopback) {
  return listening(stage, net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {}).setNoDelay(true);
    handler(socket);
  }), where);
}
