// `pinion bench`: load of many clients, against real servers and through pinion itself.
// alone: delays and gaps are measured
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { describe, test } from 'node:test';
import { Child, run } from './support/child.mjs';
import { binary } from './support/pinion.mjs';
import { serve, serve_bytes } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, free_port, pause, seconds, slow } from './support/wait.mjs';

const transports = ['websocket', 'polling', 'upgrade'];

/** A stall is a second and more, from when a message was sent, which on a busy machine may be late. */
const kStall = 2500 * Math.min(slow, 2);

/** The arguments of a run with `options`, {name: value}; true is a flag. */
function bench_arguments(url, options) {
  const all = { sessions: 10, rate: 10, duration: `${slow}s`, event: 'echo', arrivals: 100, grace: `${10 * slow}s`, ...options };
  return ['bench', '--json', '--target', url, ...Object.entries(all).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => (one === true ? [`--${name}`] : [`--${name}`, String(one)])))];
}

/** Whether a process has yet to be told of a signal (proc(5), ShdPnd). */
async function is_pending(pid, name) {
  const [, pending] = /ShdPnd:\s+(\w+)/.exec(await readFile(`/proc/${pid}/status`, 'ascii'));
  return (BigInt(`0x${pending}`) >> BigInt(constants.signals[name] - 1) & 1n) === 1n;
}

/** A whole run: {code, stderr, report}. */
async function bench(url, options = {}) {
  const { code, stdout, stderr } = await run(binary, bench_arguments(url, options), { ms: seconds(30) });
  return { code, stderr, report: stdout === '' ? undefined : JSON.parse(stdout) };
}

/** A run that goes on until `stop`: the child, and a promise of what it comes to. */
function start_bench(stage, url, options) {
  const child = new Child(binary, bench_arguments(url, { duration: '1h', ...options }));
  stage.defer(() => child.kill());
  const done = async () => {
    const code = await child.ended(seconds(15));
    return { code, stderr: child.stderr, report: JSON.parse(child.stdout) };
  };
  return { child, done };
}

function assert_clean({ code, stderr, report }, sessions) {
  assert.equal(code, 0, stderr + JSON.stringify(report, null, 1));
  assert.equal(report.clean, true);
  assert.equal(report.sessions.joined, sessions);
  const { sent, answered, lost } = report.messages;
  assert.ok(sent >= sessions, `${sent} sent`);
  assert.deepEqual({ answered, lost }, { answered: sent, lost: 0 });
  assert.equal(report.delay_ms.count, sent);
  assert.ok(report.delay_ms.p50 <= report.delay_ms.p99 && report.delay_ms.p99 <= report.delay_ms.max);
}

const opened = '0{"sid":"s","upgrades":[],"pingInterval":100,"pingTimeout":100}';

