// TLS by nginx in front of pinion, with the file of conf/examples.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child, run } from './support/child.mjs';
import { call, client } from './support/client.mjs';
import { request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, free_port, seconds } from './support/wait.mjs';

const example = fileURLToPath(new URL('../../conf/examples/nginx-tls.conf', import.meta.url));

/** nginx with the example, in which only ports and paths are others. @returns its URL */
async function serve_tls(stage, pinion) {
  const folder = await mkdtemp(join(tmpdir(), 'pinion-tls-'));
  stage.defer(() => rm(folder, { recursive: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate,
    '-subj', '/CN=chat.example.com', '-days', '2']);
  assert.equal(made.code, 0, made.stderr);
  const port = await free_port();
  let site = await readFile(example, 'utf8');
  for (const [from, to] of [
    ['127.0.0.1:8080', `127.0.0.1:${pinion.port}`], ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['/etc/ssl/certs/chat.example.com.pem', certificate], ['/etc/ssl/private/chat.example.com.key', key],
  ]) {
    assert.ok(site.includes(from), from);
    site = site.replaceAll(from, to);
  }
  const config = join(folder, 'nginx.conf');
  await writeFile(config, `daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
events { worker_connections 200; }
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
${site}}\n`);
  const nginx = new Child('/usr/sbin/nginx', ['-c', config]);
  stage.defer(() => nginx.kill());
  await eventually('nginx answers', async () => {
    assert.ok(nginx.running, nginx.stderr);
    return (await request(`https://127.0.0.1:${port}/`, { via: https, rejectUnauthorized: false }).catch(() => ({}))).status;
  }, { within: seconds(10) });
  return `https://127.0.0.1:${port}`;
}

describe('behind nginx that ends TLS', () => {
  test('all transports stick, and pinion knows the client and its https', { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const backends = await stage.backends('node4', 3);
    const pinion = await stage.pinion({
      backends, proxy: { trusted_proxies: ['127.0.0.1'] },
      pool: { balance: 'least_sessions', affinity: { cookie: 'pinion' } },
    });
    const url = await serve_tls(stage, pinion);
    for (const transport of ['polling', 'websocket', 'upgrade']) {
      const sockets = [];
      for (let i = 0; i < 6; i++) sockets.push(await client(stage, url, { transport, rejectUnauthorized: false }));
      const homes = await Promise.all(sockets.map((socket) => call(socket, 'who')));
      assert.equal(new Set(homes).size, 3, transport);
      for (let round = 0; round < 3; round++) {
        assert.deepEqual(await Promise.all(sockets.map((socket) => call(socket, 'who'))), homes);
      }
    }
    assert.equal((await pinion.status()).totals.sessions, 18);
    const opened = await request(`${url}/socket.io/?EIO=4&transport=polling`, { via: https, rejectUnauthorized: false });
    assert.equal(opened.status, 200);
    assert.match(opened.headers['set-cookie'][0], /^pinion=.*; Secure$/);
    stage.leave_clients();
  });
});
