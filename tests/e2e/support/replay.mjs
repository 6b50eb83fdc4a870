// Servers that say again what a real server has said, byte for byte, but in pieces of our choice.
import { serve_bytes } from './serve.mjs';
import { dial, upgrade_request } from './raw.mjs';
import { pause } from './wait.mjs';

/** What a real server answers to a GET, once `whole` matches. */
export async function record(port, path, whole) {
  const peer = await dial(port);
  peer.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await peer.until(whole);
  peer.close();
  return peer.bytes;
}

/** What a real server answers to a WebSocket handshake, up to the open packet. */
export async function record_upgrade(port, path, headers) {
  const peer = await upgrade_request(port, path, headers);
  await peer.until(/\r\n\r\n[^]{2,}/);
  await pause(50); // the frame may come in pieces; on a loopback it is here by now
  peer.close();
  return peer.bytes;
}

/** Ways to cut a head and a body into writes. */
export const cuts = {
  'in one piece': (head, body) => [Buffer.concat([head, body])],
  'head and body apart': (head, body) => [head, body],
  'in two, within the body': (head, body) => [Buffer.concat([head, body.subarray(0, 12)]), body.subarray(12)],
  'byte by byte': (head, body) => Array.from(Buffer.concat([head, body]), (byte) => Buffer.from([byte])),
};

export function split_head(bytes) {
  const at = bytes.indexOf('\r\n\r\n') + 4;
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

/**
 * A backend that answers handshakes with `pieces`, one write each, and requests with a sid with its own name.
 * It counts both: {address, handshakes, others}.
 */
export async function replayer(stage, name, pieces) {
  const counts = { handshakes: 0, others: 0 };
  const backend = await serve_bytes(stage, (socket) => {
    let heard = '';
    socket.on('end', () => socket.end());
    socket.on('data', async (bytes) => {
      heard += bytes.toString('latin1');
      if (!heard.includes('\r\n\r\n')) return;
      const known = /[?&]sid=/.test(heard.split('\r\n')[0]);
      heard = '';
      counts[known ? 'others' : 'handshakes']++;
      if (known) return void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(piece, resolve));
        await pause(1); // lets the kernel deliver it as a segment of its own
      }
    });
  });
  return Object.assign(backend, { name, counts });
}
