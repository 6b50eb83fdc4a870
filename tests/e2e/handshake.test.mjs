// The sid is learnt whatever the handshake's answer looks like on the wire. Answers are recorded from real
// servers and replayed in other pieces; where a shape is not theirs, the test says which packet it made of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { PollingSession, request } from './support/polling.mjs';
import { upgrade_request } from './support/raw.mjs';
import { cuts, record, record_upgrade, replayer, split_head } from './support/replay.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, seconds } from './support/wait.mjs';

const polling4 = '/socket.io/?EIO=4&transport=polling';
const polling3 = '/socket.io/?EIO=3&transport=polling';
const websocket4 = '/socket.io/?EIO=4&transport=websocket';
const websocket3 = '/socket.io/?EIO=3&transport=websocket';
const sid_of = (bytes) => /\\?"sid\\?":\s*\\?"([^"\\]+)/.exec(bytes.toString('latin1'))[1];

/** The same answer with another body. */
function with_body(recorded, body) {
  const [head] = split_head(recorded);
  return Buffer.concat([Buffer.from(head.toString('latin1').replace(/content-length: \d+/i, `Content-Length: ${body.length}`), 'latin1'), body]);
}

/** Packets in the binary framing of EIO3: a 0 for text, the length in digits, ff. */
function binary_framed(recorded) {
  const [, body] = split_head(recorded);
  const text = body.toString('latin1');
  const at = text.indexOf(':');
  const packet = text.slice(at + 1, at + 1 + Number(text.slice(0, at)));
  return with_body(recorded, Buffer.from([0, ...[...String(packet.length)].map(Number), 0xff, ...Buffer.from(packet)]));
}

const open_of = (recorded) => JSON.parse(split_head(recorded)[1].toString().slice(1));

