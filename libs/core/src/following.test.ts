import * as fc from 'fast-check';
import type { Access } from './access';
import type { Change, Push } from './changes';
import { type Cursor, cursorObstacle, startCursor } from './cursor';
import { announcementOf, deltaOf, digestsFor, liveEntries, type Reader, takesLive } from './delta';
import { contentHash, digestSum, sameDigest } from './digest';
import { collectionName, deviceId, type RecordKey, recordKey, type Version } from './ids';
import type { StoredRecord } from './records';
import { applyPatch } from './json-fields';
import { DEFAULT_LIMITS } from './limits';
import type { MergePlan } from './merge/facts';
import { type Announcement, entryKey, type PageEntry } from './pages';
import { matches, type Scope, scopeHash, visible, WHOLE_SPACE } from './scope';
import {
  create,
  NOTES,
  NOW_MS,
  OWNER,
  patch,
  pushOf,
  remove,
  testSpace,
  type TestSpace,
  textOf,
  update,
} from './space.test-fixtures';

const TASKS = collectionName('tasks');
const IDS = ['a1', 'a2', 'b1'];
const SCOPES: readonly Partial<Scope>[] = [
  {},
  { collections: [NOTES] },
  { idPrefix: 'a' },
  { includeDeleted: true },
  { collections: [NOTES], fields: [{ field: 'f', json: '1' }] },
  { changedFromMs: NOW_MS + 5 },
  { changedToMs: NOW_MS + 12, idPrefix: 'a', includeDeleted: true },
];
const HIDDEN: Access = { role: 'owner', collections: new Map([[TASKS, 'none']]) };

interface Held {
  readonly version: number;
  readonly payload: Uint8Array;
}

const lineOf = (key: RecordKey, { version, payload }: Pick<StoredRecord, 'version' | 'payload'>): string =>
  `${key.replace('\u0000', '/')} ${version} ${textOf(payload)}`;

/** A space that remembers what was live at each head. */
interface RememberingSpace extends TestSpace {
  liveAt(version: Version): readonly StoredRecord[];
}

function rememberingSpace(): RememberingSpace {
  const space = testSpace();
  const live = new Map<Version, readonly StoredRecord[]>([[0, []]]);
  const merge = space.merge.bind(space);
  return Object.assign(space, {
    merge(...pushes: readonly Push[]) {
      const plan = merge(...pushes);
      live.set(
        plan.after.head,
        [...space.records.values()].filter(({ payload }) => payload !== null),
      );
      return plan;
    },
    liveAt: (version: Version) => live.get(version)!,
  });
}

/** A device that believes every word: it applies fields only to the version before, and own changes only if it kept them. */
class Device {
  private copy = new Map<RecordKey, Held>();
  private staged: { readonly fresh: boolean; readonly entries: Map<RecordKey, Held | null> } | null = null;
  private reached: Cursor | null = null;
  private paged: Cursor | null = null;
  private readonly sent = new Map<number, Change>();
  private readonly unseen = new Map<RecordKey, number>();

  constructor(
    readonly space: RememberingSpace,
    readonly reader: Reader,
  ) {}

  private hash() {
    return scopeHash(this.reader.scope, this.reader.access);
  }

  /** Reads one page; without a cursor that can be continued it begins anew, beside the copy. */
  read(rowsMax: number): void {
    const { state } = this.space;
    let cursor = this.paged ?? this.reached;
    if (cursor === null || cursorObstacle(cursor, state, this.hash()) !== null) {
      cursor = startCursor(state.epoch, state.head, this.hash());
      this.staged = { fresh: true, entries: new Map() };
    }
    const { position } = cursor;
    const all = [...this.space.records.values()]
      .filter(({ version, collection }) => version > position && this.wants(collection))
      .sort((left, right) => left.version - right.version);
    const { epoch, head, digests } = state;
    const slice = {
      epoch,
      head,
      digests,
      rows: all.slice(0, rowsMax),
      more: all.length > rowsMax,
      clock: new Map(),
    };
    const { page, checkpoint } = deltaOf(this.reader, cursor, slice);
    this.take(page.entries);
    this.paged = page.cursor;
    if (checkpoint !== null) this.reach(checkpoint.cursor, checkpoint.digests);
  }

