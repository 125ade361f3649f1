import { type Answer, encodeUtf8, spaceOf, tenantOf } from '@syncline/core';
import type { ResolverAnswer, ResolverQuestion } from '@syncline/flows';
import type { ResolveRequest, ResolveResponse } from '@syncline/proto';
import { toldToProto } from './conflicts';
import { kinds } from './outcome-codes';
import { type Place, reading, wrong } from './place';

/** What a tenant's resolver is sent. */
export function resolverQuestionToProto(question: ResolverQuestion, deadlineAtMs: number): ResolveRequest {
  const { id, space, collection, record, kind, base, stored, incoming, rule } = question;
  return {
    tenant: tenantOf(space),
    space: spaceOf(space),
    collection,
    id: record,
    kind: kinds.code(kind),
    base: base === null ? undefined : toldToProto(base),
    stored: stored === null ? undefined : toldToProto(stored),
    incoming: toldToProto(incoming),
    settings: encodeUtf8(rule.settings),
    deadlineAtMs,
    questionId: id,
  };
}

const WHY_LENGTH_MAX = 500;
const ASKED_FIELDS_MAX = 1_000;
const UNPRINTABLE = /[\u0000-\u001f\u007f]+/g;

/** What it answered. A reason that nobody could read in a ledger is put right; everything else is taken as it is, or not. */
export function resolverAnswerFromProto(proto: ResolveResponse): Answer<ResolverAnswer> {
  return reading('', (at) => answerIn(proto, at));
}

function answerIn({ decision, why: said }: ResolveResponse, at: Place): ResolverAnswer {
  const told = [...said.replace(UNPRINTABLE, ' ').trim()].slice(0, WHY_LENGTH_MAX).join('');
  const why = told === '' ? "The tenant's resolver decided." : told;
  switch (decision?.$case) {
    case 'takeStored':
      return { take: 'stored', why };
    case 'takeIncoming':
      return { take: 'incoming', why };
    case 'takeNeither':
      return { take: 'neither', why };
    case 'takeDelete':
      return { take: 'delete', why };
    case 'takeMerged': {
      const { payload, askedFields } = decision.takeMerged;
      if (askedFields.length > ASKED_FIELDS_MAX)
        wrong(at, 'take_merged.asked_fields', `must be at most ${ASKED_FIELDS_MAX}`);
      return { take: 'merged', payload, asked: [...new Set(askedFields)], why };
    }
    case undefined:
      wrong(at, 'decision', 'must be set');
      return { take: 'neither', why };
  }
}
