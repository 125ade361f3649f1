import type { PlannedAction, WorldPlan } from './plan';
import { runWorld } from './run';

const RUNS_MAX = 250;

/**
 * Takes away whatever the world does not need to break the same promise: actions, in ever smaller pieces, then single
 * edits of those that are left, then devices that nothing names any more.
 */
export async function shrink(plan: WorldPlan, promise: string): Promise<WorldPlan> {
  let runs = 0;
  const breaks = async (candidate: WorldPlan): Promise<boolean> => {
    if (runs++ >= RUNS_MAX) return false;
    return (await runWorld(candidate)).failures[0]?.promise === promise;
  };
  const fewer = await fewerActions(plan, breaks);
  return fewerDevices(await fewerEdits(fewer, breaks), breaks);
}

type Breaks = (candidate: WorldPlan) => Promise<boolean>;

async function fewerActions(plan: WorldPlan, breaks: Breaks): Promise<WorldPlan> {
  let smallest = plan;
  let size = Math.ceil(plan.actions.length / 2);
  while (size >= 1) {
    for (let start = 0; start < smallest.actions.length;) {
      const actions = smallest.actions.filter((_, index) => index < start || index >= start + size);
      const candidate = { ...smallest, actions };
      if (await breaks(candidate)) smallest = candidate;
      else start += size;
    }
    size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return smallest;
}

async function fewerEdits(plan: WorldPlan, breaks: Breaks): Promise<WorldPlan> {
  let smallest = plan;
  for (let at = 0; at < smallest.actions.length; at++) {
    for (let index = 0; ;) {
      const planned: PlannedAction = smallest.actions[at]!;
      if (planned.action.kind !== 'edit') break;
      const { edits } = planned.action;
      if (edits.length < 2 || index >= edits.length) break;
      const action = { ...planned.action, edits: edits.filter((_, other) => other !== index) };
      const actions = smallest.actions.map((each, other) => (other === at ? { ...each, action } : each));
      const candidate = { ...smallest, actions };
      if (await breaks(candidate)) smallest = candidate;
      else index++;
    }
  }
  return smallest;
}

/** From the last one down, so that the numbers of the others stay. */
async function fewerDevices(plan: WorldPlan, breaks: Breaks): Promise<WorldPlan> {
  let smallest = plan;
  for (let last = plan.devices.length - 1; last > 0; last--) {
    if (smallest.actions.some(({ action }) => 'device' in action && action.device === last)) break;
    const candidate = { ...smallest, devices: smallest.devices.slice(0, last) };
    if (!(await breaks(candidate))) break;
    smallest = candidate;
  }
  return smallest;
}
