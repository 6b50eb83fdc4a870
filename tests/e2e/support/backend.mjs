// Chat servers as child processes. All kinds understand the same events (see servers/node_server.mjs):
//   node4   socket.io 4 (with allowEIO3)          uvicorn-websockets, uvicorn-wsproto   python3-socketio, ASGI
//   node2   socket.io 2                           aiohttp                               python3-socketio, aiohttp
// But chainlit-websockets and chainlit-wsproto are of Chainlit's shape (see servers/chainlit_server.py).
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';
import { free_port } from './wait.mjs';

const script = (name) => fileURLToPath(new URL(`../servers/${name}`, import.meta.url));

/** Debian's Python: its socket.io packages are not those of another python3 in the PATH. */
export const python = '/usr/bin/python3';
export const python_client = script('python_client.py');
export const python_rebind = script('python_rebind.py');
export const chainlit_client = script('chainlit_client.py');

/** The program of a kind of server. */
function program(kind) {
  if (kind.startsWith('node')) return [process.execPath, script('node_server.mjs')];
  return [python, script(kind.startsWith('chainlit') ? 'chainlit_server.py' : 'python_server.py')];
}

export class Backend {
  /** @param options for the server: {path} listens on a unix socket, {ping} is both ping times in seconds,
   *   {reports} has it tell its load as conf/examples do, {socketio} goes to the Node server as it is */
  constructor(kind, name, options) {
    this.kind = kind;
    this.name = name;
    this.options = options;
  }

  /** Starts it, or starts it again on the same address. */
  async start() {
    this.port ??= this.options.path ? 0 : await free_port();
    this.address = this.options.path ? `unix:${this.options.path}` : `127.0.0.1:${this.port}`;
    this.url = `http://127.0.0.1:${this.port}`;
    const told = JSON.stringify({ kind: this.kind, name: this.name, port: this.port, ...this.options });
    const [command, file] = program(this.kind);
    this.child = new Child(command, [file, told]);
    await this.child.line(/^ready$/m);
  }

  /**
   * What a Node server has seen, {clients, joined, talked, errors: {code: count}, closes: {reason: count}}, or one of
   * Chainlit's shape. Sockets have joined, and talked once there was an echo.
   */
  async seen() {
    return (await fetch(`${this.url}${this.options.root ?? ''}/seen`, { headers: { connection: 'close' } })).json();
  }

  async kill() {
    await this.child?.kill();
  }
}
