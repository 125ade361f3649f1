import type { SpaceKey } from '@syncline/core';
import { act, follow as followAgain, restart, setAccess } from './act';
import { checkAnswers, checkChanges, checkConflicts } from './checks/changes';
import { checkCost, checkLive } from './checks/cost';
import { checkDecided } from './checks/decided';
import { checkPeople } from './checks/people';
import { checkResolvers } from './checks/resolvers';
import { checkPersons } from './checks/persons';
import { checkForms } from './checks/forms';
import { checkLetters } from './checks/letters';
import { checkSiblings } from './checks/siblings';
import { checkDecisions, checkTallies } from './checks/decisions';
import { checkCopy } from './checks/copies';
import { checkFailed } from './checks/failed';
import { scopeFor } from './fixtures';
import type { WorldPlan } from './plan';
import { fail, type Failure } from './record';
import { START_MS } from './scheduler';
import { deviceName, spaceKeyOf, spaceName } from './names';
import { createWorld, type World } from './world';

export interface RunResult {
  readonly failures: readonly Failure[];
  readonly story: readonly string[];
  readonly commits: number;
  readonly conflicts: number;
  readonly checkpoints: number;
  readonly edits: number;
}

const HEAL_MS_MAX = 600_000;
const SLICE_MS = 5_000;

/** First everything breaks, then everything heals: and then all must be well. */
export async function runWorld(plan: WorldPlan, telling = false): Promise<RunResult> {
  const world = await createWorld(plan, telling);
  const { record, time } = world;
  try {
    follow(world);
    for (const { atMs, action } of plan.actions) time.after(atMs, () => act(world, action));
    await time.runUntil(START_MS + plan.safetyMs);
    await heal(world);
    if (record.failures.length === 0) await settle(world);
    for (let space = 0; space < plan.spaces; space++) judge(world, spaceKeyOf(space));
    checkFailed(world);
    checkAnswers(record, plan.horizonMs < HEAL_MS_MAX);
    if (record.failures.length === 0) await checkCost(world);
    if (record.failures.length === 0) await checkLive(world);
  } catch (error) {
    fail(record, 'fault', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return resultOf(world);
}

function follow(world: World): void {
  world.plan.devices.forEach(({ spaces, scope, mode }, index) => {
    const device = world.devices[index]!;
    for (const space of spaces) {
      device.input({ kind: 'follow', space: spaceName(space), scope: scopeFor(scope), mode });
    }
    device.input({ kind: 'go-online' });
  });
}

async function heal(world: World): Promise<void> {
  const { weather, plan, time } = world;
  world.story.tell('HEAL');
  Object.assign(weather, {
    lossRate: 0,
    repeatRate: 0,
    busLossRate: 0,
    busRepeatRate: 0,
    busSilentUntilMs: 0,
    tokenMsMax: 3_600_000,
  });
  world.gateways.forEach((_, index) => restart(world, 'gateway', index));
  world.merges.forEach((_, index) => restart(world, 'merge', index));
  world.deltas.forEach((_, index) => restart(world, 'delta', index));
  plan.devices.forEach((planned, index) =>
    planned.spaces.forEach((space) => setAccess(world, index, space, false)),
  );
  await time.runUntil(time.nowMs() + 1_500);
  for (const [device, { scope, mode }] of plan.devices.entries()) {
    for (const space of world.terms[device]!.keys()) {
      const asPlanned = { kind: 'follow', device, space: Number(space.slice(1)), scope, mode } as const;
      while (!followAgain(world, asPlanned)) await time.runUntil(time.nowMs() + 500);
    }
  }
  for (const device of world.devices) {
    device.stall(false);
    device.input({ kind: 'go-online' });
  }
}

/** Waits for the fact that nobody has anything left to do. */
async function settle(world: World): Promise<void> {
  const { time, record } = world;
  const untilMs = time.nowMs() + HEAL_MS_MAX;
  while (time.nowMs() < untilMs && record.failures.length === 0) {
    await time.runUntil(time.nowMs() + SLICE_MS);
    for (const device of world.devices) device.input({ kind: 'sync-now' });
    await time.runUntil(time.nowMs() + SLICE_MS);
    if ((await unsettled(world)).length === 0) return;
  }
  for (const what of await unsettled(world)) fail(record, 'liveness', what);
}

async function unsettled(world: World): Promise<string[]> {
  const { plan, store, bare } = world;
  const left = (await bare.waitingForResolver(null, 1)).map(({ id }) => `${id} waits for its resolver`);
  for (const [index, planned] of plan.devices.entries()) {
    for (const number of planned.spaces) {
      const space = world.devices[index]!.engine().spaces.get(spaceName(number));
      const head = (await store.state(spaceKeyOf(number)))!.head;
      const where = `${deviceName(index)} in ${spaceName(number)}`;
      if (space === undefined) left.push(`${where} lost the space`);
      else if (space.pending.size > 0) left.push(`${where} still has ${space.pending.size} changes to send`);
      else if (planned.mode !== 'upload-only' && space.version !== head)
        left.push(`${where} stands at ${space.version}, not at ${head}`);
      else if (planned.mode !== 'upload-only' && space.settled.size > 0)
        left.push(`${where} has ${space.settled.size} changes that do not show`);
    }
  }
  return left;
}

function judge(world: World, space: SpaceKey): void {
  const { record, plan } = world;
  checkChanges(record, space);
  checkConflicts(record, space);
  checkDecided(record, space);
  checkForms(record, space);
  checkLetters(record, space);
  checkSiblings(record, space);
  checkPersons(record, space);
  checkPeople(record, space);
  checkResolvers(record, space);
  checkDecisions(record, space);
  checkTallies(record, space);
  plan.devices.forEach((planned, index) => {
    if (planned.mode === 'upload-only') return;
    for (const number of planned.spaces) {
      if (spaceKeyOf(number) !== space) continue;
      const held = world.devices[index]!.engine().spaces.get(spaceName(number));
      // Access was given back, so in the end nothing is hidden any more.
      if (held !== undefined)
        checkCopy(record, space, deviceName(index), held, held.version, planned.scope, new Set());
    }
  });
  for (const edit of record.edits) {
    if (edit.space === space && edit.answered === null) {
      fail(record, '1', `change ${edit.number} of ${edit.device} in ${space} was never answered`);
    }
  }
}

function resultOf({ record, story }: World): RunResult {
  const commits = [...record.commits.values()].flat();
  const ledger = commits.flatMap(({ history }) =>
    history.filter(({ collection }) => collection === 'sys.conflicts'),
  );
  return {
    failures: record.failures,
    story: story.lines,
    commits: commits.length,
    conflicts: ledger.length,
    checkpoints: record.checkpoints.devices,
    edits: record.edits.length,
  };
}
