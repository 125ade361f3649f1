import { viewAll, viewRecord, type Edit as EngineEdit } from '@syncline/client';
import {
  collectionName,
  type CollectionRules,
  decodeUtf8,
  encodeUtf8,
  recordId,
  type Scope,
  undeclaredRules,
  WHOLE_SPACE,
} from '@syncline/core';
import { declareCollection } from '@syncline/flows';
import { act, expireToken, restart } from './act';
import type { Device } from './device-process';
import { POLICIES } from './fixtures';
import type { DevicePlan, WorldPlan } from './plan';
import { historyOf } from './record';
import { spaceKeyOf, spaceName } from './names';
import { createWorld, type World } from './world';

/** What a scenario expected and did not find, with the line that says so. */
export class Unexpected extends Error {}

const SPACE = spaceName(0);
const DEVICE: DevicePlan = {
  skewMs: 0,
  spaces: [0],
  scope: 'whole',
  mode: 'bidirectional',
  capable: true,
  takesOperations: true,
  oldSchema: false,
};

type Verb = (stage: Stage, words: string[]) => void | Promise<void>;

interface Stage {
  readonly world: World;
  readonly names: Map<string, number>;
  readonly horizonMs: number;
}

/** Runs a script of plain lines, one thing a line, in a world without weather of its own. */
export async function runScenario(script: string): Promise<void> {
  const lines = script.split('\n').map((line, index) => ({ number: index + 1, words: wordsOf(line) }));
  const told = lines.filter(({ words }) => words.length > 0);
  const cast = told.find(({ words }) => words[0] === 'devices')?.words.slice(1) ?? [];
  const world = await createWorld(planFor(cast.length), true);
  const stage: Stage = { world, names: new Map(cast.map((name, index) => [name, index])), horizonMs: 60_000 };
  for (const { number, words } of told) {
    try {
      await perform(stage, words);
    } catch (error) {
      const story = world.story.lines.slice(-40).join('\n');
      throw new Unexpected(`line ${number}: ${words.join(' ')}\n${(error as Error).message}\n${story}`);
    }
  }
  if (world.record.failures.length > 0) throw new Unexpected(JSON.stringify(world.record.failures));
}

