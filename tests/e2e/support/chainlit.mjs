// Browsers and their tabs as Chainlit's page makes them, with the plain socket.io-client. Whatever shows that a request
// or a reconnect has been to the wrong process is noted: an error of the endpoint, a conversation that has lost its turns.
import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';
import { connected, engine_of, transports as transports_of } from './client.mjs';
import { CookieAgent } from './cookies.mjs';
import { request } from './polling.mjs';
import { eventually, once, seconds, within } from './wait.mjs';

/** What an endpoint answers on the wrong process. */
const wrong_answers = new Set([401, 404, 500]);
const reply = (answer) => (answer.status === 200 ? JSON.parse(answer.body) : undefined);

/** A body with its length, which Node does not send with DELETE. */
function json_body(value) {
  const body = Buffer.from(JSON.stringify(value));
  return { body, headers: { 'content-type': 'application/json', 'content-length': body.length } };
}

/** The cookies that its tabs share. */
export class Browser {
  tabs = [];
  cookies = new Map();

  /**
   * @param url of the server or what is in front of it
   * @param root what Chainlit's path begins with
   * @param cookies false: none are kept, as in a Copilot in somebody else's page
   * @param from the address its connections come from, of those that begin with 127.
   */
  constructor(url, { root = '', cookies = true, from } = {}) {
    this.url = url;
    this.root = root;
    const options = { accepts: cookies, ...(from && { localAddress: from }) };
    this.agent = new CookieAgent(this.cookies, { keepAlive: true, ...options });
    // Sockets have connections of their own: xmlhttprequest-ssl repeats what is reset on one that was used before, and
    // forgets to send it.
    this.socket_agent = new CookieAgent(this.cookies, options);
  }

  /** A tab, not yet open. */
  tab(options) {
    const tab = new Tab(this, options);
    this.tabs.push(tab);
    return tab;
  }

  close() {
    for (const tab of this.tabs) tab.close();
    for (const agent of [this.agent, this.socket_agent]) agent.destroy();
  }
}

export class Tab {
  #stuck; // the engine whose upgrade has failed
  id = randomUUID();
  turns = 0;      // of the conversation, as far as answers have been heard
  wrong = [];     // requests that have been to the wrong process: 'METHOD path status'
  refused = [];   // likewise, requests that failed otherwise
  lost = 0;       // times that the conversation began anew
  attempts = [];  // for each reconnect, with how manieth try
  failed = [];    // tries that failed
  ended = [];     // why the socket was closed, each time
  tokens = [];    // of all answers, as they came

  /**
   * @param transport one of client.mjs
   * @param url another way to the same place, such as a proxy that cuts
   * @param options for socket.io-client
   */
  constructor(browser, { transport = 'upgrade', url = browser.url, client_type = 'webapp', ...options } = {}) {
    Object.assign(this, { browser, url, transport, client_type, options });
  }

  /** As useChatSession does: first the cookie, then the socket. */
  async open({ cookie = true } = {}) {
    if (cookie) await this.set_cookie();
    const { socket_agent: agent, root } = this.browser;
    this.socket = io(this.url, {
      path: `${root}/ws/socket.io`,
      transports: transports_of[this.transport],
      forceNew: true,
      autoUnref: true,
      agent,
      auth: { clientType: this.client_type, sessionId: this.id, threadId: '', userEnv: '{}', chatProfile: '' },
      ...this.options,
    });
    this.#listen();
    await connected(this.socket, seconds(20));
    return this;
  }

