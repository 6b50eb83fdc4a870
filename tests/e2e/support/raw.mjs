// A TCP peer that says and hears bytes as they are.
import { connect } from 'node:net';
import { eventually, seconds, within } from './wait.mjs';

/** Resets a connection. Node cannot reset one that it has shut down, and would never close it then. */
export function reset_socket(socket) {
  if (socket.destroyed) return;
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

export class Peer {
  constructor(socket) {
    this.socket = socket;
    this.bytes = Buffer.alloc(0);
    this.ended = new Promise((resolve) => {
      socket.on('end', resolve).on('close', resolve);
    });
    socket.on('error', (error) => (this.error = error));
    socket.on('data', (part) => {
      this.bytes = Buffer.concat([this.bytes, part]);
    });
  }

  /** What has come so far, one character a byte. */
  get text() {
    return this.bytes.toString('latin1');
  }

  write(bytes) {
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /** The match of `pattern` once it has come. */
  async until(pattern, ms = seconds(10)) {
    return eventually(`the peer says ${pattern}`, () => {
      const match = pattern.exec(this.text);
      if (!match && this.socket.destroyed) throw new Error(`closed after ${JSON.stringify(this.text.slice(-500))}`);
      return match;
    }, { within: ms, every: 5 });
  }

  /** All that has come when the other side has ended. */
  async until_end(ms = seconds(10)) {
    await within('the peer ends', this.ended, ms);
    return this.text;
  }

  reset() {
    reset_socket(this.socket);
  }

  close() {
    this.socket.destroy();
  }
}

/** @param where a port of 127.0.0.1, or what net.connect takes */
export function dial(where) {
  return new Promise((resolve, reject) => {
    const socket = connect(typeof where === 'number' ? { port: where, host: '127.0.0.1' } : where);
    socket.setNoDelay(true);
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject);
      resolve(new Peer(socket));
    });
  });
}

/** The key of every upgrade that is made here, so that recorded answers fit. */
export const websocket_key = 'cGluaW9uLWUyZS10ZXN0cw==';

/** Asks for a WebSocket. */
export async function upgrade_request(where, path, headers = []) {
  const peer = await dial(where);
  return peer.write([
    `GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${websocket_key}`, ...headers, '', '',
  ].join('\r\n'));
}
