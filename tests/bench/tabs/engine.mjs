// The least that a server of Engine.IO must do so that sessions open, join and end, in a process of its own: what is
// measured is what is in front of it. Forked by cost.mjs; says {port}.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const kGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const times = '"pingInterval":300000,"pingTimeout":200000';
let count = 0;
const sid = () => String(++count).padStart(20, 's');
const open_packet = () => `0{"sid":"${sid()}","upgrades":["websocket"],${times},"maxPayload":1000000}`;

function frame(text) {
  const head = text.length < 126 ? [0x81, text.length] : [0x81, 126, 0, text.length];
  return Buffer.concat([Buffer.from(head), Buffer.from(text)]);
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, answer) => {
  const has_sid = request.url.includes('sid=');
  const text = !has_sid ? open_packet() : request.method === 'POST' ? 'ok' : '40{"sid":"joined"}';
  const head = { 'content-type': 'text/plain', 'content-length': text.length };
  request.resume().on('end', () => answer.writeHead(200, head).end(text));
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + kGuid).digest('base64');
  const compresses = request.headers['sec-websocket-extensions']?.startsWith('permessage-deflate');
  const agreed = compresses ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : '';
  const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + `Sec-WebSocket-Accept: ${accept}\r\n${agreed}\r\n`;
  socket.on('error', () => {}).setNoDelay(true);
  socket.write(Buffer.concat([Buffer.from(head), frame(open_packet())]));
  socket.once('data', () => socket.write(frame('40{"sid":"joined"}'))); // to the CONNECT
});
process.on('disconnect', () => process.exit(0));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send({ port: server.address().port }));
