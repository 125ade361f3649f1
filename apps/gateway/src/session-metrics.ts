import type { TenantId } from '@syncline/core';
import type { Metrics } from '@syncline/telemetry';
import type { TenantMetrics } from './tenant-metrics';

export type Transport = 'grpc' | 'websocket';

export interface SessionMetrics {
  sessionOpened(transport: Transport): void;
  sessionClosed(transport: Transport): void;
  slowConsumer(): void;
  /** By how much a device's clock was ahead at its Hello; below 0 it was behind. */
  skewed(skewMs: number): void;
  /** What only the sessions know, asked whenever somebody looks. */
  watch(gauges: SessionGauges): void;
}

export interface SessionGauges {
  /** Bytes that wait for devices to take them. */
  readonly unsentBytes: () => number;
  readonly spacesWatched: () => number;
  /** All that are open. */
  readonly sessions: () => Iterable<SessionReading>;
}

export interface SessionReading {
  /** Null as long as it is not known whose it is. */
  readonly tenant: TenantId | null;
  /** The share of its send window that is used; from 1 on, nothing more is read for it. */
  readonly windowUsed: number;
}

const SKEW_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400];

export function sessionMetrics(metrics: Metrics, tenants: TenantMetrics): SessionMetrics {
  const open = metrics.gauge<'transport'>({
    name: 'gateway_sessions_open',
    help: 'Sessions that are open.',
    labels: ['transport'],
  });
  const slow = metrics.counter({
    name: 'gateway_slow_consumers_total',
    help: 'Sessions and downloads that ended because the device took nothing.',
  });
  const skew = metrics.histogram<'clock'>({
    name: 'gateway_device_skew',
    unit: 'seconds',
    help: 'By how much the clocks of devices were off at their Hello, by whether they were ahead or behind.',
    labels: ['clock'],
    buckets: SKEW_SECONDS,
  });
  return {
    sessionOpened: (transport) => open.add({ transport }),
    sessionClosed: (transport) => open.add({ transport }, -1),
    slowConsumer: () => slow.add({}),
    skewed: (skewMs) => skew.observe({ clock: skewMs < 0 ? 'behind' : 'ahead' }, Math.abs(skewMs) / 1_000),
    watch: watchedMetrics(metrics, tenants),
  };
}

function watchedMetrics(metrics: Metrics, tenants: TenantMetrics): SessionMetrics['watch'] {
  const unsent = metrics.watched({
    name: 'gateway_unsent_bytes',
    help: 'Bytes that wait for devices.',
  });
  const watched = metrics.watched({
    name: 'gateway_spaces_watched',
    help: 'Spaces with a session here.',
  });
  const windowMax = metrics.watched({
    name: 'gateway_send_window_used_ratio',
    help: 'The used share of the send window of the session that uses most of its own.',
  });
  const heldUp = metrics.watched({
    name: 'gateway_sessions_held_up',
    help: 'Sessions that are not listened to because their send window is full.',
  });
  const ofTenants = metrics.watched<'tenant'>({
    name: 'tenant_sessions_open',
    help: 'Sessions that are open, by tenant.',
    labels: ['tenant'],
  });
  return ({ unsentBytes, spacesWatched, sessions }) => {
    unsent.by(unsentBytes);
    watched.by(spacesWatched);
    windowMax.by(() => {
      let most = 0;
      for (const { windowUsed } of sessions()) most = Math.max(most, windowUsed);
      return most;
    });
    heldUp.by(() => {
      let count = 0;
      for (const { windowUsed } of sessions()) if (windowUsed >= 1) count++;
      return count;
    });
    ofTenants.by(() => {
      const counts = new Map<string, number>();
      for (const { tenant } of sessions()) {
        if (tenant === null) continue;
        const name = tenants.named(tenant);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return [...counts].map(([tenant, value]) => ({ labels: { tenant }, value }));
    });
  };
}
