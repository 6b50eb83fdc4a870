// What stands in front of the processes: pinion, or HAProxy and nginx as they are best for this.
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Child } from '../../e2e/support/child.mjs';
import { eventually, free_port } from '../../e2e/support/wait.mjs';

// A cookie of its own says which server. uvicorn closes connections after 5 s: they are kept for less.
const haproxy = ({ port, servers }) => `
global
  nbthread 2
  maxconn 9900
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 75s
  timeout tunnel 1h
  option forwardfor
  option redispatch 1
  retries 3
frontend web
  bind 127.0.0.1:${port}
  default_backend chainlit
backend chainlit
  balance leastconn
  cookie SERVER insert indirect nocache httponly
  option httpchk GET /health
  default-server pool-purge-delay 2s
${servers.map(({ name, address }) => `  server ${name} ${address} cookie ${name} check inter 1s`).join('\n')}
`;

// With max_fails it would take servers out after one connection that uvicorn has closed, and answer 502.
const nginx = ({ port, servers, folder }) => `
daemon off;
worker_processes 2;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 9900; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  map $http_upgrade $connection_upgrade {
    default upgrade;
    '' '';
  }
  upstream chainlit {
    ip_hash;
${servers.map(({ address }) => `    server ${address} max_fails=0;`).join('\n')}
    keepalive 64;
    keepalive_timeout 4s;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://chainlit;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_connect_timeout 2s;
      proxy_read_timeout 1h;
      proxy_buffering off;
    }
  }
}
`;

const others = {
  haproxy: { config: haproxy, command: (folder) => ['haproxy', ['-db', '-f', join(folder, 'config')]] },
  nginx: { config: nginx, command: (folder) => ['nginx', ['-p', folder, '-c', join(folder, 'config')]] },
};

export const targets = ['pinion', ...Object.keys(others)];

function reachable(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() && true)).on('error', reject);
  });
}

async function start_other(stage, { config, command }, servers) {
  const folder = await stage.folder();
  const port = await free_port();
  await writeFile(join(folder, 'config'), config({ port, servers, folder }));
  const child = new Child(...command(folder));
  stage.defer(async () => {
    child.signal('SIGTERM'); // not SIGKILL: nginx would leave its workers behind
    await child.ended();
  });
  await eventually('it listens', () => {
    if (!child.running) throw new Error(`it ended with ${child.code}: ${child.stderr}`);
    return reachable(port);
  });
  return { port, child };
}

/**
 * Starts what has that name in front of `servers`.
 * @returns {port, child}; of pinion all that stage.pinion() gives
 */
export function start_front(stage, target, servers, { workers = 2, pool, log = { level: 'warning' } } = {}) {
  if (target !== 'pinion') return start_other(stage, others[target], servers);
  const backend = servers.map(({ name, address }) => ({ name, address }));
  return stage.pinion({ backends: servers, workers, log, pool: { preset: 'chainlit', health: undefined, backend, ...pool } });
}
