import type { Answer } from '@syncline/core';
import { Unavailable } from '@syncline/ports';
import type { Span } from '@syncline/telemetry';
import type { CallContext } from '../unary/methods';

/** Ends the span of a call when it is answered, whichever way. From then on it is where the call is found. */
export async function inSpan<Value>(
  span: Span | null,
  context: Pick<CallContext, 'trace'>,
  call: () => Promise<Answer<Value>>,
): Promise<Answer<Value>> {
  if (span === null) return call();
  context.trace = span.traceparent;
  try {
    const answer = await call();
    if (!answer.ok) span.fail(answer.refusal.reason);
    return answer;
  } catch (error) {
    span.fail(error instanceof Unavailable ? 'UNAVAILABLE' : 'INTERNAL');
    throw error;
  } finally {
    span.end();
  }
}
