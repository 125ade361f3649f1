import { RECORD_BYTES_MAX } from './fixtures';
import { seededRandom, type Random } from './random';

/** Everything that will be done to a world, as data: so that a failing one can be made smaller. */
export interface WorldPlan {
  readonly seed: number;
  readonly devices: readonly DevicePlan[];
  readonly spaces: number;
  readonly gateways: number;
  readonly merges: number;
  readonly deltas: number;
  readonly safetyMs: number;
  readonly lossRate: number;
  readonly delayMsMax: number;
  readonly busLossRate: number;
  readonly busRepeatRate: number;
  readonly pageRecordsMax: number;
  /** The service takes no larger ones, which the devices do not know. */
  readonly recordBytesMax: number;
  readonly horizonMs: number;
  /** Every message goes through its bytes. */
  readonly encoded: boolean;
  readonly actions: readonly PlannedAction[];
}

export interface DevicePlan {
  readonly skewMs: number;
  readonly spaces: readonly number[];
  readonly scope: ScopePlan;
  readonly mode: ModePlan;
  readonly capable: boolean;
  /** Gets operations from the service, and not whole records only. */
  readonly takesOperations: boolean;
  /** Writes the old shape of the collection that has two. */
  readonly oldSchema: boolean;
}

export type ModePlan = 'bidirectional' | 'upload-only' | 'download-only' | 'check-only';

export type ScopePlan = 'whole' | 'collections' | 'prefix' | 'field';

export interface PlannedAction {
  readonly atMs: number;
  readonly action: Action;
}

export type Action =
  | {
      readonly kind: 'edit';
      readonly device: number;
      readonly space: number;
      readonly edits: readonly EditPlan[];
    }
  | {
      readonly kind: 'offline' | 'online' | 'cut' | 'crash-device' | 'stall' | 'unstall' | 'expire-token';
      readonly device: number;
    }
  | { readonly kind: 'skew'; readonly device: number; readonly skewMs: number }
  | {
      readonly kind: 'crash';
      readonly service: 'gateway' | 'merge' | 'delta';
      readonly index: number;
      readonly downMs: number;
    }
  | { readonly kind: 'drain'; readonly index: number }
  | { readonly kind: 'silence-bus'; readonly forMs: number }
  | { readonly kind: 'flush-redis' }
  | { readonly kind: 'declare'; readonly space: number; readonly policy: string }
  | { readonly kind: 'new-epoch'; readonly space: number }
  | {
      readonly kind: 'follow';
      readonly device: number;
      readonly space: number;
      readonly scope: ScopePlan;
      readonly mode: ModePlan;
    }
  | { readonly kind: 'leave' | 'join'; readonly device: number; readonly space: number }
  | { readonly kind: 'narrow' | 'widen'; readonly device: number; readonly space: number }
  | {
      readonly kind: 'decide';
      readonly device: number;
      readonly space: number;
      readonly what: DecisionPlan;
      readonly value: number;
    }
  | { readonly kind: 'resolve'; readonly device: number; readonly space: number }
  | { readonly kind: 'retry-failed'; readonly device: number; readonly space: number };

/** What a person may do without a device. */
const DECISIONS = ['keep-stored', 'keep-incoming', 'replace', 'delete', 'undo', 'reopen', 'restore'] as const;
export type DecisionPlan = (typeof DECISIONS)[number];

export interface EditPlan {
  readonly collection: string;
  readonly record: number;
  readonly act: 'put' | 'patch' | 'delete';
  readonly value: number;
}

/** Collections of the world, chosen so that every policy and rule is at work. */
export const COLLECTIONS = [
  'notes',
  'homes',
  'config',
  'drafts',
  'forms',
  'tallies',
  'legal',
  'vault',
  'shifting',
  'health',
  'wards',
  'people',
  'asked',
] as const;

/** Those that keep more of a record than a payload; less is written to them, as engines take their time. */
export const KEEPING = ['choices', 'pages', 'boards', 'texts', 'sheets'] as const;
export type WorldCollection = (typeof COLLECTIONS)[number] | (typeof KEEPING)[number];

