import type { RecordId, SpaceId } from '@syncline/core';
import {
  type ConflictChoice,
  type ConflictDecided,
  type ConflictsPlace,
  type ConflictTold,
  DECIDED_AT_ONCE_MAX,
  type Decision,
  type ListConflictsCall,
  type ListedConflicts,
  type NamedConflict,
  type ReopenConflictCall,
  type ResolveConflictCall,
  type ResolveConflictsCall,
  type ResolvedConflicts,
  type UndoResolutionCall,
} from '@syncline/flows';
import {
  Conflict,
  Decision as ProtoDecision,
  type GetConflictRequest,
  type GetConflictResponse,
  type ListConflictsRequest,
  type ListConflictsResponse,
  type ReopenConflictRequest,
  type ReopenConflictResponse,
  type ResolveConflictRequest,
  type ResolveConflictResponse,
  type ResolveConflictsRequest,
  type ResolveConflictsResponse,
  type StoredRecord,
  type UndoResolutionRequest,
  type UndoResolutionResponse,
} from '@syncline/proto';
import { filterFromProto, filterToProto } from './conflict-filters';
import { conflictFromProto, conflictIdIn, conflictToProto, toldFromProto, toldToProto } from './conflicts';
import { uint32 } from './encoding';
import { LONG_TEXT_BYTES_MAX, type Pair, pair, textIn, wholeOrNull } from './pair';
import { each, idIn, inside, partOf, type Place, whole, wrong } from './place';
import { isReason } from './reasons';

interface ProtoNamed {
  readonly space: string;
  readonly id: string;
}

const namedToProto = ({ space, id }: NamedConflict): ProtoNamed => ({ space, id });

function namedFromProto({ space, id }: ProtoNamed, at: Place): NamedConflict {
  return { space: idIn<SpaceId>(at, 'space', space), id: conflictIdIn(at, 'id', id) };
}

export const listConflictsCall = pair<ListConflictsRequest, ListConflictsCall>(
  ({ space, filter, resultsMax, after, withoutContents }) => ({
    space,
    filter: filterToProto(filter),
    resultsMax: uint32(resultsMax ?? 0),
    after: placeToText(after),
    withoutContents,
  }),
  (proto, at) => ({
    space: idIn<SpaceId>(at, 'space', proto.space),
    filter: filterFromProto(proto.filter, at),
    resultsMax: wholeOrNull(at, 'results_max', proto.resultsMax),
    after: placeIn(at, 'after', proto.after),
    withoutContents: proto.withoutContents,
  }),
);

export const conflictsListed = pair<ListConflictsResponse, ListedConflicts>(
  ({ conflicts, next, total }) => ({
    conflicts: conflicts.map(conflictToProto),
    next: placeToText(next),
    total: uint32(total),
  }),
  ({ conflicts, next, total }, at) => ({
    conflicts: each(at, 'conflicts', conflicts, conflictFromProto),
    next: placeIn(at, 'next', next),
    total: whole(at, 'total', total),
  }),
);

const placeToText = (place: ConflictsPlace | null): string =>
  place === null ? '' : `${place.before}.${place.total}`;

const PLACE = /^(\d{1,16})\.(\d{1,5})$/;

function placeIn(at: Place, name: string, text: string): ConflictsPlace | null {
  if (text === '') return null;
  const [, before, total] = PLACE.exec(text) ?? [];
  const place = { before: Number(before), total: Number(total) };
  if (Number.isSafeInteger(place.before) && Number.isSafeInteger(place.total)) return place;
  wrong(at, name, 'must be what an earlier answer said');
  return null;
}

export const getConflictCall = pair<GetConflictRequest, NamedConflict>(namedToProto, namedFromProto);

export const conflictFound = pair<GetConflictResponse, ConflictTold>(
  (conflict) => ({ conflict: conflictToProto(conflict) }),
  ({ conflict }, at) => conflictPart(conflict, at),
);

function conflictPart(conflict: Conflict | undefined, at: Place): ConflictTold {
  return conflictFromProto(partOf(at, 'conflict', conflict, Conflict), inside(at, 'conflict'));
}

export const resolveConflictCall = pair<ResolveConflictRequest, ResolveConflictCall>(
  ({ decision, seenVersion, ...named }) => ({
    ...namedToProto(named),
    decision: decisionToProto(decision),
    seenVersion: seenVersion ?? 0,
  }),
  (proto, at) => ({
    ...namedFromProto(proto, at),
    decision: decisionFromProto(proto.decision, at),
    seenVersion: wholeOrNull(at, 'seen_version', proto.seenVersion),
  }),
);
export const conflictResolved: Pair<ResolveConflictResponse, ConflictDecided> = decided();

