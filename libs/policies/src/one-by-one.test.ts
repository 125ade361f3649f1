import {
  type Change,
  type CollectionRules,
  deviceId,
  encodeKept,
  type MergePlan,
  type Outcome,
  policyRegistry,
  type Push,
  spaceId,
  spaceKey,
  type StoredRecord,
  tenantId,
} from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import {
  change,
  mergeInto,
  mergingSpace,
  type MergingSpace,
  numbered,
  OWNER,
  readJson,
  userOf,
  yjsEditor,
  type YjsEditor,
} from '@syncline/port-contracts';
import * as fc from 'fast-check';
import { ALL_POLICIES } from './operations';

const REGISTRY = policyRegistry(ALL_POLICIES);
const SPACE = spaceKey(tenantId('acme'), spaceId('home'));
const DEVICES = ['x', 'y', 'z'];

interface Act {
  readonly device: number;
  /** Before it acts, the device gets what stands. */
  readonly reads: boolean;
  readonly deletes: boolean;
  /** Of several contents it replaces the first alone. */
  readonly chooses: boolean;
  readonly at: number;
  readonly atMs: number;
  readonly text: string;
  readonly sends: boolean;
}

const acts = fc.array(
  fc.record<Act>({
    device: fc.nat(DEVICES.length - 1),
    reads: fc.boolean(),
    deletes: fc.nat(7).map((chance) => chance === 0),
    chooses: fc.boolean(),
    at: fc.nat(9),
    atMs: fc.integer({ min: -9, max: 9 }),
    // Long ones stay apart where what came since is made one.
    text: fc.constantFrom('a', 'b', 'c', 'de', 'f'.repeat(600)),
    sends: fc.boolean(),
  }),
  { maxLength: 24, size: 'max' },
);

/** What a device holds of the record, and how it writes on top of that. */
interface Hand {
  take(record: StoredRecord | undefined): void;
  write(act: Act, given: { baseVersion: number; after: number; atMs: number }): Change;
}

const several = (): Hand => {
  let record: StoredRecord | undefined;
  let exists = false;
  return {
    take(stands) {
      record = stands;
      exists = stands?.deleted === false;
    },
    write({ deletes, chooses, text }, given) {
      const made = deletes
        ? change.delete('a', given)
        : exists
          ? change.update('a', text, given)
          : change.create('a', text, given);
      exists = !deletes;
      const [first] = record?.kept?.kind === 'siblings' ? record.kept.siblings : [];
      if (!chooses || first === undefined || given.after > 0) return made;
      const seen = [{ device: first.device, number: first.number }];
      return { ...made, reliesOn: { seen, dependencies: new Map(), artifacts: [] } };
    },
  };
};

/** Whoever begins a document anew is another client of it. */
const document = (client: number): Hand => {
  let clients = client * 1_000;
  let editor: YjsEditor = yjsEditor(clients);
  const anew = (): void => {
    editor.doc.destroy();
    editor = yjsEditor(++clients);
  };
  return {
    take(record) {
      anew();
      if (record?.kept?.kind === 'data' && !record.deleted) editor.take(record.kept.state!);
    },
    write({ deletes, at, text }, given) {
      if (!deletes) return change.operations('a', 'yjs', editor.insert(at, text), given);
      anew();
      return change.delete('a', given);
    },
  };
};

const line = (): Hand => {
  let content: string | null = null;
  return {
    take: (record) =>
      void (content = record?.deleted === false ? (readJson(record.payload) as string) : null),
    write({ deletes, at, text }, given) {
      if (deletes && content !== null) {
        content = null;
        return change.delete('a', given);
      }
      if (content === null) {
        content = text;
        return change.create('a', text, given);
      }
      const place = at % (content.length + 1);
      const removes = at > 6 && place < content.length;
      const operation = [...(place === 0 ? [] : [place]), removes ? { d: 1 } : text];
      content = content.slice(0, place) + (removes ? '' : text) + content.slice(removes ? place + 1 : place);
      return change.operations('a', 'text', operation, given);
    },
  };
};

/** A device that tells the truth: what it writes lies on top of what it got last and of its own changes since. */
class Device {
  private number = 0;
  private after = 0;
  private baseVersion = 0;
  private waiting: Change[] = [];

