// The demo's chat page in headless Chromium, through pinion.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from './support/child.mjs';
import { chromium } from './support/chromium.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, free_port, seconds } from './support/wait.mjs';

const server_script = fileURLToPath(new URL('../../scripts/demo.d/server.mjs', import.meta.url));
const names = ['Ada', 'Grace', 'Edsger'];

describe('the chat page in a browser', () => {
  const stage = new Stage();
  let pinion;
  let browser;

  before(async () => {
    const backend = await Promise.all(names.map(async (name) => {
      const port = await free_port();
      const child = new Child(process.execPath, [server_script, name, port]);
      stage.defer(() => child.kill());
      await child.line(/ listens at /);
      return { name, address: `127.0.0.1:${port}` };
    }));
    pinion = await stage.pinion({ pool: { backend } });
    browser = await chromium(stage);
  });
  after(() => stage.close());

  /** A tab on the chat page, once it is connected, and upgraded unless told. */
  async function tab(transport = 'WebSocket') {
    const page = await browser.newPage();
    const faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('requestfailed', (request) => {
      // The page's own abort of its last poll when it goes away is no fault.
      if (!request.url().includes('sid=')) faults.push(`${request.url()} ${request.failure().errorText}`);
    });
    await page.goto(pinion.url);
    await settled(page, transport);
    return { page, faults };
  }

  const text = (page, id) => page.locator(`#${id}`).textContent();

  async function settled(page, transport) {
    await eventually(`connected by ${transport}`, async () =>
      (await text(page, 'state')) === 'Connected' && (await text(page, 'transport')) === transport
        && (await text(page, 'server')) !== '–', { within: seconds(15) });
  }

  async function say(page, words) {
    await page.fill('#text', words);
    await page.press('#text', 'Enter');
  }

  test('it upgrades, and pinion knows its session', { timeout: seconds(60) }, async () => {
    const { page, faults } = await tab();
    const session = await eventually('a websocket session', async () => {
      const found = await pinion.session(await text(page, 'sid'));
      return found?.transport === 'websocket' && found;
    });
    assert.equal(session.backend.split('/').pop(), await text(page, 'server'));
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('people on one server hear each other', { timeout: seconds(60) }, async () => {
    const tabs = [];
    for (let i = 0; i < names.length + 1; i++) tabs.push(await tab());
    const servers = await Promise.all(tabs.map(({ page }) => text(page, 'server')));
    assert.deepEqual(new Set(servers), new Set(names), 'each tab is a session of its own');
    const last = servers.length - 1;
    const mate = servers.indexOf(servers[last]);
    await say(tabs[last].page, 'Good morning');
    for (const { page } of [tabs[last], tabs[mate]]) await page.locator('#log li', { hasText: 'Good morning' }).waitFor();
    for (const { page, faults } of tabs) {
      assert.deepEqual(faults, []);
      await page.close();
    }
  });

  test('a reload makes a new session, and the chat goes on', { timeout: seconds(60) }, async () => {
    const { page, faults } = await tab();
    const sid = await text(page, 'sid');
    await page.reload();
    await settled(page, 'WebSocket');
    assert.notEqual(await text(page, 'sid'), sid);
    await say(page, 'Here again');
    await page.locator('#log li.mine', { hasText: 'Here again' }).waitFor();
    await eventually('the old session is gone', async () => (await pinion.session(sid)) === undefined);
    assert.deepEqual(faults, []);
    await page.close();
  });

  for (const [choice, transport] of [['polling,websocket', 'WebSocket'], ['websocket', 'WebSocket'], ['polling', 'polling']]) {
    test(`200 streamed tokens arrive complete and in order by ${choice}`, { timeout: seconds(60) }, async () => {
      const { page, faults } = await tab();
      await page.selectOption('#choice', choice);
      await settled(page, transport);
      await say(page, 'stream 200');
      await page.locator('#log li', { hasText: '200 tokens, all in order' }).waitFor();
      assert.deepEqual(faults, []);
      const sid = await text(page, 'sid');
      await page.evaluate('socket.disconnect()'); // a tab that polls just stops when it is closed, and is missed later
      await eventually('it has said good-bye', async () => (await pinion.session(sid)) === undefined);
      await page.close();
    });
  }

  test('afterwards nothing is left', { timeout: seconds(60) }, async () => {
    await browser.close();
    await pinion.comes_to_rest();
  });
});