/** White space ends a word, except inside of braces. */
function wordsOf(line: string): string[] {
  const text = line.split(/(?:^|\s)#\s/)[0]!.trim();
  return text.match(/\{.*\}|\S+/g) ?? [];
}

function planFor(devices: number): WorldPlan {
  return {
    seed: 1,
    devices: Array.from({ length: devices }, () => DEVICE),
    spaces: 1,
    gateways: 2,
    merges: 1,
    deltas: 1,
    safetyMs: 0,
    lossRate: 0,
    delayMsMax: 5,
    busLossRate: 0,
    busRepeatRate: 0,
    pageRecordsMax: 100,
    recordBytesMax: 1_048_576,
    horizonMs: 60_000,
    encoded: true,
    actions: [],
  };
}

async function perform(stage: Stage, words: string[]): Promise<void> {
  const [first, ...rest] = words as [string, ...string[]];
  const verb = stage.names.has(first) ? DEVICE_VERBS[rest[0]!] : VERBS[first];
  if (verb === undefined)
    throw new Unexpected(
      `there is no such thing to do; known: ${Object.keys({ ...VERBS, ...DEVICE_VERBS }).join(', ')}`,
    );
  await verb(stage, stage.names.has(first) ? words : rest);
}

const VERBS: Record<string, Verb> = {
  devices: () => undefined,
  policy: (stage, [collection, policy, rule]) =>
    declare(stage, collection!, {
      policy: policy!,
      rule: rule === undefined ? null : (JSON.parse(rule) as unknown),
    }),
  deletes: (stage, [collection, policy, deletes]) =>
    declare(stage, collection!, { policy: policy!, deletes: deletes as CollectionRules['deletes'] }),
  schema: (stage, [collection, oldest, current]) =>
    declare(stage, collection!, { schema: { oldest: Number(oldest), current: Number(current), steps: [] } }),
  wait: ({ world }, [seconds]) => world.time.runUntil(world.time.nowMs() + Number(seconds) * 1_000),
  settle: async (stage) => {
    for (let i = 0; i < 60; i++) {
      await stage.world.time.runUntil(stage.world.time.nowMs() + 1_000);
      if (await isSettled(stage)) return;
    }
    throw new Unexpected('a minute was not enough to settle');
  },
  crash: ({ world }, [service]) =>
    act(world, { kind: 'crash', service: service as 'gateway', index: 0, downMs: 3_000 }),
  restart: ({ world }, [service]) => restart(world, service as 'gateway', 0),
  announcements: ({ world }, [what]) => {
    world.weather.busLossRate = what === 'lost' ? 1 : 0;
  },
  network: ({ world }, [loss]) => {
    world.weather.lossRate = Number(loss!.replace('%', '')) / 100;
  },
  'redis-flushed': ({ world }) => act(world, { kind: 'flush-redis' }),
  'new-epoch': async ({ world }) => void (await world.store.newEpoch(spaceKeyOf(0))),
  expect: (stage, words) => expectation(stage, words),
};

const DEVICE_VERBS: Record<string, Verb> = {
  follows: (stage, [name, , scope, mode]) => {
    const given = scope === undefined || scope === 'all' ? {} : (JSON.parse(scope) as Partial<Scope>);
    const command = { kind: 'follow', space: SPACE, scope: { ...WHOLE_SPACE, ...given } } as const;
    deviceOf(stage, name!).input(
      mode === undefined ? command : { ...command, mode: mode as 'bidirectional' },
    );
  },
  'goes-online': (stage, [name]) => void deviceOf(stage, name!).input({ kind: 'go-online' }),
  'goes-offline': (stage, [name]) => void deviceOf(stage, name!).input({ kind: 'go-offline' }),
  'loses-connection': (stage, [name]) => deviceOf(stage, name!).cut(),
  'stops-reading': (stage, [name]) => deviceOf(stage, name!).stall(true),
  'reads-again': (stage, [name]) => deviceOf(stage, name!).stall(false),
  crashes: (stage, [name]) => deviceOf(stage, name!).crash(0),
  'clock-is-off-by': (stage, [name, , seconds]) => deviceOf(stage, name!).setSkew(Number(seconds) * 1_000),
  'token-expires': ({ world, names }, [name]) => expireToken(world, names.get(name!)!),
  creates: edit((json) => ({ kind: 'create', payload: encodeUtf8(json) })),
  updates: edit((json) => ({ kind: 'update', payload: encodeUtf8(json) })),
  patches: edit((json) => ({ kind: 'patch', patch: { set: encodeUtf8(json), remove: [] } })),
  deletes: edit(() => ({ kind: 'delete' })),
  resolves: (stage, [name, , path, json]) => {
    const device = deviceOf(stage, name!);
    const ledger = viewAll(device.engine(), SPACE).filter(({ collection }) => collection === 'sys.conflicts');
    const open = ledger
      .filter(({ payload }) => decodeUtf8(payload).includes('"state":"open"'))
      .map(({ id }) => id);
    change(device, [{ kind: 'update', ...nameOf(path!), payload: encodeUtf8(json!), resolves: open }]);
  },
};

type Content =
  | { kind: 'create' | 'update'; payload: Uint8Array }
  | { kind: 'patch'; patch: { set: Uint8Array; remove: string[] } }
  | { kind: 'delete' };

/** `path` may name many: `notes/n{1..1500}` with `#` in the content for the number. */
function edit(content: (json: string) => Content): Verb {
  return (stage, [name, , path, json]) => {
    const edits = expand(path!).map(({ path: each, number }) => {
      const text = (json ?? '').replaceAll('#', String(number));
      return { ...nameOf(each), ...content(text) };
    });
    const device = deviceOf(stage, name!);
    for (let start = 0; start < edits.length; start += 500) change(device, edits.slice(start, start + 500));
  };
}

function expand(path: string): { path: string; number: number }[] {
  const range = /^(.*)\{(\d+)\.\.(\d+)\}$/.exec(path);
  if (range === null) return [{ path, number: 0 }];
  const [, prefix, from, to] = range;
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => {
    const number = Number(from) + index;
    return { path: `${prefix}${number}`, number };
  });
}

