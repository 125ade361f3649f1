import type { Answer } from '@syncline/core';
import type { Span } from '@syncline/telemetry';

/** Ends the span of a call when it is answered, whichever way. */
export async function inSpan<Value>(
  span: Span | null,
  call: () => Promise<Answer<Value>>,
): Promise<Answer<Value>> {
  if (span === null) return call();
  try {
    const answer = await call();
    if (!answer.ok) span.fail(answer.refusal.reason);
    return answer;
  } catch (error) {
    span.fail('INTERNAL');
    throw error;
  } finally {
    span.end();
  }
}
