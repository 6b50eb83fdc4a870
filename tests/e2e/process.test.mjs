// How pinion starts, refuses to start, and stops.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import { Child, run } from './support/child.mjs';
import { client } from './support/client.mjs';
import { binary } from './support/pinion.mjs';
import { request } from './support/polling.mjs';
import { dial } from './support/raw.mjs';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, free_port, once, seconds } from './support/wait.mjs';

const kStopped = 1001; // "going away"

async function open_websocket(stage, url) {
  const socket = stage.keep(new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`));
  await once(socket, 'message');
  return socket;
}

describe('stopping', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${signal}: requests finish, websockets hear 1001, exit 0`, { timeout: seconds(40) }, async (t) => {
      const stage = Stage.of(t);
      let answer_now;
      const slow = await serve(stage, (asked, answer) => (answer_now = () => answer.end('finished')));
      const chat = await stage.backend('node4', 'chat');
      const pinion = await stage.pinion({
        pools: [{ name: 'slow', backends: [slow.address] }, { name: 'chat', backends: [chat.address] }],
        routes: [{ path: '/slow', pool: 'slow' }, { pool: 'chat' }],
        proxy: { shutdown_grace: '10s' },
      });
      const sockets = await Promise.all(Array.from({ length: 20 }, () => open_websocket(stage, pinion.url)));
      const closes = sockets.map((socket) => once(socket, 'close', seconds(25)));
      const asked = request(`${pinion.url}/slow`);
      await eventually('the request is at its backend', () => answer_now);

      pinion.child.signal(signal);
      await eventually('nobody is let in any more', async () => {
        const peer = await dial(pinion.port).catch(() => 'refused');
        if (peer !== 'refused') peer.close();
        return peer === 'refused';
      });
      answer_now();
      assert.equal((await asked).body, 'finished');
      for (const close of closes) assert.equal((await close)[0], kStopped);
      assert.equal(await pinion.child.ended(seconds(25)), 0, pinion.child.stderr);
    });
  }

  test('real clients see a lost transport, which they come back from', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1), proxy: { shutdown_grace: '5s' } });
    const sockets = [await client(stage, pinion.url, { transport: 'polling' }), await client(stage, pinion.url)];
    const reasons = sockets.map((socket) => once(socket, 'disconnect'));
    pinion.child.signal('SIGTERM');
    for (const reason of reasons) assert.match((await reason)[0], /^transport (close|error)$/);
    assert.equal(await pinion.child.ended(), 0);
  });

  test('what does not finish is cut when the grace is over', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: [await serve(stage, () => {})], proxy: { shutdown_grace: '1s' } });
    const peer = stage.keep(await dial(pinion.port));
    peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually('it waits', async () => (await pinion.backends())[0].inflight === 1);
    const start = Date.now();
    pinion.child.signal('SIGTERM');
    await peer.until_end();
    assert.equal(await pinion.child.ended(), 0);
    assert.ok(Date.now() - start >= 900, 'it had its grace');
  });

  test('a second signal ends it at once', { timeout: seconds(30) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: [await serve(stage, () => {})], proxy: { shutdown_grace: '10m' } });
    const peer = stage.keep(await dial(pinion.port));
    peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually('it waits', async () => (await pinion.backends())[0].inflight === 1);
    pinion.child.signal('SIGTERM');
    await eventually('nobody is let in any more', () => dial(pinion.port).then((other) => other.close(), () => true));
    assert.ok(pinion.child.running);
    pinion.child.signal('SIGTERM');
    await pinion.child.ended();
  });

  test('nobody who has stopped reading the logs keeps it from ending', { timeout: seconds(40) }, async (t) => {
    const stage = Stage.of(t);
    const backend = await serve(stage, (asked, answer) => answer.end());
    const pinion = await stage.pinion({ backends: [backend.address], log: { access: 'stderr' } });
    pinion.child.process.stderr.pause();
    const long = 'x'.repeat(8000);
    // 1.6 MB: more than a pipe and this process hold.
    for (let asked = 0; asked < 200; asked++) await request(`${pinion.url}/${long}`);
    pinion.child.signal('SIGTERM');
    await eventually('it has ended, whoever reads', () => pinion.child.process.exitCode !== null);
    assert.equal(pinion.child.process.exitCode, 0);
    pinion.child.process.stderr.resume();
    await pinion.child.ended();
  });
});

