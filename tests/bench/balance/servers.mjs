// The chat servers, and the proxies that take turns in front of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../../e2e/support/child.mjs';
import { eventually, free_port } from '../../e2e/support/wait.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** One chat server: a process whose loop stands still `token_ms` for each token. */
export class ChatServer {
  constructor(token_ms) {
    this.token_ms = token_ms;
  }

  async start() {
    this.port ??= await free_port();
    this.process = fork(here('backend.mjs'), [this.port, this.token_ms], { stdio: 'inherit' });
    await once(this.process, 'message');
  }

  /** Its loop does nothing at all for that long. */
  block(ms) {
    this.process.send({ block: ms });
  }

  /** When the tokens were due that it has not made yet. */
  async late() {
    this.process.send({ report: true });
    const [{ late }] = await once(this.process, 'message');
    return late;
  }

  async kill() {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
}

const pinion = (balance) => ({
  command: (folder) => [process.env.PINION ?? here('../../../build/pinion'), ['run', '-c', join(folder, 'config')]],
  config: ({ port, servers, admin }) => `
[proxy]
listen = ["127.0.0.1:${port}"]
workers = 1
shutdown_grace = "1s"
[admin]
listen = "127.0.0.1:${admin}"
[log]
level = "warning"
[[pool]]
name = "chat"
balance = "${balance}"
backends = [${servers.map((server) => `"127.0.0.1:${server.port}"`)}]
[[route]]
pool = "chat"
`,
});

const haproxy = (weighted) => ({
  command: (folder) => ['haproxy', ['-db', '-f', join(folder, 'config')]],
  config: ({ port, servers, slowness }) => `
global
  nbthread 1
  maxconn 9900
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
frontend web
  bind 127.0.0.1:${port}
  default_backend chat
backend chat
  balance leastconn
${servers.map((server, i) => `  server s${i} 127.0.0.1:${server.port} check inter 1s weight ${weight(weighted, slowness[i], 100)}`).join('\n')}
`,
});

const nginx = (weighted) => ({
  command: (folder) => ['nginx', ['-p', folder, '-c', join(folder, 'config')]],
  config: ({ port, servers, slowness, folder }) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 9900; }
http {
  access_log off;
  upstream chat {
    least_conn;
${servers.map((server, i) => `    server 127.0.0.1:${server.port} weight=${weight(weighted, slowness[i], 12)};`).join('\n')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://chat;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_read_timeout 600s;
    }
  }
}
`,
});

const weight = (weighted, slowness, most) => (weighted ? Math.round(most / slowness) : 1);

export const proxies = {
  least_load: pinion('least_load'),
  least_sessions: pinion('least_sessions'),
  random_two: pinion('random_two'),
  round_robin: pinion('round_robin'),
  haproxy: haproxy(false),
  nginx: nginx(false),
  'haproxy-weighted': haproxy(true),
  'nginx-weighted': nginx(true),
};

/** Starts the proxy of that name in front of `servers`. */
export async function start_proxy(name, servers, slowness) {
  const folder = mkdtempSync(join(tmpdir(), 'pinion-balance-'));
  const settings = { port: await free_port(), admin: await free_port(), servers, slowness, folder };
  writeFileSync(join(folder, 'config'), proxies[name].config(settings));
  const child = new Child(...proxies[name].command(folder));
  await eventually(`${name} listens`, () => {
    if (!child.running) throw new Error(`it ended with ${child.code}: ${child.stderr}`);
    return new Promise((resolve, reject) => {
      const socket = connect(settings.port, '127.0.0.1', () => resolve(socket.destroy() && true)).on('error', reject);
    });
  });
  return {
    url: `http://127.0.0.1:${settings.port}`,
    admin: `http://127.0.0.1:${settings.admin}`,
    async stop() {
      child.signal('SIGTERM'); // not SIGKILL: nginx would leave its worker behind
      await child.ended();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