describe('clean runs', { concurrency: true }, () => {
  for (const kind of ['node4', 'uvicorn-websockets', 'aiohttp']) {
    test(`${kind}, directly and through pinion, by every transport`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const backends = await stage.backends(kind, 2);
      const pinion = await stage.pinion({ backends });
      await Promise.all([backends[0].url, pinion.url].flatMap((url) => transports.map(async (transport) => {
        const done = await bench(url, { transport });
        assert_clean(done, 10);
        assert.equal(done.report.sessions.upgraded, transport === 'upgrade' ? 10 : 0);
      })));
      await pinion.comes_to_rest();
    });
  }

  test('streams of servers of Chainlit\'s shape, and their session ids', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('chainlit-websockets', 2);
    const pinion = await stage.pinion({ backends, pool: { preset: 'chainlit' } });
    const { code, stderr, report } = await bench(pinion.url, {
      path: '/ws/socket.io/', sessions: 2, rate: 1, duration: '5s', reply: 'stream_token',
      event: 'client_message', auth: '{"sessionId":"{id}","clientType":"webapp"}',
      args: '{"message":{"id":"{uuid}","output":"stream 20 100"}}',
    });
    assert.equal(code, 0, stderr);
    assert.equal(report.messages.answered, report.messages.sent);
    // All but the first token of each stream; the last ones may not have come.
    assert.ok(report.gap_ms.count >= 19 * (report.messages.sent - 2), `${report.gap_ms.count} gaps`);
    // 10 ms on average. A busy machine holds some back, and brings them together.
    assert.ok(report.gap_ms.p50 < 100 && report.gap_ms.max > 5, `${JSON.stringify(report.gap_ms)} between tokens`);
    for (const chat of backends) assert.equal((await chat.seen()).refused, 0);
  });

  test('pings are answered, whatever the transport', { timeout: seconds(60) }, async (t) => {
    const pings = { pingInterval: seconds(1), pingTimeout: seconds(4) };
    const chat = await Stage.of(t).backend('node4', 'chat', { socketio: pings });
    await Promise.all(transports.map(async (transport) => {
      // Longer than a ping that is not answered would be put up with.
      const { code, report } = await bench(chat.url, { transport, sessions: 3, rate: 0, duration: `${7 * slow}s` });
      assert.equal(code, 0, JSON.stringify(report));
    }));
    assert.equal((await chat.seen()).closes['ping timeout'], undefined);
  });

  test('a table, and lines of progress', { timeout: seconds(40) }, async (t) => {
    const stage = Stage.of(t);
    const chat = await stage.backend('node4', 'chat');
    const args = bench_arguments(chat.url, { duration: '6s' }).filter((one) => one !== '--json');
    const { code, stdout, stderr } = await run(binary, args, { ms: seconds(20) });
    assert.equal(code, 0, stdout);
    // One line, or more of them if it has taken the sessions long to be there.
    assert.match(stderr, /(^|\n) +\d+ s  10\/10 sessions  \d+(\.\d)?\/s out  \d+(\.\d)?\/s in  p50 \S+ m?s  p99 \S+ m?s\b.*\n$/);
    assert.match(stdout, /^http:\S+ by websocket, 10 sessions, \d+\.\d\d s\n/);
    assert.match(stdout, /^ {2}ack +\d+ +[\d.]+ ms/m);
    assert.match(stdout, /^ {2}10 started, 10 joined$/m);
    assert.match(stdout, /^ {2}0 lost$/m);
  });
});

describe('servers in trouble', { concurrency: true }, () => {
  for (const transport of transports) {
    test(`${transport}: one that hangs and then dies`, { timeout: seconds(60) }, async (t) => {
      const stage = Stage.of(t);
      const chat = await stage.backend('node4', 'chat');
      const { done } = start_bench(stage, chat.url, { transport });
      await eventually('all have talked', async () => (await chat.seen()).talked === 10);
      chat.child.signal('SIGSTOP');
      await pause(kStall);
      await chat.kill();
      const { code, report } = await done();
      assert.equal(code, 1);
      assert.equal(report.clean, false);
      assert.equal(report.sessions.closed.total, 10);
      assert.equal(report.sessions.missing, 10);
      assert.ok(report.messages.lost >= 10, `${report.messages.lost} lost`);
      assert.equal(report.messages.lost, report.messages.sent - report.messages.answered);
      assert.equal(report.stalls.sessions, 10);
      assert.ok(report.stalls.longest_ms >= 1000);
    });
  }

  test('who ends it twice is told what was lost by then', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const chat = await stage.backend('node4', 'chat');
    const { child, done } = start_bench(stage, chat.url, { grace: '10m' });
    await eventually('all have talked', async () => (await chat.seen()).talked === 10);
    chat.child.signal('SIGSTOP');
    await pause(kStall);
    child.signal('SIGINT');
    // Two that wait at once are one, and a third would end it without a word.
    await eventually('the first is taken', async () => !(await is_pending(child.pid, 'SIGINT')));
    child.signal('SIGINT');
    const { code, report } = await done();
    assert.equal(code, 1);
    assert.equal(report.clean, false);
    assert.ok(report.messages.lost >= 10, `${report.messages.lost} lost`);
    assert.equal(report.messages.lost, report.messages.sent - report.messages.answered);
    assert.equal(report.stalls.sessions, 10);
    chat.child.signal('SIGCONT');
  });

  test('who may come back does, and finds another server', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 2);
    const pinion = await stage.pinion({ backends });
    const { child, done } = start_bench(stage, pinion.url, { reconnect: true, rate: 0 });
    const joined = async (backend) => (await backend.seen()).joined;
    await eventually('all are there', async () => await joined(backends[0]) + await joined(backends[1]) === 10);
    const moved = await joined(backends[0]);
    await backends[0].kill();
    await eventually('all are at the other', async () => await joined(backends[1]) === 10);
    // They have heard so: the open packet and the CONNECT have gone to them.
    await eventually('all have joined', async () =>
      (await pinion.sessions()).filter(({ frames_out }) => frames_out >= 2).length === 10);
    child.signal('SIGINT');
    const { code, report } = await done();
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.interrupted, true);
    assert.equal(report.sessions.returned, moved);
    assert.equal(report.sessions.closed.total, moved);
    assert.equal(report.sessions.missing, 0);
  });

  test('who cannot upgrade goes on by polling, and that counts', { timeout: seconds(60) }, async (t) => {
    const chat = await Stage.of(t).backend('node4', 'chat', { socketio: { transports: ['polling'] } });
    const { code, report } = await bench(chat.url, { transport: 'upgrade' });
    assert.equal(code, 1);
    assert.deepEqual(report.sessions.not_upgraded, { total: 10, why: { 'answered 400': 10 } });
    assert.equal(report.sessions.stayed_with_polling, 10);
    assert.equal(report.messages.answered, report.messages.sent);
    assert.equal(report.sessions.closed.total, 0);
  });

  test('sessions that a full proxy sheds, and when it wants them again', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 1);
    const [{ address }] = backends;
    const pinion = await stage.pinion({
      pool: { backend: [{ name: 'chat', address, max_sessions: 4 }], admission: { queue: 0 } },
    });
    const { code, report } = await bench(pinion.url, { transport: 'polling' });
    assert.equal(code, 1);
    assert.equal(report.sessions.joined, 4);
    assert.deepEqual(report.sessions.refused, { total: 6, why: { 503: 6 } });
    assert.equal(report.sessions.retry_after.seen, 6);
    assert.ok(report.sessions.retry_after.least_s >= 1);
    assert.equal(report.sessions.missing, 6);
    assert.equal(report.messages.lost, 0);
  });

  test('sessions that a proxy forgets', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const [chat] = await stage.backends('node4', 1);
    const pinion = await stage.pinion({ backends: [chat] });
    const { done } = start_bench(stage, pinion.url, { transport: 'polling', sessions: 3 });
    await eventually('all have talked', async () => (await chat.seen()).talked === 3);
    for (const { sid } of await pinion.sessions()) await pinion.get(`/api/v1/sessions/${sid}`, { method: 'DELETE' });
    const { code, report } = await done();
    assert.equal(code, 1);
    assert.equal(report.sessions.unknown_sid, 3);
    assert.equal(report.sessions.closed.total, 3);
  });
});