  constructor(
    readonly name: string,
    private readonly hand: Hand,
  ) {}

  act(act: Act, stands: StoredRecord | undefined): void {
    if (act.reads && this.waiting.length === 0) {
      this.hand.take(stands);
      this.baseVersion = stands?.deleted === false ? stands.version : 0;
      this.after = 0;
    }
    const { baseVersion, after } = this;
    const [made] = numbered([this.hand.write(act, { baseVersion, after, atMs: act.atMs })], ++this.number);
    this.after = this.number;
    this.waiting.push(made!);
  }

  send(): Push | null {
    const { waiting: changes } = this;
    if (changes.length === 0) return null;
    this.waiting = [];
    const device = deviceId(this.name);
    return { device, user: userOf(device), access: OWNER, changes };
  }
}

interface Played {
  readonly together: MergingSpace;
  readonly apart: MergingSpace;
  /** Of the same pushes. */
  readonly outcomes: { readonly together: Outcome[]; readonly apart: Outcome[] };
}

async function play(
  rules: Partial<CollectionRules>,
  handOf: (client: number) => Hand,
  script: readonly Act[],
): Promise<Played> {
  const together = await mergingSpace(memoryStore(), REGISTRY, rules);
  const apart = await mergingSpace(memoryStore(), REGISTRY, rules);
  const outcomes: Played['outcomes'] = { together: [], apart: [] };
  const devices = DEVICES.map((name, index) => new Device(name, handOf(index + 1)));
  const mergeAll = async ({ store }: MergingSpace, batch: readonly Push[]): Promise<Outcome[]> =>
    outcomesIn((await mergeInto(store, new Map([[SPACE, batch]]), { registry: REGISTRY })).get(SPACE)!);
  const flush = async (): Promise<void> => {
    const pushes = devices.map((device) => device.send()).filter((push) => push !== null);
    // Now and then a push comes twice.
    const batch = pushes.length > 1 ? [...pushes, pushes[0]!] : pushes;
    if (batch.length === 0) return;
    outcomes.together.push(...(await mergeAll(together, batch)));
    for (const push of batch) outcomes.apart.push(...(await mergeAll(apart, [push])));
  };
  for (const act of script) {
    devices[act.device]!.act(act, await together.record('a'));
    if (act.sends) await flush();
  }
  await flush();
  return { together, apart, outcomes };
}

function outcomesIn({ results }: MergePlan): Outcome[] {
  return results.flatMap((result) => {
    if (result.kind === 'refused') throw new Error(result.refusal.message);
    return result.outcomes;
  });
}

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part,
    ),
  );

async function heldBy(space: MergingSpace): Promise<unknown> {
  const { store } = space;
  const stands = await space.record('a');
  const kept = stands?.kept === undefined ? null : encodeKept(stands.kept);
  return plain({ state: await store.state(SPACE), stands, kept });
}

const CASES: readonly (readonly [what: string, Partial<CollectionRules>, (client: number) => Hand])[] = [
  ['contents side by side', { policy: 'multi-value' }, several],
  ['few contents', { policy: 'multi-value', rule: { siblingsMax: 2 }, deletes: 'resurrect' }, several],
  ['documents', { policy: 'crdt' }, document],
  ['documents that outlive deletes', { policy: 'crdt', deletes: 'resurrect' }, document],
  ['documents whose deletes are asked', { policy: 'crdt', deletes: 'ask' }, document],
  ['text', { policy: 'operational-transform', rule: { type: 'text' } }, line],
  [
    'text that takes what is late',
    { policy: 'operational-transform', rule: { type: 'text', late: 'apply' }, deletes: 'resurrect' },
    line,
  ],
];

test.each(CASES)(
  'pushes of %s come to the same in one commit and one by one',
  async (_what, rules, handOf) => {
    await fc.assert(
      fc.asyncProperty(acts, async (script) => {
        const { together, apart, outcomes } = await play(rules, handOf, script);
        expect(plain(outcomes.together)).toEqual(plain(outcomes.apart));
        expect(await heldBy(together)).toEqual(await heldBy(apart));
      }),
      { numRuns: 60 },
    );
  },
  120_000,
);
