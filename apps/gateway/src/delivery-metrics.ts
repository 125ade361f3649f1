import type { Reason, TenantId } from '@syncline/core';
import type { Metrics } from '@syncline/telemetry';
import type { TenantMetrics } from './tenant-metrics';

/** A push that was answered. */
export interface AnsweredPush {
  /** Null for one that has its outcomes. */
  readonly refused: Reason | null;
  readonly changes: number;
  readonly tookMs: number;
  readonly tenant: TenantId;
  /** W3C traceparent of its trace; empty for none. */
  readonly traceparent: string;
}

/** How long changes are on their way, in each part of it. */
export interface DeliveryMetrics {
  pushed(push: AnsweredPush): void;
  /** A call outside of a session. */
  called(method: string, reason: Reason | 'OK', tookMs: number): void;
  /** An announcement came, with entries or without; unread where nobody here wants to know. */
  announced(entries: 'with' | 'without' | 'unread'): void;
  /** So long after the commit. */
  announcementCame(lagMs: number): void;
  /** Everyone here who reads the space was told, so long after the commit. */
  delivered(tookMs: number, traceparent: string): void;
  /** The first of the devices that were told, or the last of them, says that it has stored what was committed. */
  acknowledged(which: 'first' | 'last', tookMs: number): void;
  /** The poll of heads found what no announcement had told. */
  announcementMissed(): void;
}

export function deliveryMetrics(metrics: Metrics, tenants: TenantMetrics): DeliveryMetrics {
  return { ...answerMetrics(metrics, tenants), ...announcementMetrics(metrics) };
}

type PushEnd = 'outcomes' | 'refused' | 'failed';

/** Refusals that no device brought about. */
const FAILURES: ReadonlySet<Reason> = new Set(['UNAVAILABLE', 'INTERNAL', 'DEADLINE_EXCEEDED']);

function endOf(refused: Reason | null): PushEnd {
  if (refused === null) return 'outcomes';
  return FAILURES.has(refused) ? 'failed' : 'refused';
}

function answerMetrics(metrics: Metrics, tenants: TenantMetrics): Pick<DeliveryMetrics, 'pushed' | 'called'> {
  const pushes = metrics.counter<'result'>({
    name: 'gateway_pushes_total',
    help: 'Pushes that were answered, by result: outcomes, refused, or failed where that was not up to the device.',
    labels: ['result'],
  });
  const changes = metrics.counter<'result'>({
    name: 'gateway_changes_total',
    help: 'Changes in answered pushes, by result.',
    labels: ['result'],
  });
  const took = metrics.histogram<'result'>({
    name: 'gateway_push',
    unit: 'seconds',
    help: 'Sync latency: from a push to its answer, when its changes are accepted or refused.',
    labels: ['result'],
  });
  const calls = metrics.histogram<'method' | 'reason'>({
    name: 'gateway_call',
    unit: 'seconds',
    help: 'Calls outside of sessions, by method and reason of refusal.',
    labels: ['method', 'reason'],
  });
  const counted = (result: PushEnd) => {
    // Told from the beginning, so that the first failure of all is seen to be more than none.
    pushes.add({ result }, 0);
    changes.add({ result }, 0);
    return {
      pushes: pushes.kept({ result }),
      changes: changes.kept({ result }),
      took: took.kept({ result }),
    };
  };
  const by: Readonly<Record<PushEnd, ReturnType<typeof counted>>> = {
    outcomes: counted('outcomes'),
    refused: counted('refused'),
    failed: counted('failed'),
  };
  return {
    pushed({ refused, changes: count, tookMs, tenant, traceparent }) {
      const own = by[endOf(refused)];
      own.pushes.add();
      own.changes.add(count);
      own.took.observe(tookMs / 1_000, traceparent);
      const ofTenant = tenants.of(tenant);
      ofTenant.pushes.add();
      if (refused === null) ofTenant.changes.add(count);
    },
    called: (method, reason, tookMs) => calls.observe({ method, reason }, tookMs / 1_000),
  };
}

function announcementMetrics(metrics: Metrics): Omit<DeliveryMetrics, 'pushed' | 'called'> {
  const announcements = metrics.counter<'entries'>({
    name: 'gateway_announcements_total',
    help: 'Announcements, by whether entries came with them; unread where no session here reads the space.',
    labels: ['entries'],
  });
  const missed = metrics.counter({
    name: 'gateway_announcements_missed_total',
    help: 'Spaces whose move only the poll of heads found.',
  });
  const lag = metrics
    .histogram({
      name: 'gateway_announcement_lag',
      unit: 'seconds',
      help: 'From the commit of a change until its announcement comes to a gateway, by the clocks of both.',
    })
    .kept({});
  const delivered = metrics
    .histogram({
      name: 'gateway_delivered',
      unit: 'seconds',
      help: 'Sync latency: from the commit of a change until all sessions of the space on this gateway were told of it; one for each announcement, however many sessions.',
    })
    .kept({});
  const acknowledged = metrics.histogram<'which'>({
    name: 'gateway_acknowledged',
    unit: 'seconds',
    help: 'Sync latency: from the commit of a change until the first device that was told has stored it, and until the last has; of each space, one announcement at a time is followed.',
    labels: ['which'],
  });
  for (const entries of ['with', 'without', 'unread'] as const) announcements.add({ entries }, 0);
  return {
    announced: (entries) => announcements.add({ entries }),
    announcementCame: (lagMs) => lag.observe(lagMs / 1_000),
    delivered: (tookMs, traceparent) => delivered.observe(tookMs / 1_000, traceparent),
    acknowledged: (which, tookMs) => acknowledged.observe({ which }, tookMs / 1_000),
    announcementMissed: () => missed.add({}),
  };
}
