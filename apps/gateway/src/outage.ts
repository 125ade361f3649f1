import type { Log } from '@syncline/telemetry';
import type { GatewayMetrics, GatewayPart } from './gateway-metrics';

/** Something that a gateway can do without for a while: counted each time, told once when it begins and once when it ends. */
export interface Outage {
  /** The answer, or what to go on with instead. */
  readonly or: <Value>(work: Promise<Value>, instead: Value) => Promise<Value>;
}

export function outage(
  part: GatewayPart,
  { metrics, log }: { readonly metrics: GatewayMetrics; readonly log: Log },
): Outage {
  let out = false;
  return {
    async or(work, instead) {
      try {
        const value = await work;
        // Where several ask for the same part, the one that failed may not ask again for long.
        metrics.restored(part);
        if (out) log.info('a part of the service is back', { part });
        out = false;
        return value;
      } catch (error) {
        metrics.degraded(part);
        if (!out) log.warn('a part of the service cannot be used for now', { part, error });
        out = true;
        return instead;
      }
    },
  };
}