const SCOPES: readonly ScopePlan[] = ['whole', 'collections', 'prefix', 'field'];
const MODES: readonly ModePlan[] = [
  'bidirectional',
  'bidirectional',
  'upload-only',
  'download-only',
  'check-only',
];

export const SHIFTING_POLICIES = [
  'last-write-wins',
  'server-wins',
  'client-wins',
  'field-merge',
  'manual',
] as const;

const SKEWS_MS = [0, 0, 0, 1_000, -1_000, 45_000, -120_000, 600_000];

export function planOf(seed: number): WorldPlan {
  const random = seededRandom(seed).fork('plan');
  const spaces = random.between(1, 3);
  const deviceCount = random.between(2, 5);
  const calm = random.happens(0.15);
  const safetyMs = random.between(20, 90) * 1_000;
  const devices = Array.from({ length: deviceCount }, (_, index) => devicePlan(random, spaces, index));
  return {
    seed,
    devices,
    spaces,
    gateways: random.between(1, 3),
    merges: random.between(1, 2),
    deltas: random.between(1, 2),
    safetyMs,
    lossRate: calm ? 0 : random.fraction() * 0.1,
    delayMsMax: random.pick([5, 50, 400]),
    busLossRate: calm ? 0 : random.fraction() * 0.5,
    busRepeatRate: random.fraction() * 0.3,
    pageRecordsMax: random.pick([2, 5, 20, 1_000]),
    recordBytesMax: RECORD_BYTES_MAX,
    horizonMs: random.pick([20_000, 60_000, 3_600_000]),
    encoded: random.happens(0.2),
    actions: actionsOf(random, devices, spaces, safetyMs),
  };
}

function devicePlan(random: Random, spaces: number, index: number): DevicePlan {
  const all = Array.from({ length: spaces }, (_, space) => space);
  const some = all.filter(() => random.happens(0.7));
  // The first device is plain, so that every world has one that must hold everything.
  if (index === 0)
    return {
      skewMs: 0,
      spaces: all,
      scope: 'whole',
      mode: 'bidirectional',
      capable: true,
      takesOperations: true,
      oldSchema: false,
    };
  return {
    skewMs: random.pick(SKEWS_MS),
    spaces: some.length === 0 ? [0] : some,
    scope: random.happens(0.6) ? 'whole' : random.pick(['collections', 'prefix', 'field'] as const),
    mode: random.happens(0.8) ? 'bidirectional' : random.pick(['upload-only', 'download-only'] as const),
    capable: random.happens(0.8),
    takesOperations: random.happens(0.75),
    oldSchema: random.happens(0.2),
  };
}

function actionsOf(
  random: Random,
  devices: readonly DevicePlan[],
  spaces: number,
  safetyMs: number,
): PlannedAction[] {
  const count = random.between(40, 160);
  const actions: PlannedAction[] = [];
  // A hot space takes most of the writes, the others stay cold.
  const hot = random.below(spaces);
  const records = random.pick([1, 3, 12]);
  for (let i = 0; i < count; i++) {
    if (random.happens(0.02)) actions.push(...tie(random, devices, safetyMs, records));
    const atMs = random.below(safetyMs);
    const device = random.below(devices.length);
    const own = devices[device]!.spaces;
    const space = own.includes(hot) && random.happens(0.7) ? hot : random.pick(own);
    actions.push({
      atMs,
      action: random.happens(0.68)
        ? editAction(random, device, space, records)
        : mishap(random, devices, device, space),
    });
  }
  return actions.sort((left, right) => left.atMs - right.atMs);
}

/** Two devices change one record at the very same time by clocks that are equally wrong. */
function tie(
  random: Random,
  devices: readonly DevicePlan[],
  safetyMs: number,
  records: number,
): PlannedAction[] {
  const atMs = random.below(safetyMs);
  const edit = {
    collection: random.happens(0.2) ? random.pick(KEEPING) : random.pick(COLLECTIONS),
    record: random.below(records),
    act: random.pick(['put', 'put', 'delete'] as const),
  };
  const first = random.below(devices.length);
  const settles = random.happens(0.4);
  const space = random.pick(devices[first]!.spaces);
  return devices.flatMap(({ skewMs, spaces }, device): PlannedAction[] => {
    if (skewMs !== devices[first]!.skewMs || !spaces.includes(space)) return [];
    if (settles) return [{ atMs, action: { kind: 'resolve', device, space } }];
    const edits = [{ ...edit, value: random.below(1_000) }];
    return [{ atMs, action: { kind: 'edit', device, space, edits } }];
  });
}

