// What the kernel says of all threads of a process.
import { readFileSync, readdirSync } from 'node:fs';

/** {used, waited} so far: ns on a CPU, and ns of waiting for one though there was something to do. */
export function cpu_of(pid) {
  const total = { used: 0, waited: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [used, waited] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ').map(Number);
    total.used += used;
    total.waited += waited;
  }
  return total;
}

/** What it has used and waited meanwhile. */
export async function cpu_meanwhile(pid, action) {
  const before = cpu_of(pid);
  const result = await action();
  const after = cpu_of(pid);
  return { result, used: after.used - before.used, waited: after.waited - before.waited };
}

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