describe('starting', () => {
  test('a signal that comes before anybody watches is not lost, and does not kill', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const file = join(await stage.folder(), 'pinion.toml');
    // Nobody writes to it yet, so that reading the config takes as long as we like.
    assert.equal((await run('mkfifo', [file])).code, 0);
    const child = new Child(binary, ['run', '-c', file]);
    stage.defer(() => child.kill());
    await eventually('it holds signals back', async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
      const held = BigInt(`0x${/^SigBlk:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
      return (held & 0x4001n) === 0x4001n; // SIGHUP, SIGTERM
    });
    child.signal('SIGTERM');
    const backend = await serve(stage, () => {});
    await writeFile(file, minimal(await free_port(), await free_port(), backend.port));
    assert.equal(await child.ended(), 0, child.stderr);
    assert.match(child.stderr, /stopping/);
  });
});

const minimal = (port, admin, backend = 9) => `
[proxy]
listen = ["127.0.0.1:${port}"]
[admin]
listen = "127.0.0.1:${admin}"
[[pool]]
name = "chat"
backends = ["127.0.0.1:${backend}"]
[[route]]
pool = "chat"
`;

describe('not starting', () => {
  async function start_with(t, text) {
    const file = join(await Stage.of(t).folder(), 'pinion.toml');
    await writeFile(file, text);
    return { file, ...(await run(binary, ['run', '-c', file])) };
  }

  test('a file where the admin socket was to be stays as it is', { timeout: seconds(20) }, async (t) => {
    const file = join(await Stage.of(t).folder(), 'precious');
    await writeFile(file, 'precious');
    const text = minimal(await free_port(), 1).replace('"127.0.0.1:1"', `"unix:${file}"`);
    const { code, stderr } = await start_with(t, text);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /in use/);
    assert.equal(await readFile(file, 'utf8'), 'precious');
  });

  test('what cannot be written has failed', { timeout: seconds(20) }, async (t) => {
    const file = join(await Stage.of(t).folder(), 'pinion.toml');
    await writeFile(file, minimal(await free_port(), await free_port()));
    const { code, stderr } = await run('sh', ['-c', `${binary} check -c ${file} > /dev/full`]);
    assert.equal(code, 1);
    assert.match(stderr, /the output could not be written/);
  });

  test('a taken port is one clear line', { timeout: seconds(20) }, async (t) => {
    const taken = await serve(Stage.of(t), () => {});
    for (const text of [minimal(taken.port, await free_port()), minimal(await free_port(), taken.port)]) {
      const { code, stderr } = await start_with(t, text);
      assert.equal(code, 1, stderr);
      const lines = stderr.trimEnd().split('\n').filter((line) => line.includes(`127.0.0.1:${taken.port}`));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0], /in use/);
    }
  });

  test('a second pinion on the same port too', { timeout: seconds(20) }, async (t) => {
    const pinion = await Stage.of(t).pinion({ backends: ['127.0.0.1:1'] });
    const { code, stderr } = await start_with(t, minimal(pinion.port, await free_port()));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /in use/);
  });

  test('a bad config tells all its errors with their places', { timeout: seconds(20) }, async (t) => {
    const { code, stderr, file } = await start_with(t, minimal(1, 2) + `
[proxy.timeouts]
connect = "soon"
respons_head = "1s"
`);
    assert.equal(code, 1);
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, 2, stderr);
    for (const line of lines) assert.match(line, new RegExp(`^${file}:\\d+:\\d+: error: `));
    assert.match(stderr, /:13:\d+: error: \[proxy\.timeouts\]\.connect: /);
    assert.match(stderr, /:14:\d+: error: .*response_head/);
    const checked = await run(binary, ['check', '-c', file]);
    assert.equal(checked.code, 1);
    assert.equal(checked.stderr, stderr);
  });

  test('a file that is not there', { timeout: seconds(20) }, async () => {
    const { code, stderr } = await run(binary, ['run', '-c', '/nonexistent/pinion.toml']);
    assert.equal(code, 1);
    assert.match(stderr, /^[^\n]*\/nonexistent\/pinion\.toml[^\n]*\n$/);
  });

  test('wrong usage is 2, help and version are 0', { timeout: seconds(20) }, async () => {
    for (const args of [['nonsense'], ['run', '--nonsense'], ['sessions', '--limit', 'many']]) {
      const { code, stderr } = await run(binary, args);
      assert.equal(code, 2, `${args}: ${stderr}`);
      assert.ok(stderr);
    }
    for (const args of [['--help'], ['run', '--help'], ['status', '--help'], ['--version']]) {
      const { code, stdout } = await run(binary, args);
      assert.equal(code, 0, `${args}`);
      assert.ok(stdout);
    }
  });

  test('a good config is checked without starting anything', { timeout: seconds(20) }, async (t) => {
    const file = join(await Stage.of(t).folder(), 'pinion.toml');
    await writeFile(file, minimal(1, 2));
    const { code, stdout } = await run(binary, ['check', '-c', file]);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${file}: ok\n`), stdout);
    assert.match(stdout, /chat/);
  });

  test('the reference config is a good config', { timeout: seconds(20) }, async (t) => {
    const { code, stdout } = await run(binary, ['config']);
    assert.equal(code, 0);
    const file = join(await Stage.of(t).folder(), 'pinion.toml');
    await writeFile(file, stdout);
    const checked = await run(binary, ['check', '-c', file]);
    assert.equal(checked.code, 0, checked.stderr);
  });
});

describe('starting', () => {
  test('it says where it listens', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const file = join(await stage.folder(), 'pinion.toml');
    const admin = await free_port();
    await writeFile(file, `
[proxy]
listen = ["127.0.0.1:0"]
[admin]
listen = "127.0.0.1:${admin}"
[log]
format = "json"
[[pool]]
name = "chat"
backends = ["${(await serve(stage, (asked, answer) => answer.end('there'))).address}"]
[[route]]
pool = "chat"
`);
    const child = new Child(binary, ['run', '-c', file]);
    stage.defer(() => child.kill());
    const [line] = await child.line(/^\{.*"event":"listening".*\}$/m);
    assert.equal((await request(`http://${JSON.parse(line).address}/`)).body, 'there');
  });

  test('fewer connections than the config says are told, and it serves those', { timeout: seconds(20) }, async (t) => {
    const stage = Stage.of(t);
    const port = await free_port();
    const file = join(await stage.folder(), 'pinion.toml');
    await writeFile(file, minimal(port, 0, await free_port()).replace('[admin]', 'max_connections = 5000\n[admin]'));
    const pinion = new Child('sh', ['-c', 'ulimit -n 100; exec "$0" "$@"', binary, 'run', '-c', file]);
    stage.defer(() => pinion.kill());
    await eventually('it says so', () => /fewer connections.*max_connections=5000 possible=\d+ open_files=100/.test(pinion.stderr));
    await eventually('it runs', () => /pinion is running.*max_connections=\d\d\n/.test(pinion.stderr));
    assert.equal((await request(`http://127.0.0.1:${port}/`)).status, 502);
  });
});
