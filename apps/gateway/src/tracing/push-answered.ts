import { nameHash, type PushResult, type SpaceKey } from '@syncline/core';
import type { Span } from '@syncline/telemetry';
import { refusedInTrace } from './refused-in-trace';

/** Of one push, for its span. */
export interface PushFacts {
  readonly space: SpaceKey;
  readonly changes: number;
  readonly bytes: number;
}

/** Ends the span of a push; a refusal says under which trace it is found. */
export function pushAnswered(
  span: Span,
  { space, changes, bytes }: PushFacts,
  result: PushResult,
): PushResult {
  span.tell({ space: nameHash(space), changes, bytes });
  if (result.kind === 'refused') span.fail(result.refusal.reason);
  span.end();
  return result.kind === 'refused'
    ? { kind: 'refused', refusal: refusedInTrace(result.refusal, span.traceparent) }
    : result;
}