const polling_shapes = {
  'socket.io 4': { server: 'node4', path: polling4 },
  'uvicorn, in chunks': { server: 'uvicorn-websockets', path: polling4, whole: /\r\n0\r\n\r\n$/ },
  aiohttp: { server: 'aiohttp', path: polling4 },
  'socket.io 2 with its length prefix': { server: 'node2', path: polling3 },
  'JSONP of EIO4': { server: 'node4', path: `${polling4}&j=0`, whole: /\);$/ },
  'JSONP of EIO3': { server: 'node2', path: `${polling3}&j=3`, whole: /\);$/ },
  'binary framing of EIO3': { server: 'node2', path: polling3, make: binary_framed },
  'keys in another order': {
    server: 'node4', path: polling4,
    make: (recorded) => with_body(recorded, Buffer.from(`0${JSON.stringify(Object.fromEntries(Object.entries(open_of(recorded)).reverse()), null, 1)}`)),
  },
  'escapes in the JSON': {
    server: 'node4', path: polling4,
    make: (recorded) => with_body(recorded, Buffer.from(`0${JSON.stringify(open_of(recorded)).replace(/"sid":"(.)/, (_, c) =>
      `"\\u0073id":"\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}`)),
  },
};

const websocket_shapes = {
  'socket.io 4': { server: 'node4', path: websocket4 },
  'socket.io 2': { server: 'node2', path: websocket3 },
  'uvicorn with wsproto': { server: 'uvicorn-wsproto', path: websocket4 },
  'uvicorn, compressed': {
    server: 'uvicorn-websockets', path: websocket4,
    headers: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'], compressed: true,
  },
};

describe('handshakes', () => {
  const whole_stage = new Stage();
  const servers = new Map();

  before(async () => {
    const kinds = ['node4', 'node2', 'uvicorn-websockets', 'uvicorn-wsproto', 'aiohttp'];
    await Promise.all(kinds.map(async (kind) => servers.set(kind, await whole_stage.backend(kind, kind))));
  });
  after(() => whole_stage.close());

  /** Two backends that give the same answer, so that only the pin can tell which one is asked next. */
  async function set_up(stage, pieces) {
    const backends = [await replayer(stage, 'a', pieces), await replayer(stage, 'b', pieces)];
    return { backends, pinion: await stage.pinion({ backends, pool: { balance: 'round_robin' } }) };
  }

  async function is_pinned(pinion, backends, sid, path) {
    const home = backends.find(({ counts }) => counts.handshakes === 1);
    assert.equal((await pinion.session(sid)).backend.split('/').pop(), home.address);
    for (let i = 0; i < 4; i++) {
      const answer = await request(`${pinion.url}${path}&sid=${sid}`);
      assert.deepEqual([answer.status, answer.body], [200, home.name]);
    }
  }

  for (const [name, { server, path, whole = /"pingTimeout[^]*\}/, make = (bytes) => bytes }] of Object.entries(polling_shapes)) {
    for (const [way, cut] of Object.entries(cuts)) {
      test(`polling: ${name}, ${way}`, { timeout: seconds(30) }, async (t) => {
        const stage = Stage.of(t);
        const recorded = await record(servers.get(server).port, path, whole);
        const said = make(recorded);
        const { backends, pinion } = await set_up(stage, cut(...split_head(said)));
        const answer = await request(pinion.url + path);
        assert.equal(answer.status, 200);
        if (!/transfer-encoding/i.test(said)) assert.equal(answer.body, split_head(said)[1].toString(), 'the bytes are as they were');
        await is_pinned(pinion, backends, sid_of(recorded), path);
      });
    }
  }

  for (const [name, { server, path, headers = [], compressed }] of Object.entries(websocket_shapes)) {
    for (const [way, cut] of Object.entries(cuts)) {
      test(`websocket: ${name}, ${way}`, { timeout: seconds(30) }, async (t) => {
        const stage = Stage.of(t);
        const recorded = await record_upgrade(servers.get(server).port, path, headers);
        const [head, frame] = split_head(recorded);
        assert.equal((frame[0] & 0x40) !== 0, compressed ?? false, 'the first message is compressed');
        const { backends, pinion } = await set_up(stage, cut(head, frame));
        const peer = stage.keep(await upgrade_request(pinion.port, path, headers));
        await eventually('the frame is here', () => peer.bytes.subarray(-frame.length).equals(frame));
        const [session] = await eventually('it is known', async () => {
          const sessions = await pinion.sessions();
          return sessions.length === 1 && sessions;
        });
        if (!compressed) assert.equal(session.sid, sid_of(frame));
        await is_pinned(pinion, backends, session.sid, path.replace('websocket', 'polling'));
        peer.close();
        await pinion.comes_to_rest();
      });
    }
  }

  test('a client that asks for compression has a session of the sid it was told', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: [servers.get('uvicorn-websockets')] });
    const socket = stage.keep(new WebSocket(pinion.url.replace('http', 'ws') + websocket4, { perMessageDeflate: true }));
    const [open] = await once(socket, 'message');
    assert.match(socket.extensions, /permessage-deflate/);
    const { sid } = JSON.parse(open.toString().slice(1));
    assert.equal((await pinion.session(sid)).transport, 'websocket');
    stage.leave_clients();
    await pinion.comes_to_rest();
  });

  test('oddities are the backend\'s to answer', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const backend = servers.get('node4');
    const pinion = await stage.pinion({ backends: [backend] });
    for (const query of ['?EIO=4', '?EIO=4&transport=smoke', '?transport=polling', '?EIO=5&transport=polling', '']) {
      const direct = await request(`${backend.url}/socket.io/${query}`);
      const through = await request(`${pinion.url}/socket.io/${query}`);
      assert.equal(through.status, direct.status, query);
      if (direct.status !== 200) assert.equal(through.body, direct.body, query);
    }
  });

  test('a preflight goes where its session is', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const origin = 'http://page.example';
    const backends = await stage.backends('node4', 2, { socketio: { cors: { origin, credentials: true } } });
    const pinion = await stage.pinion({ backends });
    const session = await new PollingSession(pinion.url).open();
    const answer = await request(`${pinion.url}${polling4}&sid=${session.sid}`, {
      method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' },
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers['access-control-allow-origin'], origin);
    await session.close();
    await pinion.comes_to_rest();
  });
});
