import { type Metrics, type OperatedMetrics, operatedMetrics } from '@syncline/telemetry';
import { type DeliveryMetrics, deliveryMetrics } from './delivery-metrics';
import { type MessageMetrics, messageMetrics } from './message-metrics';
import { type SessionMetrics, sessionMetrics } from './session-metrics';
import { type SyncMetrics, syncMetrics } from './syncs/sync-metrics';
import { tenantMetrics } from './tenant-metrics';

/** What a gateway goes on without, for a while. */
const PARTS = ['sessions', 'presence', 'rates', 'heads', 'access'] as const;
export type GatewayPart = (typeof PARTS)[number];

/** What a gateway counts. Labels hold only what there are few of: never an id of a space, user or device. */
export interface GatewayMetrics
  extends MessageMetrics, SessionMetrics, DeliveryMetrics, SyncMetrics, OperatedMetrics {
  /** It goes on without a part from now on, or still does. */
  degraded(part: GatewayPart): void;
  /** The part is back. */
  restored(part: GatewayPart): void;
}

export function gatewayMetrics(metrics: Metrics): GatewayMetrics {
  const tenants = tenantMetrics(metrics);
  return {
    ...operatedMetrics(metrics),
    ...messageMetrics(metrics, tenants),
    ...sessionMetrics(metrics, tenants),
    ...deliveryMetrics(metrics, tenants),
    ...syncMetrics(metrics),
    ...partMetrics(metrics),
  };
}

function partMetrics(metrics: Metrics): Pick<GatewayMetrics, 'degraded' | 'restored'> {
  const times = metrics.counter<'part'>({
    name: 'gateway_degraded_total',
    help: 'Times that the gateway went on without a part.',
    labels: ['part'],
  });
  const away = metrics.gauge<'part'>({
    name: 'gateway_part_away',
    help: 'Whether the gateway goes on without a part for now: 1 or 0. What it shares by Redis are sessions, presence and rates.',
    labels: ['part'],
  });
  for (const part of PARTS) {
    times.add({ part }, 0);
    away.set({ part }, 0);
  }
  return {
    degraded(part) {
      times.add({ part });
      away.set({ part }, 1);
    },
    restored: (part) => away.set({ part }, 0),
  };
}