/** The head of a 101, as of a server that got the key of the RFC's example. */
const switched = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  + 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
const frame = (text) => `\x81${String.fromCharCode(text.length)}${text}`;
const no_body = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx';
const answer = (body) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** [opcode, payload] of each short masked frame. */
function frames_of(bytes) {
  const frames = [];
  for (let at = 0; at + 6 <= bytes.length;) {
    const [opcode, length] = [bytes[at] & 15, bytes[at + 1] & 127];
    assert.ok(bytes[at + 1] & 128, 'a client masks');
    const mask = bytes.subarray(at + 2, at + 6);
    const payload = bytes.subarray(at + 6, at + 6 + length).map((byte, i) => byte ^ mask[i % 4]);
    frames.push([opcode, payload.toString('latin1')]);
    at += 6 + length;
  }
  return frames;
}

describe('peers that do not keep to the protocol', { concurrency: true }, () => {
  for (const [what, transport, bytes, code, words] of [
    ['bytes that are no HTTP', 'polling', 'SSH-2.0-OpenSSH\r\n', 3, /: not an HTTP answer$/],
    ['the same, to an upgrade', 'websocket', 'SSH-2.0-OpenSSH\r\n', 3, /: not an HTTP answer$/],
    ['nothing', 'polling', undefined, 3, /: connection closed$/],
    ['a body that is cut', 'polling', answer(opened).slice(0, -4), 3, /: connection closed$/],
    ['a body that is none', 'polling', no_body, 3, /: a malformed body$/],
    ['another body', 'polling', answer('hello'), 1, /: no open packet/],
    ['an empty body', 'polling', answer(''), 1, /: an answer without an open packet$/],
    ['a 101 of somebody else', 'websocket', switched.replace('s3pP', 'x3pP'), 3, /: a 101 that does not accept/],
    ['frames that are none', 'websocket', `${switched}\xff\xff`, 1, /: what came is not WebSocket$/],
    ['another message', 'websocket', switched + frame('hello'), 1, /: no open packet/],
  ]) {
    test(what, { timeout: seconds(40) }, async (t) => {
      const peer = await serve_bytes(Stage.of(t), (socket) => {
        socket.once('data', () => socket.end(bytes === undefined ? '' : Buffer.from(bytes, 'latin1')));
      });
      const done = await bench(`http://${peer.address}`, { transport });
      assert.equal(done.code, code, done.stderr);
      assert.match(done.stderr.trimEnd(), words);
    });
  }

  test('frames of the WebSocket itself are answered', { timeout: seconds(40) }, async (t) => {
    let heard = Buffer.alloc(0);
    const peer = await serve_bytes(Stage.of(t), (socket) => {
      socket.once('data', () => {
        const joined = switched + frame(opened) + frame('40{"sid":"t"}');
        socket.write(Buffer.from(`${joined}\x89\x02hi\x88\x05\x03\xe9bye`, 'latin1'));
        socket.on('data', (bytes) => (heard = Buffer.concat([heard, bytes])));
      });
    });
    const { code, report } = await bench(`http://${peer.address}`, { sessions: 1 });
    assert.equal(code, 1);
    assert.deepEqual(report.sessions.closed.why, { 'websocket closed with 1001 bye': 1 });
    const frames = await eventually('all is there', () => {
      const found = frames_of(heard);
      return found.length === 3 && found;
    });
    assert.deepEqual(frames, [[1, '40'], [10, 'hi'], [8, '\x03\xe8']]);
  });

  test('one that says nothing any more', { timeout: seconds(40) }, async (t) => {
    const peer = await serve_bytes(Stage.of(t), (socket) => {
      socket.once('data', () => socket.write(Buffer.from(switched + frame(opened) + frame('40{"sid":"t"}'), 'latin1')));
    });
    const { code, report } = await bench(`http://${peer.address}`, { sessions: 2, duration: '20s' });
    assert.equal(code, 1);
    assert.deepEqual(report.sessions.closed, { total: 2, why: { 'ping timeout': 2 } });
  });
});

