import type { Answer } from '@syncline/core';
import { ALL_CONFLICTS } from '@syncline/flows';
import { rulesOf } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import { type Codec, decode, encode } from './encoding';
import * as calls from './index';
import type { Pair } from './pair';

const SIDE = {
  record: {
    collection: 'notes',
    id: 'a',
    version: 2,
    deleted: false,
    payload: new Uint8Array([1, 2]),
    device: 'x',
    number: 7,
    user: 'ann',
    time: 1_700_000_000_000 * 1024,
    schemaVersion: 3,
  },
  omitted: false,
  deviceName: 'Phone',
};
const OMITTED = { ...SIDE, record: { ...SIDE.record, payload: null }, omitted: true };
const UNKNOWN = { device: null, number: null, user: null, time: null, schemaVersion: 0 };
const DELETED = {
  ...SIDE,
  record: { ...SIDE.record, ...UNKNOWN, deleted: true, payload: null },
  deviceName: '',
};
const CONFLICT = {
  id: 'notes/d/1',
  collection: 'notes',
  record: 'a',
  kind: 'DELETE_UPDATE',
  state: 'reopened',
  policy: 'manual',
  rulesVersion: 4,
  baseVersion: 1,
  base: null,
  stored: SIDE,
  incoming: OMITTED,
  resolution: 'none',
  decidedBy: null,
  decidedByUser: null,
  why: 'Wäre es so?',
  asked: ['p'],
  resultVersion: 0,
  ledgerVersion: 9,
  detectedAtMs: 5,
  resolvedAtMs: 0,
  traceId: 'a'.repeat(32),
  changedSince: true,
};
const DECIDED = {
  ...CONFLICT,
  base: SIDE,
  stored: DELETED,
  resolution: 'replaced',
  decidedBy: 'user',
  decidedByUser: 'ann',
};
const BY_POLICY = { ...CONFLICT, state: 'resolved', resolution: 'stored', decidedBy: 'policy' };
const FILTER = {
  collections: ['notes', 'tasks'],
  record: 'a',
  state: 'open',
  kinds: ['SCHEMA', 'UPDATE_UPDATE'],
  device: 'd',
  user: 'ann',
  policy: 'manual',
  detectedFromMs: 0,
  detectedToMs: 9,
};
const NAMED = { space: 'home', id: 'notes/d/1' };
const deciding = (choice: object) => ({ ...NAMED, decision: { choice, why: 'So.' }, seenVersion: 5 });

type Row = readonly [name: string, codec: Codec<never>, pair: Pair<never, never>, value: unknown];
const row = <Proto, Value>(
  name: string,
  codec: Codec<Proto>,
  pair: Pair<Proto, Value>,
  value: unknown,
): Row => [name, codec, pair, value] as unknown as Row;

const LIST = {
  space: 'home',
  filter: ALL_CONFLICTS,
  resultsMax: null,
  after: null,
  withoutContents: true,
};