  private wants(collection: typeof NOTES): boolean {
    const { collections } = this.reader.scope;
    return collections.length === 0 || collections.includes(collection);
  }

  /** As a session does: only who stands exactly where an announcement begins takes it. */
  hear(announcement: Announcement): void {
    const { entries } = announcement;
    if (this.paged !== null || this.reached?.position !== announcement.from) return;
    if (entries === null || !takesLive(this.reader, entries)) return;
    this.take(liveEntries(this.reader, entries));
    this.reach(
      { ...this.reached, position: announcement.to, checkpoint: announcement.to, asOf: announcement.to },
      digestsFor(this.reader.scope, this.reader.access, announcement.digests),
    );
  }

  /** The connection breaks; what was staged is kept or given up. */
  breakOff(keep: boolean): void {
    if (keep) return;
    this.staged = null;
    this.paged = null;
  }

  private take(entries: readonly PageEntry[]): void {
    const staged = (this.staged ??= { fresh: false, entries: new Map<RecordKey, Held | null>() });
    for (const entry of entries) {
      const { collection, id, version } = entryKey(entry);
      const key = recordKey(collection, id);
      const under = staged.fresh ? null : (this.copy.get(key) ?? null);
      const held = staged.entries.has(key) ? staged.entries.get(key)! : under;
      if (held !== null && held.version >= version)
        throw new Error(`version ${version} of ${id} came after ${held.version}`);
      staged.entries.set(key, this.resultOf(entry, held));
    }
  }

  private resultOf(entry: PageEntry, held: Held | null): Held | null {
    switch (entry.kind) {
      case 'put':
        return { version: entry.record.version, payload: entry.record.payload };
      case 'delete':
      case 'gone':
        return null;
      case 'patch':
        if (held?.version !== entry.previousVersion)
          throw new Error(`no version ${entry.previousVersion} of ${entry.id} to patch`);
        return { version: entry.version, payload: applyPatch(held.payload, entry.patch)! };
      case 'operations':
        throw new Error('nobody takes operations here');
      case 'own': {
        const change = this.sent.get(entry.number)!;
        const payload =
          change.kind === 'patch'
            ? applyPatch(held!.payload, change.patch)
            : 'payload' in change
              ? change.payload
              : null;
        return payload === null ? null : { version: entry.version, payload };
      }
    }
  }

  private reach(cursor: Cursor, digests: Announcement['digests']): void {
    const { fresh, entries } = this.staged ?? { fresh: false, entries: new Map<RecordKey, Held | null>() };
    if (fresh) this.copy = new Map();
    for (const [key, held] of entries) {
      if (held === null) this.copy.delete(key);
      else this.copy.set(key, held);
    }
    this.staged = null;
    this.paged = null;
    this.reached = cursor;
    this.unseen.clear();
    expect(this.contents()).toEqual(this.expected(cursor.position));
    for (const [name, digest] of digests)
      expect([name, sameDigest(this.digestOf(name), digest)]).toEqual([name, true]);
  }

  private digestOf(name: string) {
    const sum = digestSum();
    for (const [key, { version, payload }] of this.copy) {
      const [collection, id] = key.split('\u0000');
      if (collection === name) sum.add(id as never, version, contentHash(id as never, payload));
    }
    return sum.result();
  }

  private contents(): string[] {
    return [...this.copy].map(([key, held]) => lineOf(key, held)).sort();
  }

  /** What a device that had read all of it at this version would hold. */
  private expected(version: number): string[] {
    const { scope, access } = this.reader;
    const live = this.space
      .liveAt(version)
      .filter((record) => visible(scope, access, record.collection, record.id) && matches(scope, record));
    return live.map((record) => lineOf(recordKey(record.collection, record.id), record)).sort();
  }