function nameOf(path: string) {
  const [collection, id] = path.split('/');
  return { collection: collectionName(collection!), id: recordId(id!) };
}

function change(device: Device, edits: readonly EngineEdit[]): void {
  const result = device.input({ kind: 'change', space: SPACE, edits });
  if (result === null) throw new Unexpected('the device is down');
  if (result.refused !== null) throw new Unexpected(`${result.refused.reason}: ${result.refused.message}`);
}

function deviceOf({ world, names }: Stage, name: string): Device {
  const index = names.get(name);
  if (index === undefined) throw new Unexpected(`no device is named ${name}`);
  return world.devices[index]!;
}

async function declare({ world }: Stage, collection: string, rules: Partial<CollectionRules>): Promise<void> {
  const flow = declareCollection({
    directory: world.store,
    policies: POLICIES,
  });
  const answer = await flow(spaceKeyOf(0), {
    ...undeclaredRules(collectionName(collection)),
    json: true,
    ...rules,
  });
  if (!answer.ok) throw new Unexpected(JSON.stringify(answer.refusal));
}

async function isSettled({ world }: Stage): Promise<boolean> {
  const state = await world.store.state(spaceKeyOf(0));
  return world.devices.every((device) => {
    const space = device.engine().spaces.get(SPACE);
    const online = device.engine().connection.wanted;
    if (space === undefined || !online) return true;
    const upToDate = space.version === state!.head || space.mode === 'upload-only';
    return upToDate && space.pending.size === 0 && space.settled.size === 0;
  });
}

/** `expect NAME|all PATH JSON|nothing`, or one of the counts below. */
function expectation(stage: Stage, [who, ...words]: string[]): void {
  if (who === 'conflicts') return expectConflicts(stage, words);
  const devices = who === 'all' ? [...stage.names.keys()] : [who!];
  for (const name of devices) expectOf(stage, name, words);
}

function expectOf(stage: Stage, name: string, [what, wanted]: string[]): void {
  const engine = deviceOf(stage, name).engine();
  const space = engine.spaces.get(SPACE);
  const counts: Record<string, () => unknown> = {
    pending: () => space?.pending.size ?? 0,
    failed: () => space?.failed.size ?? 0,
    state: () => space?.syncState,
    mismatches: () => space?.mismatches ?? 0,
    records: () => viewAll(engine, SPACE).filter(({ collection }) => collection !== 'sys.conflicts').length,
  };
  const count = counts[what!];
  if (count !== undefined) return same(name, what!, String(count()), wanted!);
  const { collection, id } = nameOf(what!);
  const view = viewRecord(engine, SPACE, collection, id);
  same(name, what!, view === null ? 'nothing' : decodeUtf8(view.payload), wanted!);
}

function expectConflicts({ world }: Stage, [kind, count]: string[]): void {
  const raised = new Set(
    historyOf(world.record, spaceKeyOf(0))
      .filter(
        ({ collection, payload }) =>
          collection === 'sys.conflicts' && decodeUtf8(payload!).includes(`"kind":"${kind}"`),
      )
      .map(({ id }) => id),
  );
  same('the ledger', kind!, String(raised.size), count!);
}

function same(who: string, what: string, found: string, wanted: string): void {
  if (found !== wanted) throw new Unexpected(`${who}: ${what} is ${found}, not ${wanted}`);
}