describe('what it says of itself', { concurrency: true }, () => {
  test('nobody is there: exit 3; nobody speaks HTTP there: too', { timeout: seconds(40) }, async () => {
    const { code, report, stderr } = await bench(`http://127.0.0.1:${await free_port()}`);
    assert.deepEqual({ code, report }, { code: 3, report: undefined });
    assert.match(stderr, /^pinion: no answer from http:\S+: connection refused\n$/);
  });

  test('no socket.io at that path: exit 1, and what was answered', { timeout: seconds(40) }, async (t) => {
    const web = await serve(Stage.of(t), (request, response) => response.writeHead(404).end());
    for (const transport of transports) {
      const { code, stderr } = await bench(`http://${web.address}`, { transport });
      assert.equal(code, 1);
      assert.match(stderr, /does not open an Engine.IO session at \/socket.io\/: \w+ answered 404\n$/);
    }
  });

  test('too few open files: which limit, and what it takes', { timeout: seconds(40) }, async () => {
    const { code, stderr } = await run('sh', ['-c', 'ulimit -n 200; exec "$0" "$@"', binary,
      ...bench_arguments('http://127.0.0.1:1', { sessions: 100, transport: 'polling' })]);
    assert.equal(code, 1);
    assert.match(stderr, /100 sessions need 264 open files, and the hard limit of this shell is 200 \(ulimit -Hn\)/);
  });

  test('cookies, headers and a namespace are what they were asked to be', { timeout: seconds(40) }, async (t) => {
    const seen = [];
    const web = await serve(Stage.of(t), (request, response) => {
      seen.push({ ...request.headers });
      response.setHeader('set-cookie', `at=${seen.length}; Path=/`);
      if (seen.length === 1) return void response.end(opened);
      let body = '';
      request.on('data', (data) => (body += data));
      request.on('end', () => {
        if (request.method === 'POST') seen.at(-1).body = body;
        response.writeHead(request.method === 'POST' ? 200 : 400).end('ok');
      });
    });
    await bench(`http://${web.address}`, {
      sessions: 1, transport: 'polling', cookies: true, header: ['X-One: 1', 'Host: chat.example'],
      namespace: '/admin', auth: '{"who":"{id}"}',
    });
    assert.equal(seen[0].cookie, undefined);
    assert.match(seen[1].cookie, /^at=1$/);
    for (const headers of seen) assert.deepEqual([headers['x-one'], headers.host], ['1', 'chat.example']);
    assert.match(seen.find(({ body }) => body).body, /^40\/admin,\{"who":"[0-9a-f-]{36}"\}$/);
  });
});
