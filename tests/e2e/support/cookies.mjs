// The cookies of a browser: an HTTP agent that sends them with every request, those of sockets too, and takes new ones.
import http from 'node:http';

export class CookieAgent extends http.Agent {
  /**
   * @param cookies where they are kept, by name
   * @param accepts false: takes none, as a widget in the page of somebody else may have to
   */
  constructor(cookies, { accepts = true, ...options } = {}) {
    super({ noDelay: true, ...options });
    this.cookies = cookies;
    this.accepts = accepts;
  }

  addRequest(request, ...more) {
    if (this.cookies.size > 0) request.setHeader('cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '));
    for (const event of ['response', 'upgrade']) request.prependListener(event, ({ headers }) => this.#take(headers));
    super.addRequest(request, ...more);
  }

  #take(headers) {
    if (!this.accepts) return;
    for (const line of headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (/;\s*max-age=0\b/i.test(line)) this.cookies.delete(name);
      else if (name) this.cookies.set(name, value);
    }
  }
}
