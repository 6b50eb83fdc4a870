// What tabs of Chainlit notice of what is in front of their processes. See run beside this file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Stage } from '../../e2e/support/stage.mjs';
import { cost } from './cost.mjs';
import { cut_off_again_and_again } from './crowds.mjs';
import { died } from './died.mjs';
import { targets as all_targets } from './fronts.mjs';
import { stream } from './stream.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    targets: { type: 'string' },
    users: { type: 'string' },
    times: { type: 'string' },
    pace: { type: 'string', default: '40' },      // times a second, of all tabs together
    seed: { type: 'string', default: '1' },
    tokens: { type: 'string', default: '2000' },  // of a streamed answer
    rounds: { type: 'string' },                   // of stream and cost
    ids: { type: 'string', default: '200000' },   // that are kept
    json: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const { smoke } = options;
const targets = (options.targets ?? (smoke ? 'pinion' : all_targets.join())).split(',');
const number = (name, usual, small) => Number(options[name] ?? (smoke ? small : usual));

const kTabs = 2;
const users = number('users', 200, 4);
const times = number('times', 20, 1);

function crowd(plan) {
  const whole = {
    users,
    tabs: kTabs,
    times,
    round: smoke ? 500 : Math.max(1000, 1000 * users * kTabs / Number(options.pace)),
    cookies: true,
    addresses: 'own',
    transport: 'upgrade',
    deflate: true,
    seed: Number(options.seed),
    ...plan,
  };
  return { targets, run: (stage, target) => cut_off_again_and_again(stage, target, whole), is_crowd: true };
}

const scenarios = {
  upgrade: crowd({ deflate: false }),
  'upgrade-deflate': crowd({}),
  websocket: crowd({ transport: 'websocket', deflate: false }),
  'websocket-deflate': crowd({ transport: 'websocket' }),
  polling: crowd({ transport: 'polling', deflate: false }),
  'polling-deflate': crowd({ transport: 'polling' }),
  // By WebSocket, since by polling the others would have no sessions at all.
  cookieless: crowd({ cookies: false, transport: 'websocket' }),
  moving: crowd({ addresses: 'moving', transport: 'websocket' }),
  'moving-cookieless': crowd({ addresses: 'moving', cookies: false, transport: 'websocket' }),
  'one-address': crowd({ addresses: 'one' }),
  died: { targets, run: (stage, target) => died(stage, target, { users, tabs: kTabs }) },
  cost: {
    targets: ['pinion'],
    run: (stage) => cost(stage, {
      rounds: number('rounds', 40, 1), sessions: smoke ? 50 : 400, ids: smoke ? 500 : Number(options.ids),
    }),
  },
  stream: {
    targets: ['pinion'],
    run: (stage) => stream(stage, {
      tabs: smoke ? 4 : 100,
      few: smoke ? 2 : 20,
      tokens: smoke ? 20 : Number(options.tokens),
      rate: 50,
      rounds: number('rounds', 3, 1),
    }),
  },
};

const columns = {
  requests: 10, wrong: 7, reconnects: 12, lost: 6, failed: 8, stuck: 7, back_p50: 10, back_p99: 10, tabs: 13,
};
const cells = (values) => Object.entries(columns).map(([key, width]) => values(key).padStart(width)).join('');
const text_of = (value) => String(typeof value === 'number' ? Math.round(value) : value);

function print_crowd(target, result) {
  console.log(`${target.padEnd(9)}${cells((key) => text_of(result[key]))}`);
  for (const [what, text] of Object.entries(result.remarks)) if (text) console.log(`          ${what}: ${text}`);
}

function print_lines(target, { misses, ...lines }) {
  console.log(`  ${target}`);
  for (const [what, value] of Object.entries(lines)) console.log(`    ${what.padEnd(58)}${value}`);
}

const all = {};
let passed = 0;
let failed = 0;
for (const name of positionals.length > 0 ? positionals : smoke ? ['polling-deflate'] : Object.keys(scenarios)) {
  const scenario = scenarios[name];
  console.log(`\n${name}${scenario.is_crowd ? `: ${users} users with ${kTabs} tabs each, ${times} times` : ''}`);
  if (scenario.is_crowd) console.log(`${''.padEnd(9)}${cells((key) => key)}`);
  for (const target of scenario.targets) {
    const stage = new Stage();
    try {
      const result = await scenario.run(stage, target);
      (scenario.is_crowd ? print_crowd : print_lines)(target, result);
      (all[name] ??= {})[target] = result;
      const misses = scenario.is_crowd ? result.wrong + result.lost + result.stuck + result.garbled : result.misses;
      if (target === 'pinion' && misses > 0) failed++;
      else passed++;
    } catch (error) {
      failed++;
      console.log(`${target}: ${error.stack}`);
    } finally {
      await stage.close();
    }
  }
}
if (options.json) {
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, JSON.stringify(all, null, 1));
}
console.log(`\ntabs: ${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
