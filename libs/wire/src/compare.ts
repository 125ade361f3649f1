import { type Answer, type ClaimedRange, type RangeAnswer } from '@syncline/core';
import type { Comparison } from '@syncline/flows';
import {
  CollectionDigest,
  type CompareResponse,
  type RangeComparison,
  type RangeDigest,
} from '@syncline/proto';
import { digestFromProto, digestToProto } from './digests';
import { each, inside, type Place, partOf, reading, whole, wrong } from './place';
import { recordFromProto, recordToProto } from './records';

export function rangeToProto({ collection, fromId, toId, digest }: ClaimedRange): RangeDigest {
  return { fromId, toId: toId ?? '', digest: digestToProto(collection, digest) };
}

export function rangeFromProto({ fromId, toId, digest }: RangeDigest, at: Place): ClaimedRange {
  const [collection, claimed] = digestFromProto(
    partOf(at, 'digest', digest, CollectionDigest),
    inside(at, 'digest'),
  );
  return { collection, fromId, toId: toId === '' ? null : toId, digest: claimed };
}

/** Ranges and their answers are told together, so that each answer says what it is about. */
export function comparisonToProto(
  asked: readonly ClaimedRange[],
  { answers, head }: Comparison,
): CompareResponse {
  const ranges = answers.map((answer, index) => {
    const range = asked[index];
    return {
      range: range === undefined ? undefined : rangeToProto(range),
      result: rangeAnswerToProto(answer),
    };
  });
  return { asOfVersion: head, ranges };
}

export function comparisonFromProto(proto: CompareResponse): Answer<Comparison> {
  return reading('', (at) => ({
    head: whole(at, 'as_of_version', proto.asOfVersion),
    answers: each(at, 'ranges', proto.ranges, rangeAnswerFromProto),
  }));
}

function rangeAnswerToProto(answer: RangeAnswer): NonNullable<RangeComparison['result']> {
  switch (answer.kind) {
    case 'same':
      return { $case: 'same', same: {} };
    case 'split':
      return { $case: 'split', split: { parts: answer.parts.map(rangeToProto) } };
    case 'replace':
      return { $case: 'replace', replace: { records: answer.records.map(recordToProto) } };
  }
}

function rangeAnswerFromProto({ result }: RangeComparison, at: Place): RangeAnswer {
  switch (result?.$case) {
    case 'split':
      return { kind: 'split', parts: each(inside(at, 'split'), 'parts', result.split.parts, rangeFromProto) };
    case 'replace':
      return {
        kind: 'replace',
        records: each(inside(at, 'replace'), 'records', result.replace.records, recordFromProto),
      };
    case undefined:
      wrong(at, 'result', 'must be one of same, split and replace');
      return { kind: 'same' };
    case 'same':
      return { kind: 'same' };
  }
}
