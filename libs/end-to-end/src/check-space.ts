import { isDeepStrictEqual } from 'node:util';
import { copyRecords } from '@syncline/client';
import {
  type CollectionDigest,
  type CollectionName,
  CONFLICTS,
  contentBytes,
  contentHash,
  decodeKept,
  digestSum,
  EMPTY_DIGEST,
  type Kept,
  type RecordId,
  sameDigest,
  spaceId,
} from '@syncline/core';
import { type HistoryRow, type ReceiptRow, readSpace, type RecordRow, type SpaceRows } from './postgres-rows';
import type { Answered, Member } from './pool';
import type { Stack } from './stack';

/** All that is wrong with a space at rest, in sentences; empty when every promise is kept. */
export async function faultsOf(
  stack: Stack,
  space: string,
  members: readonly Member[],
): Promise<readonly string[]> {
  return faultsIn(await readSpace(stack.postgresUrl, space), space, members);
}

export type Compared = Pick<Member, 'name' | 'device' | 'answers' | 'renumbered'>;

export function faultsIn(rows: SpaceRows, space: string, members: readonly Compared[]): readonly string[] {
  return [
    ...storeFaults(rows),
    ...members.flatMap((member) =>
      [...copyFaults(rows, space, member), ...answerFaults(rows, space, member)].map(
        (fault) => `${member.name}: ${fault}`,
      ),
    ),
  ];
}

const nameOf = ({ collection, id }: { readonly collection: string; readonly id: string }): string =>
  `${collection}/${id}`;

const brief = (rows: readonly unknown[]): string => rows.slice(0, 5).join(', ');

/** What Postgres says about itself has to be of one piece, whoever died while it was written. */
function* storeFaults({ space, records, history }: SpaceRows): Generator<string> {
  const versions = history.map(({ version }) => version);
  const gap = versions.findIndex((version, index) => version !== index + 1);
  if (gap >= 0) yield `history: version ${gap + 1} is missing, ${versions[gap]} stands in its place`;
  if (versions.length !== space.head) yield `history ends at ${versions.length}, the head is ${space.head}`;
  const latest = new Map<string, HistoryRow>();
  for (const row of history) latest.set(nameOf(row), row);
  const live = new Map(records.map((row) => [nameOf(row), row]));
  for (const [name, { version, payload }] of latest) {
    const record = live.get(name);
    if (payload === null ? record !== undefined : !isSame(record, version, payload))
      yield `${name}: the record is not what version ${version} made of it`;
  }
  const bytes = records.reduce((sum, row) => sum + contentBytes({ payload: row.payload, ...keptOf(row) }), 0);
  if (records.length !== space.records || bytes !== space.bytes)
    yield `the space counts ${space.records} records of ${space.bytes} bytes, there are ${records.length} of ${bytes}`;
  const collections = new Set([
    ...records.map(({ collection }) => collection),
    ...Object.keys(space.digests),
  ]);
  for (const collection of collections) {
    const told = storedDigest(space.digests[collection]);
    if (!sameDigest(told, digestOf(records, collection)))
      yield `the digest of ${collection} is not that of its records`;
  }
}

const isSame = (record: RecordRow | undefined, version: number, payload: Buffer): boolean =>
  record !== undefined && record.version === version && record.payload.equals(payload);

const keptOf = ({ kept }: RecordRow): { readonly kept?: Kept } =>
  kept === null ? {} : { kept: decodeKept(kept) };

/** What devices are told of it, in a form in which it can be compared. */
function toldOf(kept: Kept | undefined): unknown {
  if (kept === undefined) return null;
  if (kept.kind === 'data') return kept.state === null ? null : [kept.type, Buffer.from(kept.state)];
  return kept.siblings.map(({ device, number, time, user, payload }) => [
    ...[device, number, time, user],
    payload === null ? null : Buffer.from(payload),
  ]);
}

function storedDigest(lanes: readonly number[] | undefined): CollectionDigest {
  if (lanes === undefined) return EMPTY_DIGEST;
  const [count = 0, va = 0, vb = 0, ca = 0, cb = 0] = lanes;
  return { count, versions: { a: va, b: vb }, contents: { a: ca, b: cb } };
}

function digestOf(records: readonly RecordRow[], collection: string): CollectionDigest {
  const sum = digestSum();
  for (const row of records)
    if (row.collection === collection)
      sum.add(row.id as RecordId, row.version, contentHash(row.id as RecordId, row.payload));
  return sum.result();
}