  #listen() {
    const { socket } = this;
    socket.on('connect', () => socket.emit('connection_successful'));
    socket.on('disconnect', (reason) => this.ended.push(reason));
    // The one that the server itself has said carries no description; the others are the transport's.
    socket.on('connect_error', (error) => this.failed.push(error.message));
    socket.io.on('reconnect', (attempt) => this.attempts.push(attempt));
    socket.io.on('open', () => {
      const engine = engine_of(socket);
      engine.once('upgradeError', () => (this.#stuck = engine));
    });
    socket.on('stream_token', (token) => this.tokens.push(token));
    socket.on('update_message', ({ turn }) => {
      if (turn <= this.turns) this.lost++;
      this.turns = turn;
    });
  }

  /** Says something and hears the answer: its text. */
  async chat(output = 'hello', ms = seconds(20)) {
    const message = this.say(output);
    for (;;) {
      const [answer] = await once(this.socket, 'update_message', ms);
      if (answer.answers === message.id) return answer.output.trim();
    }
  }

  /** Says something and does not wait. */
  say(output) {
    const message = { id: randomUUID(), name: 'User', type: 'user_message', output, createdAt: new Date().toISOString() };
    this.socket.emit('client_message', { message, fileReferences: [] });
    return message;
  }

  /** {name, id, turns} of whoever holds it. */
  who() {
    return within('who', new Promise((resolve) => this.socket.emit('who', resolve)), seconds(20));
  }

  /**
   * Waits until it has come back after its connections were cut. An upgrade that broke off half-way may have left either
   * end waiting for it until the ping timeout: engine.io-client 6.6 with its polls paused, python-engineio 4.3 answering
   * each with a NOOP. Such a tab is connected anew.
   */
  async back(ms = seconds(20)) {
    await eventually('the tab is back', () => {
      const engine = engine_of(this.socket);
      if (this.#stuck === engine) this.socket.disconnect().connect();
      return this.socket.connected && (this.transport !== 'upgrade' || engine.transport.name === 'websocket');
    }, { within: ms, every: 10 });
  }

  /** Cuts it off, as often as it takes: between two polls there is nothing to be cut. */
  async cut(cutter) {
    const times = this.ended.length;
    await eventually('it is cut off', () => {
      if (this.ended.length > times) return true;
      if (this.socket.connected) cutter.cut(); // else it would never come back to be cut off
      return false;
    }, { within: seconds(20), every: 5 });
  }

  async #ask(method, path, { json, ...options } = {}) {
    const { root, agent } = this.browser;
    const answer = await request(this.url + root + path, { method, agent, ...(json && json_body(json)), ...options });
    if (answer.status !== 200) {
      (wrong_answers.has(answer.status) ? this.wrong : this.refused).push(`${method} ${path.split('?')[0]} ${answer.status}`);
    }
    return answer;
  }

  set_cookie() {
    return this.#ask('POST', '/set-session-cookie', { json: { session_id: this.id } });
  }

  /** Uploads a file: its id, or undefined on the wrong process. */
  async upload(content = 'of a file', name = 'file.txt') {
    const edge = randomUUID();
    const head = `--${edge}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n`;
    const answer = await this.#ask('POST', `/project/file?session_id=${this.id}`, {
      body: Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from(`\r\n--${edge}--\r\n`)]),
      headers: { 'content-type': `multipart/form-data; boundary=${edge}` },
    });
    return reply(answer)?.id;
  }

  /** What was uploaded as that file. */
  async download(id) {
    const answer = await this.#ask('GET', `/project/file/${id}?session_id=${this.id}`);
    return answer.status === 200 ? answer.body : undefined;
  }

  async action(name = 'press') {
    const json = { sessionId: this.id, action: { name, payload: {} } };
    return reply(await this.#ask('POST', '/project/action', { json }));
  }

  async element(id = 'element') {
    const json = { sessionId: this.id, element: { id, type: 'custom' } };
    return reply(await this.#ask('PUT', '/project/element', { json }));
  }

  async remove_element(id = 'element') {
    return reply(await this.#ask('DELETE', '/project/element', { json: { sessionId: this.id, element: { id } } }));
  }

  async connect_mcp(name = 'tools') {
    const json = { sessionId: this.id, name, url: 'http://127.0.0.1/', clientType: 'sse' };
    return reply(await this.#ask('POST', '/mcp', { json }));
  }

  async disconnect_mcp(name = 'tools') {
    return reply(await this.#ask('DELETE', '/mcp', { json: { sessionId: this.id, name } }));
  }

  /** The names of what is connected, asked for with the header. */
  async list_mcp() {
    return reply(await this.#ask('GET', '/mcp', { headers: { 'x-session-id': this.id } }))?.mcp;
  }

  async feedback(value = 1) {
    return reply(await this.#ask('PUT', '/feedback', { json: { sessionId: this.id, feedback: { value } } }));
  }

  close() {
    this.socket?.disconnect();
  }
}

/** A browser for as long as the stage lasts. */
export function browser(stage, url, options) {
  return stage.keep(new Browser(url, options));
}

/** What servers of Chainlit's shape have seen, together; `anew` are sessions that began more than once. */
export async function seen_by(servers) {
  const all = await Promise.all(servers.map((server) => server.seen()));
  const begun = new Map();
  for (const { new: ids } of all) for (const [id, times] of Object.entries(ids)) begun.set(id, (begun.get(id) ?? 0) + times);
  const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);
  return {
    sessions: begun.size,
    anew: [...begun].filter(([, times]) => times > 1).map(([id]) => id),
    restored: all.reduce((total, { restored }) => total + sum(restored), 0),
    right: all.reduce((total, { right }) => total + sum(right), 0),
    wrong: all.flatMap(({ name, wrong }) => wrong.map(({ request: asked, id }) => `${asked} at ${name} of ${id}`)),
    messages: all.reduce((total, { messages }) => total + messages, 0),
  };
}
