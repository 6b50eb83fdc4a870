// The most of a crowd, in a process of their own, so that what they do when they are cut off does not slow down those whose
// delays are measured. Forked by mishaps.mjs: others.mjs URL COUNT RATE. Says "here" once all have come; answers "news"
// with how they are, and "silence" with the same, once all that they said has been acknowledged.
import { eventually } from '../../e2e/support/wait.mjs';
import { Crowd } from './crowd.mjs';

const [url, count, rate] = process.argv.slice(2);
const crowd = new Crowd(url, { count: Number(count), rate: Number(rate), seed: 2 });
const news = () => ({
  all_here: crowd.all_here,
  failed: crowd.failed.length,
  garbled: crowd.garbled.length,
  returned: crowd.returns.length,
});

process.on('disconnect', () => process.exit(0));
process.on('message', async (order) => {
  if (order === 'silence') await crowd.all_is_heard();
  process.send(news());
});
await crowd.come();
await eventually('all have come', () => crowd.all_here, { within: 60_000 });
process.send('here');
