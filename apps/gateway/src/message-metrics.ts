import type { Priority, Reason, TenantId } from '@syncline/core';
import type { KeptCounter, Metrics } from '@syncline/telemetry';
import type { TenantMetrics } from './tenant-metrics';

export interface MessageMetrics {
  /** A message to a device, by its kind, and its bytes on the wire. */
  sent(kind: string, priority: Priority, bytes: number, tenant: TenantId | null): void;
  /** A message of a device, by its kind; `unreadable` for what is none. */
  received(kind: string, bytes: number, tenant: TenantId | null): void;
  refused(reason: Reason, tenant: TenantId | null): void;
  pageEncoded(how: 'plain' | 'packed'): void;
  /** Content of artifacts that came from a device, or went to one. */
  artifactBytes(way: 'in' | 'out', bytes: number): void;
}

export function messageMetrics(metrics: Metrics, tenants: TenantMetrics): MessageMetrics {
  const refusals = metrics.counter({
    name: 'gateway_refusals_total',
    help: 'Refusals on sessions, by reason.',
    labels: ['reason'],
  });
  const encoded = metrics.counter({
    name: 'gateway_pages_encoded_total',
    help: 'Pages that were encoded; many more may be sent.',
    labels: ['how'],
  });
  const artifacts = metrics.counter({
    name: 'gateway_artifact_bytes_total',
    help: 'Bytes of artifacts, from devices and to them.',
    labels: ['way'],
  });
  for (const how of ['plain', 'packed']) encoded.add({ how }, 0);
  for (const way of ['in', 'out']) artifacts.add({ way }, 0);
  const sentOf = sentCounters(metrics);
  const receivedOf = receivedCounters(metrics);
  return {
    sent(kind, priority, bytes, tenant) {
      const [messages, bytesOfThem] = sentOf(priority, kind);
      messages.add();
      bytesOfThem.add(bytes);
      if (tenant !== null) tenants.of(tenant).sentBytes.add(bytes);
    },
    received(kind, bytes, tenant) {
      const [messages, bytesOfThem] = receivedOf('received', kind);
      messages.add();
      bytesOfThem.add(bytes);
      if (tenant !== null) tenants.of(tenant).receivedBytes.add(bytes);
    },
    refused(reason, tenant) {
      refusals.add({ reason });
      if (tenant !== null) tenants.of(tenant).refusals.add();
    },
    pageEncoded: (how) => encoded.add({ how }),
    artifactBytes: (way, count) => artifacts.add({ way }, count),
  };
}

type MessageCounters = readonly [messages: KeptCounter, bytes: KeptCounter];

function sentCounters(metrics: Metrics) {
  const sent = metrics.counter({
    name: 'gateway_messages_sent_total',
    help: 'Messages to devices, by kind and priority.',
    labels: ['kind', 'priority'],
  });
  const bytes = metrics.counter({
    name: 'gateway_sent_bytes_total',
    help: 'Bytes of messages to devices, by kind.',
    labels: ['kind'],
  });
  return countersFor<Priority>((priority, kind) => [sent.kept({ kind, priority }), bytes.kept({ kind })]);
}

function receivedCounters(metrics: Metrics) {
  const received = metrics.counter({
    name: 'gateway_messages_received_total',
    help: 'Messages of devices, by kind.',
    labels: ['kind'],
  });
  const bytes = metrics.counter({
    name: 'gateway_received_bytes_total',
    help: 'Bytes of messages of devices, by kind.',
    labels: ['kind'],
  });
  return countersFor<'received'>((_, kind) => [received.kept({ kind }), bytes.kept({ kind })]);
}

/** Every message is counted, so the labels of its counters are put together only once. */
function countersFor<Group extends string>(
  make: (group: Group, kind: string) => MessageCounters,
): (group: Group, kind: string) => MessageCounters {
  const groups = new Map<Group, Map<string, MessageCounters>>();
  return (group, kind) => {
    const known = groups.get(group)?.get(kind);
    if (known !== undefined) return known;
    const made = make(group, kind);
    groups.set(group, (groups.get(group) ?? new Map<string, MessageCounters>()).set(kind, made));
    return made;
  };
}
