// Where sessions are placed, and what that does to the people on them: pinion's policies, HAProxy's leastconn and nginx's
// least_conn in front of the same servers with the same seeded load, in turns. See README.md beside this file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { People } from './people.mjs';
import { ChatServer, proxies, start_proxy } from './servers.mjs';

// What one token costs a server of slowness 1, and who comes: means of heavy-tailed distributions.
const kTokenMs = 3;
const kRate = 5; // tokens a second of a session
const kLife = 20; // seconds of a session

const every = (ms, action) => setInterval(action, ms);

/** slowness of each server, load as a share of what all can do, and what else happens. */
const scenarios = {
  'slow-70': { slowness: [1, 1, 1, 3], load: 0.7 },
  'equal-70': { slowness: [1, 1, 1, 1], load: 0.7 },
  'equal-85': { slowness: [1, 1, 1, 1], load: 0.85 },
  'mixed-70': { slowness: [1, 2, 3, 4], load: 0.7 },
  'blocked-70': {
    slowness: [1, 1, 1, 1],
    load: 0.7,
    trouble: (servers) => {
      let turn = 0;
      return every(20_000, () => servers[turn++ % servers.length].block(3000));
    },
  },
  'restart-70': {
    slowness: [1, 1, 1, 1],
    load: 0.7,
    trouble: (servers) => every(25_000, async () => {
      await servers[0].kill();
      await servers[0].start();
    }),
  },
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    targets: { type: 'string', default: Object.keys(proxies).join() },
    seeds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '90' },
    load: { type: 'string' },
    json: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});

async function one_turn({ slowness, load, trouble }, target, seed, seconds) {
  const servers = slowness.map((slow) => new ChatServer(kTokenMs * slow));
  await Promise.all(servers.map((server) => server.start()));
  const proxy = await start_proxy(target, servers, slowness);
  const capacity = slowness.reduce((sum, slow) => sum + 1000 / (kTokenMs * slow), 0); // tokens a second
  const people = new People(proxy.url, { seed, arrivals: (load * capacity) / (kLife * kRate), life: kLife, rate: kRate });
  const troubles = trouble?.(servers);
  try {
    await people.run(seconds, seconds * 0.25);
    clearInterval(troubles);
    const heard = Number(process.hrtime.bigint()) / 1e6;
    for (const late of await Promise.all(servers.map((server) => server.late()))) {
      for (const due of late) people.count(due, heard);
    }
    people.leave();
    return people.result();
  } finally {
    clearInterval(troubles);
    await proxy.stop();
    await Promise.all(servers.map((server) => server.kill()));
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
const targets = options.targets.split(',');
const seeds = Array.from({ length: options.smoke ? 1 : Number(options.seeds) }, (_, i) => i + 1);
const seconds = options.smoke ? 5 : Number(options.seconds);
const all = {};
let failed = 0;
for (const name of names) {
  const scenario = { ...scenarios[name], ...(options.load && { load: Number(options.load) }) };
  console.log(`\n${name}: slowness ${scenario.slowness}, load ${scenario.load}, ${seeds.length} seeds of ${seconds} s`);
  console.log('target             p50 ms     p99 ms   stalls/1000   tokens  opened p99 ms  refused      cut  away p99 ms');
  const results = Object.fromEntries(targets.map((target) => [target, []]));
  for (const seed of seeds) {
    for (const target of targets) {
      const result = await one_turn(scenario, target, seed, seconds);
      if (result.tokens === 0) failed++;
      results[target].push(result);
    }
  }
  for (const target of targets) {
    const of = (key) => median(results[target].map((result) => result[key]));
    console.log(`${target.padEnd(17)}${of('p50').toFixed(1).padStart(8)}${of('p99').toFixed(1).padStart(11)}`
      + `${of('stalls').toFixed(3).padStart(14)}${String(of('tokens')).padStart(9)}${of('opened').toFixed(0).padStart(15)}${String(of('refused')).padStart(9)}`
      + `${String(of('cut')).padStart(9)}${of('away').toFixed(0).padStart(13)}`);
  }
  all[name] = results;
}
if (options.json) {
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, JSON.stringify(all, null, 1));
}
const turns = names.length * targets.length * seeds.length;
console.log(`\nbalance: ${turns - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
