// Three processes of Chainlit's shape, what stands in front of them, and people with some tabs each, who are cut off.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { within } from '../../e2e/support/wait.mjs';
import { Tally, counted } from './tally.mjs';
import { start_front } from './fronts.mjs';

const kProcesses = 2; // that play the people
const kOpening = 180_000, kLong = 3_600_000; // ms

export const share_of = (values, share) => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
};

/** A process of ours, which is told `plan`. @returns hears() what it says next, and ask()s it */
export function beside(stage, file, plan) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(plan)]);
  stage.defer(() => child.kill('SIGKILL'));
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`);
  });
  gone.catch(() => {});
  const hears = async (ms) => (await within(`${file} says something`, Promise.race([once(child, 'message'), gone]), ms))[0];
  return {
    hears,
    ask(order, ms) {
      child.send(order);
      return hears(ms);
    },
  };
}

/** The processes behind, all of one kind. */
export function start_servers(stage, { deflate = false, kind = 'chainlit-websockets', ...options } = {}) {
  return stage.backends(kind, 3, { deflate, ...options });
}

const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);

/** What the servers say: where conversations began, and began again; which requests were for somebody else's session. */
export async function heard_by(servers) {
  const all = await Promise.all(servers.map((server) => server.seen()));
  const begun = new Map();
  for (const { new: ids } of all) for (const [id, times] of Object.entries(ids)) begun.set(id, (begun.get(id) ?? 0) + times);
  return {
    sessions: begun.size,
    lost: sum([...begun.values()].map((times) => times - 1)),
    restored: all.reduce((total, { restored }) => total + sum(restored), 0),
    wrong: all.flatMap(({ wrong }) => wrong.map(({ request }) => request.replace(/\/file\/.*/, '/file/ID'))),
    right: all.reduce((total, { right }) => total + sum(right), 0),
    tabs: all.map(({ new: ids }) => Object.keys(ids).length),
  };
}

/** What pinion itself has counted of what may go wrong, in words. */
async function told_by(pinion) {
  const { text } = await pinion.get('/metrics');
  const rows = [...text.matchAll(/^pinion_((?:rebinds|affinity\w*|unknown_sid)_total)(\{.*\})? (\d+)$/gm)];
  return rows.filter(([, , , value]) => value !== '0').map(([, name, labels = '', value]) => (
    `${name}${labels.replace(/pool="[^"]*",?/, '').replace('{}', '')} ${value}`)).join(', ');
}

/**
 * One run: everybody comes, is cut off `times` times, and says what has happened.
 * @param plan as in people.mjs, with `users` in all
 */
export async function cut_off_again_and_again(stage, target, plan) {
  const servers = await start_servers(stage, { deflate: plan.deflate, kind: plan.kind });
  const front = await start_front(stage, target, servers, plan.front);
  const part = Math.ceil(plan.users / kProcesses);
  const people = [];
  for (let first = 0; first < plan.users; first += part) {
    people.push(beside(stage, 'people.mjs', { ...plan, port: front.port, first, users: Math.min(part, plan.users - first) }));
  }
  await Promise.all(people.map((some) => some.hears(kOpening)));
  const tally = new Tally();
  for (const one of await Promise.all(people.map((some) => some.ask('go', kLong)))) tally.add(one);
  const heard = await heard_by(servers);
  return {
    requests: heard.right + heard.wrong.length,
    wrong: heard.wrong.length,
    reconnects: heard.restored + heard.lost,
    lost: heard.lost,
    failed: tally.failed.length,
    stuck: tally.stuck.length,
    garbled: tally.garbled.length,
    back_p50: share_of(tally.back, 0.5),
    back_p99: share_of(tally.back, 0.99),
    tabs: heard.tabs.join('/'),
    remarks: {
      failed: counted(tally.failed),
      stuck: counted(tally.stuck),
      garbled: counted(tally.garbled.slice(0, 3)),
      wrong: counted(heard.wrong),
      counted: `${tally.answers} answers, ${tally.unanswered} said again, ${tally.interrupted} requests made again, `
        + `${tally.cuts} cuts, ${tally.cut_off} noticed`,
      pinion: target === 'pinion' ? await told_by(front) : '',
      log: (front.child.stderr ?? '').trim().slice(-600),
    },
  };
}