function editAction(random: Random, device: number, space: number, records: number): Action {
  const size = random.happens(0.02) ? random.between(30, 60) : random.happens(0.3) ? random.between(2, 6) : 1;
  const edits = Array.from({ length: size }, (): EditPlan => ({
    ...placeOf(random, records),
    act: random.happens(0.5) ? 'put' : random.happens(0.65) ? 'patch' : 'delete',
    value: random.below(1_000),
  }));
  return { kind: 'edit', device, space, edits };
}

/** Of what is kept in full there are few records, so that devices meet. */
function placeOf(random: Random, records: number): Pick<EditPlan, 'collection' | 'record'> {
  if (random.happens(0.15)) return { collection: random.pick(KEEPING), record: random.below(2) };
  return { collection: random.pick(COLLECTIONS), record: random.below(records) };
}

/** The first device stays on its terms, so that every world has one that must hold everything. */
function followAction(random: Random, { mode: planned }: DevicePlan, device: number, space: number): Action {
  if (device === 0) return { kind: 'crash-device', device };
  const scope = random.pick(SCOPES);
  // One that only downloads in the end must have nothing to send.
  const mode = planned === 'download-only' ? planned : random.pick(MODES);
  return { kind: 'follow', device, space, scope, mode };
}

function mishap(random: Random, devices: readonly DevicePlan[], device: number, space: number): Action {
  const service = random.pick(['gateway', 'merge', 'delta'] as const);
  const choices: (() => Action)[] = [
    () => ({ kind: 'offline', device }),
    () => ({ kind: 'offline', device }),
    () => ({ kind: 'online', device }),
    () => ({ kind: 'online', device }),
    () => ({ kind: 'online', device }),
    () => ({ kind: 'cut', device }),
    () => ({ kind: 'cut', device }),
    () => ({ kind: 'crash-device', device }),
    () => ({ kind: 'crash-device', device }),
    () => ({ kind: 'stall', device }),
    () => ({ kind: 'unstall', device }),
    () => ({ kind: 'expire-token', device }),
    () => ({ kind: 'skew', device, skewMs: random.pick(SKEWS_MS) }),
    () => ({ kind: 'crash', service, index: random.below(3), downMs: random.between(1, 8_000) }),
    () => ({ kind: 'crash', service, index: random.below(3), downMs: random.between(1, 8_000) }),
    () => ({ kind: 'drain', index: random.below(3) }),
    () => ({ kind: 'silence-bus', forMs: random.between(500, 15_000) }),
    () => ({ kind: 'flush-redis' }),
    () => ({ kind: 'declare', space, policy: random.pick(SHIFTING_POLICIES) }),
    () => ({ kind: 'declare', space, policy: random.pick(SHIFTING_POLICIES) }),
    () => (random.happens(0.3) ? { kind: 'new-epoch', space } : { kind: 'resolve', device, space }),
    () => ({ kind: 'narrow', device, space }),
    () => ({ kind: 'widen', device, space }),
    () => (device === 0 ? { kind: 'cut', device } : { kind: 'leave', device, space }),
    () => ({ kind: 'join', device, space }),
    () => ({ kind: 'join', device, space }),
    () => followAction(random, devices[device]!, device, space),
    () => ({ kind: 'resolve', device, space }),
    () => ({ kind: 'decide', device, space, what: random.pick(DECISIONS), value: random.below(1_000) }),
    () => ({ kind: 'decide', device, space, what: random.pick(DECISIONS), value: random.below(1_000) }),
    () => ({ kind: 'retry-failed', device, space }),
  ];
  return random.pick(choices)();
}