const MESSAGES: readonly Row[] = [
  row('ListConflictsRequest', proto.ListConflictsRequest, calls.listConflictsCall, LIST),
  row('ListConflictsRequest further on', proto.ListConflictsRequest, calls.listConflictsCall, {
    ...LIST,
    filter: FILTER,
    resultsMax: 7,
    after: { before: 2 ** 52, total: 10_000 },
  }),
  row('ListConflictsResponse', proto.ListConflictsResponse, calls.conflictsListed, {
    conflicts: [CONFLICT, DECIDED, BY_POLICY],
    next: { before: 9, total: 3 },
    total: 3,
  }),
  row('GetConflictRequest', proto.GetConflictRequest, calls.getConflictCall, NAMED),
  row('GetConflictResponse', proto.GetConflictResponse, calls.conflictFound, CONFLICT),
  ...[
    { kind: 'keep-stored' },
    { kind: 'keep-incoming' },
    { kind: 'delete' },
    { kind: 'replace', payload: new Uint8Array([1]), schemaVersion: null },
    { kind: 'replace', payload: new Uint8Array(0), schemaVersion: 2 },
    { kind: 'fields', incoming: ['p'], values: new Map([['q', new Uint8Array([0x31])]]) },
  ].map((choice) =>
    row(
      `ResolveConflictRequest to ${choice.kind}`,
      proto.ResolveConflictRequest,
      calls.resolveConflictCall,
      deciding(choice),
    ),
  ),
  row('ResolveConflictResponse', proto.ResolveConflictResponse, calls.conflictResolved, {
    conflict: DECIDED,
    record: SIDE.record,
  }),
  row('ResolveConflictsRequest', proto.ResolveConflictsRequest, calls.resolveConflictsCall, {
    space: 'home',
    ids: ['notes/d/1'],
    filter: ALL_CONFLICTS,
    decision: { choice: { kind: 'delete' }, why: '' },
  }),
  row('ResolveConflictsResponse', proto.ResolveConflictsResponse, calls.conflictsResolved, {
    resolved: ['notes/d/1'],
    failed: new Map([['notes/d/2', 'CONFLICT_STATE']]),
    more: true,
  }),
  row('UndoResolutionRequest', proto.UndoResolutionRequest, calls.undoResolutionCall, {
    ...NAMED,
    overwriteNewer: true,
  }),
  row('UndoResolutionResponse', proto.UndoResolutionResponse, calls.resolutionUndone, {
    conflict: CONFLICT,
    record: null,
  }),
  row('ReopenConflictRequest', proto.ReopenConflictRequest, calls.reopenConflictCall, { ...NAMED, why: 'x' }),
  row('ReopenConflictResponse', proto.ReopenConflictResponse, calls.conflictReopened, { conflict: CONFLICT }),
  row('DryRunPolicyRequest', proto.DryRunPolicyRequest, calls.dryRunPolicyCall, {
    tenant: null,
    space: 'home',
    rules: rulesOf('notes', { json: true, rulesVersion: 0 }),
    description: '',
    filter: FILTER,
    conflictsMax: 5,
    examplesMax: null,
  }),
  row('DryRunPolicyResponse', proto.DryRunPolicyResponse, calls.policyDryRun, {
    tried: 4,
    same: 1,
    different: 2,
    open: 1,
    skipped: 7,
    examples: [
      {
        conflict: CONFLICT,
        resolution: 'merged',
        payload: new Uint8Array([1]),
        asked: ['p'],
        why: 'x',
        status: 'MERGED',
      },
      { conflict: DECIDED, resolution: 'incoming', payload: null, asked: [], why: '', status: 'APPLIED' },
    ],
  }),
];

const fieldsOf = (answer: Answer<unknown>) =>
  answer.ok ? [] : answer.refusal.violations.map(({ field }) => field);

describe('calls about conflicts', () => {
  test.each(MESSAGES)('%s arrives as it was said', (_name, codec, pair, value) => {
    const read = decode(codec, encode(codec, pair.toProto(value as never)));
    expect(read.ok && pair.fromProto(read.value)).toEqual({ ok: true, value });
  });

  test('a list goes on only where an earlier answer said', () => {
    for (const after of ['x', '9', '9.', '.9', '-1.1', '99999999999999999.1', '9.1.1'])
      expect(
        fieldsOf(
          calls.listConflictsCall.fromProto({
            ...proto.ListConflictsRequest.fromJSON({}),
            space: 'home',
            after,
          }),
        ),
      ).toEqual(['after']);
  });

  test('a filter is read whole, and what is wrong with it told at once', () => {
    const filter = proto.ConflictFilter.fromJSON({ collections: ['Notes'], device: '\n' });
    const request = { ...proto.ListConflictsRequest.fromJSON({}), space: 'home', filter };
    expect(fieldsOf(calls.listConflictsCall.fromProto(request))).toEqual([
      'filter.collections[0]',
      'filter.device',
    ]);
  });

  test('a decision has to be one', () => {
    const request = { ...proto.ResolveConflictRequest.fromJSON({}), ...NAMED };
    expect(fieldsOf(calls.resolveConflictCall.fromProto(request))).toEqual(['decision']);
    const empty = { ...request, decision: { choice: undefined, why: '' } };
    expect(fieldsOf(calls.resolveConflictCall.fromProto(empty))).toEqual(['decision.choice']);
  });

  test('many are decided where they are named or there is a filter, and in ways that fit all of them', () => {
    const fields = { incoming: [], values: new Map<string, Uint8Array>() };
    const decision: proto.Decision = { choice: { $case: 'fields', fields }, why: '' };
    const request = { ...proto.ResolveConflictsRequest.fromJSON({}), space: 'home', decision };
    expect(fieldsOf(calls.resolveConflictsCall.fromProto(request))).toEqual(['filter', 'decision']);
    const ids = Array.from({ length: 1_001 }, (_, n) => `notes/d/${n}`);
    expect(fieldsOf(calls.resolveConflictsCall.fromProto({ ...request, ids }))).toEqual(['ids', 'decision']);
  });

  test('a reason that is newer than this code still says that a conflict could not be decided', () => {
    const told = { resolvedIds: [], failed: new Map([['notes/d/1', 'NEW_REASON']]), more: false };
    const read = calls.conflictsResolved.fromProto(told);
    expect(read.ok && [...read.value.failed.values()]).toEqual(['INVALID_ARGUMENT']);
  });
});
