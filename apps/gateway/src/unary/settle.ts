import { type Answer, type Reason, refused } from '@syncline/core';
import { Unavailable } from '@syncline/ports';
import { traceFacts } from '@syncline/telemetry';
import type { GatewayDeps } from '../gateway-deps';
import { refusedInTrace } from '../tracing/refused-in-trace';
import type { CallContext } from './methods';

export type SettleDeps = Pick<GatewayDeps, 'clock' | 'metrics' | 'log'>;

const AGAIN_AFTER_MS = 1_000;

/** Runs a call to an answer, whatever happens: what cannot be reached is a refusal, a fault is one that tells nothing. */
export function settleCall({ clock, metrics, log }: SettleDeps) {
  return async <Value>(
    method: string,
    call: () => Promise<Answer<Value>>,
    context: Pick<CallContext, 'trace'>,
  ): Promise<Answer<Value>> => {
    const startedMs = clock.nowMs();
    const answer = await call().catch((error: unknown): Answer<Value> => {
      const trace = traceFacts({ traceparent: context.trace });
      if (error instanceof Unavailable) {
        log.warn('a call could not be served', { method, ...trace, error });
        return refused('UNAVAILABLE', { retryAfterMs: AGAIN_AFTER_MS });
      }
      log.error('a call failed', { method, ...trace, error });
      return refused('INTERNAL');
    });
    const reason: Reason | 'OK' = answer.ok ? 'OK' : answer.refusal.reason;
    metrics.called(method, reason, Math.max(0, clock.nowMs() - startedMs));
    return answer.ok ? answer : { ok: false, refusal: refusedInTrace(answer.refusal, context.trace) };
  };
}
