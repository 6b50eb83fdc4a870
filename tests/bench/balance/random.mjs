// Seeded randomness: the same seed gives every target the same people at the same times.

/** Numbers in [0, 1) (mulberry32). */
export function random_from(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** Times between random events that come `rate` times a second, in seconds. */
export const exponential = (random, rate) => -Math.log(1 - random()) / rate;

/** Heavy-tailed: most are small, a few are `most`. */
export const pareto = (random, mean, shape, most) =>
  Math.min((mean * (shape - 1)) / shape / (1 - random()) ** (1 / shape), most);
