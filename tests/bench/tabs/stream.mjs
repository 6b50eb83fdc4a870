// Answers that are streamed to many tabs at once, through pinion and past it in turns: are they whole and in order, and how
// late is a token? A few always listen without pinion, so that what the machine does is not put down to it.
import { beside, share_of, start_servers } from './crowds.mjs';
import { cpu_meanwhile, median } from './cpu.mjs';
import { start_front } from './fronts.mjs';

const kProcesses = 2; // that listen

async function turn(stage, urls, servers, { tabs, few, tokens, rate }) {
  const past = servers.map(({ url }) => url);
  const plan = { urls, beside: past, tabs: tabs / kProcesses, few: few / kProcesses, tokens, rate };
  const all = Array.from({ length: kProcesses }, () => beside(stage, 'listeners.mjs', plan));
  await Promise.all(all.map((some) => some.hears(120_000)));
  const heard = await Promise.all(all.map((some) => some.ask('go', 60_000 + 4000 * tokens / rate)));
  const group = (which) => {
    const delays = heard.flatMap((one) => one[which].delays);
    return {
      p50: share_of(delays, 0.5),
      p99: share_of(delays, 0.99),
      broken: heard.reduce((sum, one) => sum + one[which].broken, 0),
      tokens: delays.length,
    };
  };
  return { through: group('through'), beside: group('beside') };
}

const kMostAdded = 5; // ms, by pinion, to 99 % of the tokens
const us = (ns) => `${(ns / 1000).toFixed(1)} us`;
const ms = (value) => `${value.toFixed(2)} ms`;
const both = ({ p50, p99 }) => `${ms(p50)}, ${ms(p99)}`;

export async function stream(stage, { tabs, few, tokens, rate, rounds }) {
  const servers = await start_servers(stage);
  const pinion = await start_front(stage, 'pinion', servers);
  const plan = { tabs, few, tokens, rate };
  const direct = [], through = [], used = [], waited = [];
  for (let i = 0; i < rounds; i++) {
    direct.push(await turn(stage, servers.map(({ url }) => url), servers, plan));
    const run = await cpu_meanwhile(pinion.child.pid, () => turn(stage, [pinion.url], servers, plan));
    through.push(run.result);
    used.push(run.used / run.result.through.tokens);
    waited.push(run.waited / run.result.through.tokens);
  }
  const of = (turns, group) => ({
    p50: median(turns.map((one) => one[group].p50)), p99: median(turns.map((one) => one[group].p99)),
  });
  const added = {
    p50: median(through.map(({ through: a, beside: b }) => a.p50 - b.p50)),
    p99: median(through.map(({ through: a, beside: b }) => a.p99 - b.p99)),
  };
  const broken = through.reduce((sum, one) => sum + one.through.broken, 0);
  return {
    'answers': `${rounds * tabs} of ${tokens} tokens at ${rate} a second, ${tabs} at a time`,
    'not whole or not in order': broken,
    'delay past pinion, 50 %, 99 %': both(of(direct, 'through')),
    'delay through pinion': both(of(through, 'through')),
    'delay past pinion, of a few at the same time': both(of(through, 'beside')),
    'added, against these': both(added),
    "pinion's threads, a token": `${us(median(used))} on a CPU, ${us(median(waited))} waiting for one`,
    misses: broken + (added.p99 < kMostAdded ? 0 : 1),
  };
}
