// Some of those who listen to streamed answers, in a process of their own. Forked by stream.mjs: listeners.mjs PLAN, JSON:
//   urls      where their tabs go, in turns
//   beside    where those of a few go who listen without pinion in between, in turns
//   tabs, few     how many there are of each
//   tokens, rate  of an answer, and of these a second
// Says {here} once all tabs are open; at "go" all ask, and say what they have heard: for those and these the delays in ms,
// and how many answers were not whole or not in order.
import { Browser } from '../../e2e/support/chainlit.mjs';

const plan = JSON.parse(process.argv[2]);
const now = () => performance.timeOrigin + performance.now();

async function open_tabs(urls, count) {
  const tabs = [];
  for (let i = 0; i < count; i++) {
    tabs.push(await new Browser(urls[i % urls.length]).tab({ transport: 'websocket', perMessageDeflate: false }).open());
  }
  return tabs;
}

async function listen(tab, heard) {
  let next = 0;
  let ordered = true;
  tab.socket.on('stream_token', ({ n, at }) => {
    heard.delays.push(now() - at);
    ordered = ordered && n === next;
    next++;
  });
  await tab.chat(`stream ${plan.tokens} ${plan.rate}`, 30_000 + 3000 * plan.tokens / plan.rate);
  if (!ordered || next !== plan.tokens) heard.broken++;
}

process.on('disconnect', () => process.exit(0));

const through = await open_tabs(plan.urls, plan.tabs);
const beside = await open_tabs(plan.beside, plan.few);
process.send({ here: true });
process.once('message', async () => {
  const heard = { through: { delays: [], broken: 0 }, beside: { delays: [], broken: 0 } };
  await Promise.all([...through.map((tab) => listen(tab, heard.through)), ...beside.map((tab) => listen(tab, heard.beside))]);
  process.send(heard, () => process.exit(0));
});
