// The real @chainlit/react-client in Chromium, whose tabs share one cookie.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seen_by } from './support/chainlit.mjs';
import { page_script, PageTab } from './support/chainlit_page.mjs';
import { chromium } from './support/chromium.mjs';
import { cutter } from './support/cutter.mjs';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

const kCuts = 3;

describe('the page of Chainlit in a browser', () => {
  const stage = new Stage();
  let backends;
  let pinion;
  let browser;
  let host; // of a page that has Chainlit's Copilot

  before(async () => {
    const page = await page_script(stage);
    host = await serve(stage, (asked, answer) => {
      const from = new URL(asked.url, 'http://localhost').searchParams.get('from');
      answer.setHeader('content-type', 'text/html');
      const root = `<div id="root" data-url="${from}" data-type="copilot"></div>`;
      answer.end(`<!doctype html>${root}<script src="${from}/assets/page.js"></script>`);
    });
    const options = { page, origins: [`http://localhost:${host.port}`] };
    [backends, browser] = await Promise.all([stage.backends('chainlit-websockets', 3, options), chromium(stage)]);
    pinion = await stage.pinion({
      backends, pool: { preset: 'chainlit', balance: 'round_robin', affinity: { connect_wait: '10s' } },
    });
  });
  after(() => stage.close());

  /** A tab behind a network of its own, with a file at its process. */
  async function moves_in(path = '/', url) {
    const network = await cutter(stage, pinion.port);
    const tab = await PageTab.open(browser, (url?.(network) ?? network.url) + path);
    tab.network = network;
    tab.turns = 0;
    [tab.home] = (await tab.chat('hello')).split(' ', 1);
    tab.turns++;
    tab.file = (await tab.call('upload', 'of a page')).id;
    return tab;
  }

  async function lives(tab) {
    assert.equal(await tab.chat('and on'), `${tab.home} turn ${++tab.turns}: and on`);
    assert.equal(await tab.call('download', tab.file), 'of a page');
    assert.equal((await tab.call('action', 'press')).response, `press ${tab.turns}`);
    await tab.call('element', 'chart');
    await eventually('the element is shown', async () => (await tab.get('elements')).some(({ id }) => id === 'chart'));
    await tab.call('remove_element', 'chart');
    await eventually('it is removed', async () => (await tab.get('elements')).length === 0);
    await tab.call('connect_mcp', 'tools');
    await tab.call('disconnect_mcp', 'tools');
    await tab.call('feedback', 1);
  }

  async function is_cut_off(tab, transport) {
    await eventually(`it speaks by ${transport}`, async () => (await tab.get('transport')) === transport);
    await tab.cut(tab.network);
  }

  for (const [name, path, transport] of [
    ['polling first', '/', 'websocket'],
    ['WebSocket only', '/?transports=websocket', 'websocket'],
    ['polling only', '/?transports=polling', 'polling'],
  ]) {
    test(`two tabs are cut off and come back to their processes: ${name}`, { timeout: seconds(120) }, async () => {
      const tabs = [await moves_in(path), await moves_in(path)];
      assert.equal((await browser.cookies()).filter((cookie) => cookie.name === 'X-Chainlit-Session-id').length, 1);
      await Promise.all(tabs.map(async (tab) => {
        await lives(tab);
        for (let i = 0; i < kCuts; i++) {
          await is_cut_off(tab, transport);
          await lives(tab);
        }
        assert.deepEqual([tab.wrong, tab.faults], [[], []]);
        await tab.close();
      }));
    });
  }

  test('a Copilot in a page of somebody else\'s has no cookie', { timeout: seconds(120) }, async () => {
    await browser.clearCookies();
    const tab = await moves_in('', (network) => `http://localhost:${host.port}/?from=${network.url}`);
    await lives(tab);
    for (let i = 0; i < kCuts; i++) {
      await is_cut_off(tab, 'websocket');
      await lives(tab);
    }
    assert.deepEqual([tab.wrong, tab.faults], [[], []]);
    assert.deepEqual(await browser.cookies(), []);
    await tab.close();
  });

  test('afterwards all has been right', { timeout: seconds(30) }, async () => {
    const seen = await seen_by(backends);
    assert.deepEqual([seen.sessions, seen.anew, seen.wrong], [7, [], []]);
    assert.ok(seen.restored >= 7 * kCuts);
    assert.ok(await pinion.metric('rebinds_total', 'result="moved"') > 0);
    assert.equal(await pinion.metric('rebinds_total'), await pinion.metric('rebinds_total', 'result="moved"'));
  });
});