/** A device that follows the whole space holds exactly what Postgres holds, and shows it. */
function* copyFaults({ space, records }: SpaceRows, name: string, member: Compared): Generator<string> {
  const device = member.device();
  const status = device.status(name);
  const held = device.engine().spaces.get(spaceId(name));
  if (status === null || held === undefined) {
    yield 'does not follow the space';
    return;
  }
  if (status.pending + status.settled + status.failed + status.staged > 0)
    yield `is not at rest: ${status.pending} pending, ${status.settled} settled, ${status.failed} failed`;
  for (const { change, reason, message } of held.failed.values()) {
    const { number, kind, collection, id, baseVersion, after } = change;
    const made = `${kind} of ${collection}/${id} on ${baseVersion} after ${after}`;
    yield `its change ${number}, ${made}, failed: ${reason} ${message}`;
  }
  if (status.version !== space.head) yield `stands at version ${status.version}, the head is ${space.head}`;
  const copy = new Map([...copyRecords(held.copy)].map((image) => [nameOf(image), image]));
  const wrong = records.filter((row) => {
    const image = copy.get(nameOf(row));
    if (image === undefined || !isSame(row, image.version, Buffer.from(image.payload))) return true;
    return !isDeepStrictEqual(toldOf(keptOf(row).kept), toldOf(image.kept));
  });
  if (wrong.length > 0) yield `holds ${wrong.length} records wrongly: ${brief(wrong.map(nameOf))}`;
  if (copy.size > records.length) yield `holds ${copy.size} records, Postgres ${records.length}`;
  const shown = new Map(device.view(name).map((record) => [nameOf(record), record]));
  const hidden = records.filter(
    (row) => !row.payload.equals(shown.get(nameOf(row))?.payload ?? Buffer.of(0)),
  );
  if (hidden.length > 0 || shown.size !== copy.size)
    yield `does not show what it holds: ${brief(hidden.map(nameOf))}`;
  for (const collection of new Set(records.map((row) => row.collection))) {
    const own = held.copy.digests.get(collection as CollectionName) ?? EMPTY_DIGEST;
    if (!sameDigest(own, digestOf(records, collection))) yield `has another digest of ${collection}`;
  }
}

/** Each change has one answer, the one that the device was told, and one effect at most. */
function* answerFaults(rows: SpaceRows, space: string, member: Compared): Generator<string> {
  const receipts = new Map(
    rows.receipts.filter(({ device }) => device === member.name).map((receipt) => [receipt.number, receipt]),
  );
  const effects = new Map<number, HistoryRow[]>();
  for (const row of rows.history) {
    if (row.device !== member.name || row.collection === CONFLICTS) continue;
    effects.set(row.number, [...(effects.get(row.number) ?? []), row]);
  }
  const ledger = new Set(
    rows.records.filter(({ collection }) => collection === CONFLICTS).map(({ id }) => id),
  );
  const counter = member.device().status(space)?.counter ?? 0;
  const last = rows.lastNumbers.get(member.name) ?? 0;
  // What was acknowledged would be hidden by what took its number.
  if (member.renumbered() > 0)
    yield `had to number ${member.renumbered()} changes anew: the server forgot some`;
  if (last !== counter) yield `made ${counter} changes, the server knows ${last}`;
  if (receipts.size !== counter) yield `has ${receipts.size} receipts for ${counter} changes`;
  for (let number = 1; number <= counter; number++) {
    const answered = member.answers.get(`${space} ${number}`);
    if (answered === undefined) yield `change ${number} was never answered`;
    else yield* changeFaults(answered, receipts.get(number), effects.get(number) ?? [], ledger);
  }
}

function* changeFaults(
  { change, status, conflict }: Answered,
  receipt: ReceiptRow | undefined,
  effects: readonly HistoryRow[],
  ledger: ReadonlySet<string>,
): Generator<string> {
  const { number, kind } = change;
  const name = `change ${number} (${kind} ${nameOf(change)})`;
  if (receipt === undefined) yield `${name} was acknowledged as ${status} and is lost`;
  else if (receipt.status !== status) yield `${name} was told ${status}, and stored is ${receipt.status}`;
  if (effects.length > 1) yield `${name} took effect ${effects.length} times`;
  const [effect] = effects;
  const takes = status === 'APPLIED' || status === 'MERGED';
  if (takes && effect === undefined && kind !== 'delete') yield `${name} is ${status} and has no effect`;
  if (!takes && effect !== undefined && status === 'REJECTED') yield `${name} is REJECTED and has an effect`;
  if (effect !== undefined && nameOf(effect) !== nameOf(change)) yield `${name} changed ${nameOf(effect)}`;
  if (status === 'APPLIED' && effect !== undefined && 'payload' in change) {
    const isSent = effect.payload?.equals(change.payload) === true;
    if (!isSent) yield `${name} was applied with another content than was sent`;
  }
  const merged = status === 'MERGED' && kind !== 'operations';
  const needsEntry = status === 'LOST' || status === 'HELD' || merged || conflict !== null;
  if (needsEntry && (conflict === null || !ledger.has(conflict)))
    yield `${name} is ${status}, and its conflict ${conflict} is not in the ledger`;
}
