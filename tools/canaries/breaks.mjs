import { BREAKS_OF_CONTENT } from './breaks-of-content.mjs';

/** Deliberate breaks of the rules: a piece of source that stands in its file exactly once, and what takes its place. */
const core = (file) => `libs/core/src/${file}`;
const client = (file) => `libs/client/src/${file}`;

export const BREAKS = [
  {
    name: 'a pager skips a record at the end of each page',
    file: core('delta.ts'),
    find: 'position: last.version }',
    replace: 'position: last.version + 1 }',
  },
  {
    name: 'a page is taken for the last one although more is left',
    file: core('delta.ts'),
    find: 'if (slice.more && last !== undefined) {',
    replace: 'if (slice.more && last === undefined) {',
  },
  {
    name: 'deletes are not told to devices',
    file: core('delta.ts'),
    find: 'if (row.deleted) return unknown && !reader.scope.includeDeleted ? null : deleteEntry(row);',
    replace: 'if (row.deleted) return null;',
  },
  {
    name: 'a record that leaves the scope is not told of',
    file: core('delta.ts'),
    find: "return unknown ? null : { kind: 'gone', collection: row.collection, id: row.id, version: row.version };",
    replace: 'return null;',
  },
  {
    name: 'changed fields are sent to a device that may not hold the version before',
    file: core('delta.ts'),
    find: 'row.previousVersion <= cursor.checkpoint;',
    replace:
      'row.previousVersion <= slicePosition(cursor);\n  function slicePosition({ position }: Cursor): number { return position + 1_000; }',
  },
  {
    name: 'a live update is sent to a session that stands elsewhere',
    file: core('session/read.ts'),
    find: 'announcement.from === opened.cursor.checkpoint && ',
    replace: '',
  },
  {
    name: 'the digest keeps what was deleted',
    file: core('merge/tally.ts'),
    find: 'else sum.remove(record.id, record.version, record.contentHash);',
    replace: "else if (record.id !== 'r1') sum.remove(record.id, record.version, record.contentHash);",
  },
  {
    name: 'a receipt is forgotten',
    file: core('merge/plan.ts'),
    find: 'const receipt = draft.receipt(push.device, change.number);',
    replace: 'const receipt = draft.receipt(push.device, -change.number);',
  },
  {
    name: 'a repeated change takes effect again',
    file: core('merge/plan.ts'),
    find: 'if (change.number <= draft.lastNumber(push.device))',
    replace: 'if (change.number < draft.lastNumber(push.device))',
  },
  {
    name: 'a rejected change does not use up its number',
    file: core('merge/plan.ts'),
    find: '  draft.take(receipt);',
    replace: "  if (receipt.status !== 'REJECTED') draft.take(receipt);",
  },
  {
    name: 'the loser is not given the record that won',
    file: core('merge/plan.ts'),
    find: 'record: image && wantedImage(',
    replace: 'record: null && wantedImage(',
  },
  {
    name: 'outcomes are sent though nothing was saved',
    file: 'libs/flows/src/push-changes.ts',
    find: 'await transaction.save(made);',
    replace: 'if (made.length > 1 || batch.length > 1) await transaction.save(made);',
  },
  {
    name: 'last-write-wins breaks ties by closeness in time, which goes in circles',
    file: core('policies/order.ts'),
    find: 'const byTime = Math.floor(msOf(left.time) / windowMs) - Math.floor(msOf(right.time) / windowMs);',
    replace:
      'const apart = msOf(left.time) - msOf(right.time);\n  const byTime = Math.abs(apart) <= windowMs ? 0 : apart;',
  },
  {
    name: 'a clock that runs ahead is trusted',
    file: core('clock.ts'),
    find: 'if (time <= limit) return { time, aheadMs: 0 };',
    replace: 'if (time >= 0) return { time, aheadMs: 0 };',
  },
  {
    name: 'every device counts as having seen everything',
    file: core('merge/has-seen.ts'),
    find: 'return isOwn ? inCopy || !stored.merged : inCopy && after === 0;',
    replace: 'return isOwn || inCopy || stored.version > 0;',
  },
  {
    name: 'an update of what was purged creates it anew',
    file: core('merge/classify.ts'),
    find: 'if (change.baseVersion > 0 && !isAnew(change))',
    replace:
      "if (change.baseVersion > 0 && change.kind === 'update') return { kind: 'create' };\n  if (change.baseVersion > 0 && !isAnew(change))",
  },
  {
    name: 'an update brings back what was deleted without a word',
    file: core('merge/classify.ts'),
    find: "if (!hasSeen(stored, device, change)) return { kind: 'conflict', of: 'UPDATE_DELETE', stored };",
    replace: "if (change.kind === 'patch') return { kind: 'conflict', of: 'UPDATE_DELETE', stored };",
  },
  {
    name: 'the ledger forgets what the device sent',
    file: core('merge/conflicts.ts'),
    find: '{ about, incoming: made }',
    replace: '{ about, incoming: null }',
  },
  {
    name: 'a conflict is not entered in the ledger',
    file: core('merge/conflicts.ts'),
    find: '  const about = { collection: change.collection, id: change.id };\n',
    replace:
      '  if (change.number % 2 === 0) return;\n  const about = { collection: change.collection, id: change.id };\n',
  },
  {
    name: 'a three-way merge forgets what its device had sent before',
    file: core('merge/draft.ts'),
    find: 'if (view !== undefined) return shapes.seen(collection, view);',
    replace: 'if (view !== undefined && after === 0) return shapes.seen(collection, view);',
  },
  {
    name: 'a counter takes the greater of two instead of adding up',
    file: core('policies/fields/counter.ts'),
    find: 'const sum = Number(stored) + added;',
    replace: 'const sum = Math.max(Number(stored), Number(incoming));',
  },
  {
    name: 'delete-wins lets the update win',
    file: core('merge/settle.ts'),
    find: 'take: deleteTakes,',
    replace: 'take: updateTakes,',
  },
  {
    name: 'tombstones are purged early',
    file: 'libs/memory/src/upkeep-store.ts',
    find: 'const purged = purgeTombstones(table, floor);',
    replace: 'const purged = purgeTombstones(table, table.state.head);',
  },
  {
    name: 'a device from below the floor is let on',
    file: core('cursor.ts'),
    find: "if (Math.max(cursor.position, cursor.asOf) < space.floor) return refusal('CURSOR_TOO_OLD');",
    replace: '',
  },
  {
    name: 'a change of access leaves what may no longer be read',
    file: core('session/subscribe.ts'),
    find: "return restart(state, sub, refusal('ACCESS_CHANGED'));",
    replace: '{\n    sub.opened = { ...sub.opened, access };\n    return [];\n  }',
  },
  {
    name: 'a device touches its copy before the checkpoint',
    file: client('subscription.ts'),
    find: '  staging.cursor = cursor;',
    replace: `  staging.cursor = cursor;
  for (const entry of staged) {
    if (entry.kind === 'live') space.copy.collections.get(entry.record.collection)?.delete(entry.record.id);
  }`,
  },
  {
    name: 'a device forgets its taken changes before a checkpoint shows them',
    file: client('outcomes.ts'),
    find: 'if (version <= space.version) return;',
    replace: 'if (version <= space.version + 1_000_000) return;',
  },
  {
    name: 'a device drops what it has not sent when it starts over',
    file: client('subscription.ts'),
    find: '  space.staging = { fresh: true, cursor: null, entries: new Map() };',
    replace: '  space.staging = { fresh: true, cursor: null, entries: new Map() };\n  space.pending.clear();',
  },
  {
    name: 'a device sends its changes without having stored them',
    file: client('edits.ts'),
    find: "write(turn, { kind: 'put-pending', space: space.id, pending: made });",
    replace: '',
  },
  {
    name: 'a device that comes back reads everything again',
    file: 'libs/flows/src/read-delta.ts',
    find: 'after: cursor.position,',
    replace: 'after: cursor.checkpoint === cursor.position ? 0 : cursor.position,',
  },
  {
    name: 'a device that is connected but quiet counts as away',
    file: core('session/session.ts'),
    find: "effects.push({ do: 'acknowledge', space: sub.space, cursor: sub.acknowledged, version: null });",
    replace: '',
  },
  {
    name: 'a delete of what lives is answered and not written',
    file: core('merge/classify.ts'),
    find: "  if (seen) return { kind: 'clean', stored };\n  const of =",
    replace:
      "  if (change.kind === 'delete' && change.number % 3 === 0) return { kind: 'gone' };\n  if (seen) return { kind: 'clean', stored };\n  const of =",
  },
  {
    name: 'the answer does not tell of the conflict',
    file: core('merge/clash.ts'),
    find: 'return verdict(status, draft.head(), ref);',
    replace: "return verdict(status, draft.head(), resolution.take === 'incoming' ? null : ref);",
  },
  {
    name: 'a conflict of two creates is called one of two updates',
    file: core('merge/classify.ts'),
    find: "change.kind === 'create' ? 'CREATE_CREATE' : ",
    replace: '',
  },
  {
    name: 'a change settles conflicts of other records',
    file: core('merge/conflicts.ts'),
    find: 'if (entry.collection !== change.collection || entry.id !== change.id) continue;',
    replace: '',
  },
  {
    name: 'a push is decided a change at a time',
    file: 'libs/flows/src/push-changes.ts',
    find: 'const bySpace = groupBySpace(batch);',
    replace: `if (batch.some(({ push }) => push.changes.length > 1)) {
      const results: PushResult[] = [];
      const plans: MergePlan[] = [];
      for (const { space, push } of batch) {
        const outcomes: Extract<PushResult, { kind: 'outcomes' }>['outcomes'][number][] = [];
        for (const change of push.changes) {
          const one = await pushChanges({ store, clock, policies, limits })([
            { space, push: { ...push, changes: [change] } },
          ]);
          plans.push(...one.plans);
          const result = one.results[0]!;
          if (result.kind === 'outcomes') outcomes.push(...result.outcomes);
        }
        results.push({ kind: 'outcomes', outcomes });
      }
      return { results, plans };
    }
    const bySpace = groupBySpace(batch);`,
  },
  {
    name: 'a change of policy reaches the ledger only',
    file: core('merge/conflicts.ts'),
    find: 'policy: declared.policy,',
    replace: "policy: declared.collection === 'shifting' ? 'manual' : declared.policy,",
  },
  {
    name: 'a set loses what the other side added',
    file: core('policies/fields/set-union.ts'),
    find: 'for (const element of stored) if (!base.has(element)) added.add(element);',
    replace: '',
  },
  {
    name: 'the greater of two numbers is not the one that counts',
    file: core('policies/fields/max.ts'),
    find: 'takeExtreme(conflict, 1)',
    replace: 'takeExtreme(conflict, -1)',
  },
  {
    name: 'a device is not told that its change brought a record back',
    file: core('delta.ts'),
    find: 'row.asSent && !row.resurrected && ',
    replace: 'row.asSent && ',
  },
  {
    name: 'a patch comes under the wrong user',
    file: client('staging.ts'),
    find: '  return live(entry, { payload });',
    replace: '  return live({ ...entry, user: held.record.user }, { payload });',
  },
  {
    name: 'a page takes the checkpoint along that has not come yet',
    file: core('delta.ts'),
    find: 'cursor: { ...done, checkpoint: cursor.checkpoint }',
    replace: 'cursor: done',
  },
  {
    name: 'a device forgets what was rejected',
    file: client('outcomes.ts'),
    find: '  space.failed.set(id, failed);\n',
    replace: '  if (change.number % 2 === 0) space.failed.set(id, failed);\n',
  },
  {
    name: 'whoever watches reads each change instead of being told',
    file: core('session/read.ts'),
    find: 'if (!follows || entries === null',
    replace: 'if (follows || entries === null',
  },
  {
    name: 'the floor rises above what devices hold',
    file: core('floor.ts'),
    find: 'floor = Math.min(floor, acknowledged);',
    replace: 'floor = Math.max(floor, acknowledged);',
  },
  ...BREAKS_OF_CONTENT,
];
