import {
  type Change,
  changeKey,
  collectionName,
  deviceId,
  encodeUtf8,
  type MergeFacts,
  type MergePlan,
  pastKey,
  type PastWrite,
  planMerge,
  policyRegistry,
  type Push,
  recordKey,
  rulesBook,
  seenKey,
  undeclaredRules,
} from '@syncline/core';
import { ALL_POLICIES } from '@syncline/policies/operations';
import { LoroDoc } from 'loro-crdt';
import * as Y from 'yjs';
import { changeOn, CONTEST_CHANGES, emptyFacts, pushBy } from './contest';

/** Records that two devices have operated on without knowing of each other; the second one's push is measured. */
export interface OperationContest {
  readonly name: string;
  readonly contest: () => {
    readonly facts: MergeFacts;
    readonly push: Push;
    /** What each record comes to. */
    readonly merged: readonly Uint8Array[];
  };
}

const NOTES = collectionName('notes');
const REGISTRY = policyRegistry(ALL_POLICIES);
const TEXT = 'To be done as soon as possible, and not later than that.';

/** What the creator, the writer and the device do to a record, in this order, the last two on what the first made. */
interface Made {
  readonly create: (at: number) => Partial<Change>;
  readonly writer: (at: number) => Uint8Array;
  readonly device: (at: number) => Uint8Array;
  readonly type: string;
  readonly merged: unknown;
}

export const OPERATION_CONTESTS: readonly OperationContest[] = [
  { name: 'crdt yjs', contest: () => contestOf('crdt', { engine: 'yjs' }, madeByYjs()) },
  { name: 'crdt loro', contest: () => contestOf('crdt', { engine: 'loro' }, madeByLoro()) },
  {
    name: 'operational-transform text',
    contest: () =>
      contestOf(
        'operational-transform',
        { type: 'text' },
        {
          create: () => ({ kind: 'create', payload: json(TEXT) }),
          writer: () => json(['Soon: ']),
          device: () => json([TEXT.length, ' Please.']),
          type: 'text',
          merged: `Soon: ${TEXT} Please.`,
        },
      ),
  },
  {
    name: 'operational-transform json1',
    contest: () =>
      contestOf(
        'operational-transform',
        { type: 'json1' },
        {
          create: () => ({ kind: 'create', payload: json({ title: TEXT, list: [1, 2, 3], done: false }) }),
          writer: () => json(['list', 0, { i: 0 }]),
          device: () => json(['list', 2, { r: true, i: 9 }]),
          type: 'json1',
          merged: { done: false, list: [0, 1, 2, 9], title: TEXT },
        },
      ),
  },
];

function contestOf(policy: string, rule: unknown, made: Made) {
  const rules = rulesBook(
    new Map([[NOTES, { ...undeclaredRules(NOTES), policy, rule, json: true }]]),
    REGISTRY,
  );
  const operations = (bytes: Uint8Array): Partial<Change> => ({
    kind: 'operations',
    type: made.type,
    operations: bytes,
  });
  const created = planMerge(emptyFacts(rules), [pushed('creator', (at) => made.create(at), 0)]);
  const between = afterPlan(emptyFacts(rules), created);
  const versionOf = (at: number): number => created.records[at]!.version;
  const written = planMerge(between, [pushed('writer', (at) => operations(made.writer(at)), versionOf)]);
  const push = pushed('device', (at) => operations(made.device(at)), versionOf);
  const past = new Map<ReturnType<typeof pastKey>, readonly PastWrite[]>();
  written.history.forEach((entry, at) =>
    past.set(pastKey({ ...entry, since: versionOf(at) }), [
      { ...entry, operations: entry.operations ?? null },
    ]),
  );
  const seen = new Map(
    push.changes.map((change, at) => [
      seenKey({ ...change, device: push.device }),
      { deleted: false, payload: created.records[at]!.payload },
    ]),
  );
  return {
    facts: { ...afterPlan(between, written), past, seen },
    push,
    merged: push.changes.map(() => json(made.merged)),
  };
}

function pushed(
  by: 'creator' | 'writer' | 'device',
  what: (at: number) => Partial<Change>,
  base: number | ((at: number) => number),
): Push {
  const changes = Array.from({ length: CONTEST_CHANGES }, (_, at) =>
    changeOn(NOTES, at, typeof base === 'number' ? base : base(at), what(at)),
  );
  return pushBy(deviceId(by), changes);
}

function afterPlan(facts: MergeFacts, { after, records, receipts }: MergePlan): MergeFacts {
  return {
    ...facts,
    space: after,
    records: new Map(records.map((record) => [recordKey(record.collection, record.id), record])),
    receipts: new Map(receipts.map((receipt) => [changeKey(receipt.device, receipt.number), receipt])),
  };
}

function madeByYjs(): Made {
  const edit = (from: Uint8Array | null, client: number, at: number, text: string): Uint8Array => {
    const doc = new Y.Doc();
    doc.clientID = client;
    if (from !== null) Y.applyUpdate(doc, from);
    const before = Y.encodeStateVector(doc);
    doc.getText('body').insert(at, text);
    return Y.encodeStateAsUpdate(doc, before);
  };
  const create = edit(null, 1, 0, TEXT);
  return asMade('yjs', {
    create,
    writer: edit(create, 2, 0, 'Soon: '),
    device: edit(create, 3, TEXT.length, ' Please.'),
  });
}

function madeByLoro(): Made {
  const edit = (from: Uint8Array | null, peer: number, at: number, text: string): Uint8Array => {
    const doc = new LoroDoc();
    doc.setPeerId(peer);
    if (from !== null) doc.import(from);
    const before = doc.oplogVersion();
    doc.getText('body').insert(at, text);
    doc.commit();
    return doc.export({ mode: 'update', from: before });
  };
  const create = edit(null, 1, 0, TEXT);
  return asMade('loro', {
    create,
    writer: edit(create, 2, 0, 'Soon: '),
    device: edit(create, 3, TEXT.length, ' Please.'),
  });
}

function asMade(
  type: string,
  updates: { readonly create: Uint8Array; readonly writer: Uint8Array; readonly device: Uint8Array },
): Made {
  return {
    create: () => ({ kind: 'operations', type, operations: updates.create }),
    writer: () => updates.writer,
    device: () => updates.device,
    type,
    merged: { body: `Soon: ${TEXT} Please.` },
  };
}

function json(value: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(value));
}
