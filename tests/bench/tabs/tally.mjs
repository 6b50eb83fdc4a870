// What people have noticed: counts that several processes add up.
export class Tally {
  failed = [];     // requests and tries to connect that failed though nobody had cut them off
  interrupted = 0; // requests that were cut off, and made again
  answers = 0;     // heard to what was said
  unanswered = 0;  // said and cut off, and said again
  garbled = [];    // what came was not what had been asked for
  cuts = 0;
  cut_off = 0;     // sockets that noticed
  stuck = [];      // tabs that did not come back
  back = [];       // ms from the last cut until back

  /** What a tab has noted by itself. */
  add_tab(tab) {
    this.failed.push(...tab.refused.map((one) => one.replace(/\/file\/\S+/, '/file/ID')));
    this.cut_off += tab.ended.length;
  }

  /** @param other another one, as it came from its process */
  add(other) {
    for (const [key, value] of Object.entries(other)) {
      if (Array.isArray(value)) this[key] = this[key].concat(value);
      else this[key] += value;
    }
  }
}

/** How often each of them is in the list, as text. */
export function counted(list) {
  const counts = new Map();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([what, times]) => `${times} x ${what}`).join(', ');
}
