import type { WorldPlan } from './plan';
import { runWorld } from './run';

const RUNS_MAX = 150;

/** Takes actions away for as long as the world still breaks the same promise, in ever smaller pieces. */
export async function shrink(plan: WorldPlan, promise: string): Promise<WorldPlan> {
  let smallest = plan;
  let runs = 0;
  for (
    let size = Math.ceil(plan.actions.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let start = 0; start < smallest.actions.length && runs < RUNS_MAX;) {
      const actions = smallest.actions.filter((_, index) => index < start || index >= start + size);
      const candidate = { ...smallest, actions };
      runs++;
      if ((await runWorld(candidate)).failures[0]?.promise === promise) smallest = candidate;
      else start += size;
    }
  }
  return smallest;
}
