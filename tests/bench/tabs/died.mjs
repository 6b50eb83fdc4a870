// One of three processes is killed under its tabs: when they are back and where, and whether they stay there.
import { Browser } from '../../e2e/support/chainlit.mjs';
import { eventually, pause } from '../../e2e/support/wait.mjs';
import { heard_by, share_of, start_servers } from './crowds.mjs';
import { start_front } from './fronts.mjs';
import { Line } from './lines.mjs';

const kAtATime = 10; // browsers that come
const kHealthy = 5000; // ms within which everybody knows that a server is there again
const kCuts = 3;
const kPatience = 60_000;

async function open_browser(stage, port, n, tabs) {
  const line = await new Line(port, { n, addresses: 'own' }).start();
  stage.defer(() => line.close());
  const browser = stage.keep(new Browser(line.url));
  for (let i = 0; i < tabs; i++) await browser.tab({ perMessageDeflate: false }).open();
  return { line, tabs: browser.tabs };
}

async function open_all(stage, port, users, tabs) {
  const browsers = [];
  for (let n = 0; n < users; n += kAtATime) {
    const some = Array.from({ length: Math.min(kAtATime, users - n) }, (_, i) => open_browser(stage, port, n + i, tabs));
    browsers.push(...await Promise.all(some));
  }
  return browsers;
}

const names_of = async (tabs) => new Map(await Promise.all(tabs.map(async (tab) => [tab, (await tab.who()).name])));

/** How long each of them takes to come back, in ms. */
function all_are_back(tabs, began) {
  return Promise.all(tabs.map(async (tab) => {
    await eventually('a tab is back', () => tab.socket.connected && tab.attempts.length > 0, { within: kPatience, every: 10 });
    return performance.now() - began;
  }));
}

/** All are cut off, and come back. */
async function cut_all(browsers, tabs) {
  const before = new Map(tabs.map((tab) => [tab, tab.ended.length]));
  for (const { line } of browsers) line.cut();
  await eventually('all have noticed, and are back', () => (
    tabs.every((tab) => tab.ended.length > before.get(tab) && tab.socket.connected)), { within: kPatience, every: 50 });
}

export async function died(stage, target, { users, tabs: each }) {
  const servers = await start_servers(stage);
  const front = await start_front(stage, target, servers);
  const browsers = await open_all(stage, front.port, users, each);
  const tabs = browsers.flatMap((browser) => browser.tabs);
  const homes = await names_of(tabs);
  const dies = servers.find(({ name }) => name === homes.get(tabs[0]));
  const theirs = tabs.filter((tab) => homes.get(tab) === dies.name);
  const others = tabs.filter((tab) => homes.get(tab) !== dies.name);

  const began = performance.now();
  await dies.kill();
  const back = await all_are_back(theirs, began);
  const first_try = theirs.filter((tab) => tab.attempts[0] === 1).length;
  const disturbed = others.filter((tab) => tab.ended.length > 0).length;
  const failed = theirs.flatMap((tab) => tab.failed);
  const refuges = await names_of(theirs);

  await dies.start();
  await pause(kHealthy);
  let left = 0, lost_others = 0;
  for (let i = 0; i < kCuts; i++) {
    await cut_all(browsers, tabs);
    const now = await names_of(tabs);
    left += theirs.filter((tab) => now.get(tab) !== refuges.get(tab)).length;
    lost_others += others.filter((tab) => now.get(tab) !== homes.get(tab)).length;
  }
  const { tabs: by_process } = await heard_by(servers);
  return {
    'tabs, of these on the process that is killed': `${tabs.length}, ${theirs.length}`,
    'back at the first try': `${first_try} of ${theirs.length}`,
    'back after, 50 %, 99 %, 100 %': `${[0.5, 0.99, 1].map((share) => Math.round(share_of(back, share))).join(', ')} ms`,
    'tries that failed': failed.length,
    'other tabs that were cut off': disturbed,
    'later reconnects elsewhere, of those that had lost it': `${left} of ${kCuts * theirs.length}`,
    'later reconnects elsewhere, of the others': `${lost_others} of ${kCuts * others.length}`,
    'tabs that each process has known': by_process.join('/'),
    misses: failed.length + disturbed + left + lost_others,
  };
}
