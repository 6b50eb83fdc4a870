// Some of the people, in a process of their own. Forked by crowds.mjs: people.mjs PLAN, which is JSON:
//   port        of what is in front of the servers
//   first, users, tabs   which of the people, how many tabs each has
//   transport, deflate   of their sockets
//   times       that each tab is cut off
//   round       ms that a tab takes from one time to the next, about
//   cookies     false: the browsers keep none
//   addresses   as in lines.mjs
//   seed
// Says {here} once all tabs are open or have tried; at "go" begins, and says what became of it (tally.mjs).
import { Browser } from '../../e2e/support/chainlit.mjs';
import { random_from } from '../../e2e/support/wait.mjs';
import { Line } from './lines.mjs';
import { Routine } from './routine.mjs';
import { Tally } from './tally.mjs';

const plan = JSON.parse(process.argv[2]);
const random = random_from(plan.seed + plan.first);
const start_line = (n) => new Line(plan.port, { n, addresses: plan.addresses, random }).start();

// The tabs of every other browser share a line, and so its connections.
async function open_browser(n) {
  const shared = n % 2 === 0 ? await start_line(n) : undefined;
  const browser = new Browser(shared?.url, { cookies: plan.cookies });
  const routines = [];
  for (let i = 0; i < plan.tabs; i++) {
    const line = shared ?? await start_line(n);
    const tab = browser.tab({ transport: plan.transport, url: line.url, perMessageDeflate: plan.deflate && { threshold: 0 } });
    await tab.open().catch(() => {}); // it goes on trying by itself
    routines.push(new Routine(tab, { line, random, round: plan.round }));
  }
  return routines;
}

process.on('disconnect', () => process.exit(0));

const routines = [];
for (let n = plan.first; n < plan.first + plan.users; n++) routines.push(...await open_browser(n));
process.send({ here: routines.length });
process.once('message', async () => {
  const tally = new Tally();
  await Promise.all(routines.map((routine) => routine.run(plan.times, tally)));
  for (const { tab } of routines) tally.add_tab(tab);
  process.send(tally, () => process.exit(0));
});
