// The page around the real @chainlit/react-client (servers/chainlit_page.mjs) in headless Chromium.
import { build } from 'esbuild';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, seconds } from './wait.mjs';

const source = fileURLToPath(new URL('../servers/chainlit_page.mjs', import.meta.url));

/** Bundles it: the path of a script, for the option `page` of servers of Chainlit's shape. */
export async function page_script(stage) {
  const outfile = join(await stage.folder(), 'page.js');
  await build({
    entryPoints: [source], outfile, bundle: true, format: 'iife', logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outfile;
}

/** A tab on that page. */
export class PageTab {
  faults = [];
  wrong = [];
  #page;

  constructor(page) {
    this.#page = page;
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('response', (answer) => {
      const path = new URL(answer.url()).pathname;
      if ([401, 404, 500].includes(answer.status()) && path !== '/favicon.ico') {
        this.wrong.push(`${answer.request().method()} ${path} ${answer.status()}`);
      }
    });
  }

  /** @param browser a context of playwright */
  static async open(browser, url) {
    const tab = new PageTab(await browser.newPage());
    await tab.#page.goto(url);
    await tab.connected();
    return tab;
  }

  /** One of the page's values, as it is now. */
  get(key) {
    return this.#page.evaluate((name) => window.tab?.[name], key);
  }

  /** Calls one of the page's functions. */
  call(name, ...args) {
    return this.#page.evaluate(([what, values]) => window.tab[what](...values), [name, args]);
  }

  /** Cuts it off, as often as it takes: Chromium repeats a request at once whose connection it had used before. */
  async cut(cutter) {
    const cut_off = () => this.#page.evaluate(() => window.cut_off);
    const times = await cut_off();
    await eventually('the page is cut off', async () => {
      cutter.cut();
      return (await cut_off()) > times;
    }, { every: 5 });
    await this.connected();
  }

  async connected() {
    await eventually('the page is connected', () => this.get('connected'), { within: seconds(20), every: 30 });
  }

  /** Says something; the answer, once it is whole. */
  async chat(output) {
    const before = (await this.get('messages')).length;
    await this.call('say', output);
    return eventually('the answer is whole', async () => {
      const answer = (await this.get('messages')).slice(before)
        .find(({ type, streaming }) => type === 'assistant_message' && streaming === false);
      return answer?.output.trim();
    }, { within: seconds(20), every: 30 });
  }

  close() {
    return this.#page.close();
  }
}
