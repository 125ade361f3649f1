import type { Refusal } from '@syncline/core';
import { traceFacts } from '@syncline/telemetry';

/** Says under which trace it is found, if any: a W3C traceparent. What is known already is closer to the cause. */
export function refusedInTrace(refused: Refusal, traceparent: string): Refusal {
  return { ...traceFacts({ traceparent }), ...refused };
}
