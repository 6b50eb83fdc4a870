// Raw clients that open a session, join with an id, and end it, many at a time: as little as it takes, so that they can keep
// what is in front of the server busy.
import { connect } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { websocket_key } from '../../e2e/support/raw.mjs';

const kPath = '/ws/socket.io/?EIO=4&transport=';

/** A masked frame of text; with a key of zero it stays as it is. */
function frame(payload, first = 0x81) {
  const head = [first, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** RFC 7692, section 7.2.1 */
const compressed_frame = (text) => (
  frame(deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4), 0xc1));

const connect_packet = (id) => (
  `40{"clientType":"webapp","sessionId":"${id}","threadId":"","userEnv":"{}","chatProfile":""}`);

class Wire {
  #bytes = '';
  #wants;
  #done;
  #fail;

  constructor(port) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (bytes) => {
      this.#bytes += bytes;
      this.#look();
    });
    this.socket.on('error', (error) => this.#fail?.(error)).on('close', () => this.#fail?.(new Error('closed')));
  }

  #look() {
    if (!this.#wants?.(this.#bytes)) return;
    const bytes = this.#bytes;
    this.#bytes = '';
    this.#wants = undefined;
    this.#done(bytes);
  }

  /** Says something, and hears what comes until it `is_whole`. */
  ask(bytes, is_whole) {
    this.#wants = is_whole;
    const heard = new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#fail = reject;
    });
    this.socket.write(bytes);
    return heard;
  }
}

const whole_answer = (text) => {
  const end = text.indexOf('\r\n\r\n');
  return end >= 0 && text.length >= end + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1]);
};

function checked(text, pattern) {
  const match = pattern.exec(text);
  if (!match) throw new Error(`unlike ${pattern}: ${text}`);
  return match;
}

async function join_on_websocket(port, connect_frame, extensions = '') {
  const wire = new Wire(port);
  const head = `GET ${kPath}websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
    + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${websocket_key}\r\n${extensions}\r\n`;
  const switched = await wire.ask(head, (text) => text.includes('"maxPayload":1000000}'));
  if (extensions) checked(switched, /permessage-deflate/);
  checked(await wire.ask(connect_frame, (text) => text.endsWith('}')), /40\{"sid":"joined"\}$/);
  wire.socket.resetAndDestroy(); // no port is to wait for its time
}

export function join_by_websocket(port, id) {
  return join_on_websocket(port, frame(Buffer.from(connect_packet(id))));
}

/** As a browser offers it, and the CONNECT is compressed. */
export function join_compressed(port, id) {
  return join_on_websocket(port, compressed_frame(connect_packet(id)),
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n');
}

const post = (query, body) => (
  `POST ${kPath}polling${query} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n`
  + `Content-Length: ${body.length}\r\n\r\n${body}`);
const get = (query) => `GET ${kPath}polling${query} HTTP/1.1\r\nHost: a\r\n\r\n`;

async function open_by_polling(wire) {
  const [, sid] = checked(await wire.ask(get(''), whole_answer), /"sid":"(\w+)"/);
  return `&sid=${sid}`;
}

/** @param wire one that is kept for the next session */
export async function join_by_polling(wire, id) {
  const query = await open_by_polling(wire);
  checked(await wire.ask(post(query, connect_packet(id)), whole_answer), /ok$/);
  checked(await wire.ask(get(query), whole_answer), /40\{"sid":"joined"\}$/);
  checked(await wire.ask(post(query, '1'), whole_answer), /ok$/);
}

/** A session that leaves with the same request with which it joins. */
export async function come_and_go(wire, id) {
  checked(await wire.ask(post(await open_by_polling(wire), `${connect_packet(id)}\x1e1`), whole_answer), /ok$/);
}

const opens_its_own = new Set([join_by_websocket, join_compressed]);

/** Calls `action(wire, id)`, or `action(port, id)`, for all ids, `at_a_time` at once, each on a connection of its own. */
export async function each_of(ids, at_a_time, port, action) {
  let next = 0;
  await Promise.all(Array.from({ length: at_a_time }, async () => {
    const wire = opens_its_own.has(action) ? undefined : new Wire(port);
    while (next < ids.length) await action(wire ?? port, ids[next++]);
    wire?.socket.destroy();
  }));
}
