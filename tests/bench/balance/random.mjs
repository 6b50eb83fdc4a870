// Seeded randomness: the same seed gives every target the same people at the same times.

export { random_from } from '../../e2e/support/wait.mjs';

/** Times between random events that come `rate` times a second, in seconds. */
export const exponential = (random, rate) => -Math.log(1 - random()) / rate;

/** Heavy-tailed: most are small, a few are `most`. */
export const pareto = (random, mean, shape, most) =>
  Math.min((mean * (shape - 1)) / shape / (1 - random()) ** (1 / shape), most);