  /** Its own change, made on its copy with its earlier own ones on top. */
  change(make: (base: number) => Change): MergePlan {
    const key = recordKey(make(0).collection, make(0).id);
    const number = this.sent.size + 1;
    const change = { ...make(this.copy.get(key)?.version ?? 0), after: this.unseen.get(key) ?? 0, number };
    this.sent.set(number, change);
    this.unseen.set(key, number);
    return this.space.merge(pushOf(this.reader.device, number, [change]));
  }
}

const made = fc.record({
  own: fc.boolean(),
  kind: fc.nat(4),
  id: fc.constantFrom(...IDS),
  collection: fc.constantFrom(NOTES, NOTES, TASKS),
  f: fc.nat(1),
  n: fc.nat(9),
  atMs: fc.nat(20),
});
type Made = typeof made extends fc.Arbitrary<infer Value> ? Value : never;

type Step =
  { write: Made } | { readRows: number } | { keep: boolean } | { floor: number } | { announce: true };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: made.map((write) => ({ write })) },
    { weight: 6, arbitrary: fc.constantFrom(1, 1, 2, 3, 100).map((readRows) => ({ readRows })) },
    { weight: 2, arbitrary: fc.constant({ announce: true } as const) },
    fc.boolean().map((keep) => ({ keep })),
    fc.double({ min: 0, max: 1, noNaN: true }).map((floor) => ({ floor })),
  ),
  { maxLength: 60, size: 'max' },
);

function changeOf({ kind, id, collection, f, n, atMs }: Made): (base: number) => Change {
  const given = { collection, atMs };
  if (kind === 0) return () => create(id, { f, n }, given);
  if (kind === 1) return (base) => remove(id, base, given);
  if (kind === 2) return (base) => patch(id, base, { n, f }, [], given);
  if (kind === 3) return (base) => patch(id, base, { n }, [], given);
  return (base) => update(id, base, { f, n }, given);
}

test.each(SCOPES.flatMap((scope) => [OWNER, HIDDEN].map((access) => [scope, access] as const)))(
  'a device that follows %j (%o) is exact at every checkpoint',
  (given, access) => {
    const capabilities = fc.record({
      takesPatches: fc.boolean(),
      takesOperations: fc.constant(false),
      takesOwn: fc.boolean(),
      mayHoldMore: fc.boolean(),
    });
    fc.assert(
      fc.property(steps, capabilities, (script, can) => {
        const space = rememberingSpace();
        const device = new Device(space, {
          device: deviceId('d'),
          scope: { ...WHOLE_SPACE, ...given },
          access,
          ...can,
        });
        let announced: Announcement[] = [];
        const merged = (plan: MergePlan): void => {
          const announcement = announcementOf(plan, DEFAULT_LIMITS);
          if (announcement !== null) announced.push(announcement);
        };
        for (const step of script) {
          if ('readRows' in step) device.read(step.readRows);
          else if ('keep' in step) device.breakOff(step.keep);
          else if ('floor' in step)
            space.raiseFloor(Math.max(space.state.floor, Math.floor(space.state.head * step.floor)));
          else if ('announce' in step) {
            // Late ones come again, and do no harm.
            for (const each of announced) device.hear(each);
            announced = announced.slice(-2);
          } else if (step.write.own) merged(device.change(changeOf(step.write)));
          else {
            const make = changeOf(step.write);
            const base = space.record(step.write.id, step.write.collection)?.version ?? 0;
            merged(planOfOther(space, make(base)));
          }
        }
        device.breakOff(true);
        device.read(1_000);
      }),
      { numRuns: 120 },
    );
  },
);

/** Another device, which sees everything, makes a change. */
function planOfOther(space: TestSpace, change: Change): MergePlan {
  const first = (space.facts([pushOf('x', 1, [change])]).lastNumbers.get(deviceId('x')) ?? 0) + 1;
  return space.merge(pushOf('x', first, [change]));
}