export const resolveConflictsCall = pair<ResolveConflictsRequest, ResolveConflictsCall>(
  ({ space, ids, filter, decision }) => ({
    space,
    ids: [...ids],
    filter: filterToProto(filter),
    decision: decisionToProto(decision),
  }),
  (proto, at) => {
    if (proto.ids.length > DECIDED_AT_ONCE_MAX) wrong(at, 'ids', `must be at most ${DECIDED_AT_ONCE_MAX}`);
    if (proto.ids.length === 0 && proto.filter === undefined)
      wrong(at, 'filter', 'must be set where no conflicts are named');
    const decision = decisionFromProto(proto.decision, at);
    const { kind } = decision.choice;
    if (kind === 'replace' || kind === 'fields')
      wrong(at, 'decision', 'must be one of keep_stored, keep_incoming and delete');
    return {
      space: idIn<SpaceId>(at, 'space', proto.space),
      ids: proto.ids.slice(0, DECIDED_AT_ONCE_MAX).map((id) => conflictIdIn(at, 'ids', id)),
      filter: filterFromProto(proto.filter, at),
      decision,
    };
  },
);

export const conflictsResolved = pair<ResolveConflictsResponse, ResolvedConflicts>(
  ({ resolved, failed, more }) => ({ resolvedIds: [...resolved], failed: new Map(failed), more }),
  ({ resolvedIds, failed, more }) => ({
    resolved: resolvedIds as RecordId[],
    // A newer reason still says that it could not be decided.
    failed: new Map(
      [...failed].map(([id, reason]) => [id as RecordId, isReason(reason) ? reason : 'INVALID_ARGUMENT']),
    ),
    more,
  }),
);

export const undoResolutionCall = pair<UndoResolutionRequest, UndoResolutionCall>(
  ({ overwriteNewer, ...named }) => ({ ...namedToProto(named), overwriteNewer }),
  (proto, at) => ({ ...namedFromProto(proto, at), overwriteNewer: proto.overwriteNewer }),
);
export const resolutionUndone: Pair<UndoResolutionResponse, ConflictDecided> = decided();

export const reopenConflictCall = pair<ReopenConflictRequest, ReopenConflictCall>(
  ({ why, ...named }) => ({ ...namedToProto(named), why }),
  (proto, at) => ({ ...namedFromProto(proto, at), why: textIn(at, 'why', proto.why, LONG_TEXT_BYTES_MAX) }),
);
export const conflictReopened = pair<ReopenConflictResponse, Pick<ConflictDecided, 'conflict'>>(
  ({ conflict }) => ({ conflict: conflictToProto(conflict) }),
  ({ conflict }, at) => ({ conflict: conflictPart(conflict, at) }),
);

/** Two messages hold a conflict and its record. */
function decided(): Pair<
  { conflict: Conflict | undefined; record: StoredRecord | undefined },
  ConflictDecided
> {
  return pair<{ conflict: Conflict | undefined; record: StoredRecord | undefined }, ConflictDecided>(
    ({ conflict, record }) => ({
      conflict: conflictToProto(conflict),
      record: record === null ? undefined : toldToProto(record),
    }),
    ({ conflict, record }, at) => ({
      conflict: conflictPart(conflict, at),
      record: record === undefined ? null : toldFromProto(record, inside(at, 'record')),
    }),
  );
}

function decisionToProto({ choice, why }: Decision): ProtoDecision {
  return { choice: choiceToProto(choice), why };
}

function choiceToProto(choice: ConflictChoice): NonNullable<ProtoDecision['choice']> {
  switch (choice.kind) {
    case 'keep-stored':
      return { $case: 'keepStored', keepStored: {} };
    case 'keep-incoming':
      return { $case: 'keepIncoming', keepIncoming: {} };
    case 'replace': {
      const { payload, schemaVersion } = choice;
      return { $case: 'replace', replace: { payload, schemaVersion: schemaVersion ?? 0 } };
    }
    case 'delete':
      return { $case: 'delete', delete: {} };
    case 'fields':
      return {
        $case: 'fields',
        fields: { incoming: [...choice.incoming], values: new Map(choice.values) },
      };
  }
}

function decisionFromProto(proto: ProtoDecision | undefined, above: Place): Decision {
  const { choice, why } = partOf(above, 'decision', proto, ProtoDecision);
  const at = inside(above, 'decision');
  return {
    choice: choiceFromProto(choice, proto === undefined ? null : at),
    why: textIn(at, 'why', why, LONG_TEXT_BYTES_MAX),
  };
}

function choiceFromProto(choice: ProtoDecision['choice'], at: Place | null): ConflictChoice {
  switch (choice?.$case) {
    case undefined:
      if (at !== null)
        wrong(at, 'choice', 'must be one of keep_stored, keep_incoming, replace, delete and fields');
      return { kind: 'keep-stored' };
    case 'keepStored':
      return { kind: 'keep-stored' };
    case 'keepIncoming':
      return { kind: 'keep-incoming' };
    case 'replace': {
      const { payload, schemaVersion } = choice.replace;
      return { kind: 'replace', payload, schemaVersion: schemaVersion === 0 ? null : schemaVersion };
    }
    case 'delete':
      return { kind: 'delete' };
    case 'fields': {
      const { incoming, values } = choice.fields;
      return { kind: 'fields', incoming, values };
    }
  }
}
