import type { Priority, Reason } from '@syncline/core';
import type { KeptCounter, Metrics } from '@syncline/telemetry';

export type Transport = 'grpc' | 'websocket';
/** What a gateway goes on without, for a while. */
export type GatewayPart = 'sessions' | 'presence' | 'rates' | 'heads' | 'access';

/** What a gateway counts. Labels hold only what there are few of: never an id of a tenant, space, user or device. */
export interface GatewayMetrics {
  sessionOpened(transport: Transport): void;
  sessionClosed(transport: Transport): void;
  /** A message to a device, by its kind, and its bytes on the wire. */
  sent(kind: string, priority: Priority, bytes: number): void;
  /** A message of a device, by its kind; `unreadable` for what is none. */
  received(kind: string, bytes: number): void;
  refused(reason: Reason): void;
  pageEncoded(how: 'plain' | 'packed'): void;
  /** A push was answered: how it went, its changes, and how long that took. */
  pushed(result: 'outcomes' | 'refused', changes: number, tookMs: number): void;
  /** A call outside of a session. */
  called(method: string, reason: Reason | 'OK', tookMs: number): void;
  /** Content of artifacts that came from a device, or went to one. */
  artifactBytes(way: 'in' | 'out', bytes: number): void;
  slowConsumer(): void;
  /** An announcement came, with entries or without; unread where nobody here wants to know. */
  announced(entries: 'with' | 'without' | 'unread'): void;
  /** The poll of heads found what no announcement had told. */
  announcementMissed(): void;
  degraded(part: GatewayPart): void;
  /** What only the sessions know, asked whenever somebody looks. */
  watch(gauges: GatewayGauges): void;
}

export interface GatewayGauges {
  /** Bytes that wait for devices to take them. */
  readonly unsentBytes: () => number;
  readonly spacesWatched: () => number;
}

export function gatewayMetrics(metrics: Metrics): GatewayMetrics {
  const counter = countersOf(metrics);
  const refusals = counter('refusals_total', 'Refusals on sessions, by reason.', ['reason']);
  const encoded = counter('pages_encoded_total', 'Pages that were encoded; many more may be sent.', ['how']);
  const pushes = counter('pushes_total', 'Pushes that were answered, by result.', ['result']);
  const changes = counter('changes_total', 'Changes in answered pushes, by result.', ['result']);
  const pushTime = metrics.histogram<'result'>({
    name: 'gateway_push',
    unit: 'seconds',
    help: 'From a push to its answer.',
    labels: ['result'],
  });
  const callTime = metrics.histogram<'method' | 'reason'>({
    name: 'gateway_call',
    unit: 'seconds',
    help: 'Calls outside of sessions, by method and reason of refusal.',
    labels: ['method', 'reason'],
  });
  const slow = counter(
    'slow_consumers_total',
    'Sessions and downloads that ended because the device took nothing.',
  );
  const announcements = counter(
    'announcements_total',
    'Announcements, by whether entries came with them; unread where no session here reads the space.',
    ['entries'],
  );
  const missed = counter('announcements_missed_total', 'Spaces whose move only the poll of heads found.');
  const degraded = counter('degraded_total', 'Times that the gateway went on without a part.', ['part']);

  return {
    ...messageMetrics(metrics),
    ...sessionMetrics(metrics),
    ...artifactMetrics(metrics),
    refused: (reason) => refusals.add({ reason }),
    pageEncoded: (how) => encoded.add({ how }),
    pushed(result, count, tookMs) {
      pushes.add({ result });
      changes.add({ result }, count);
      pushTime.observe({ result }, tookMs / 1_000);
    },
    called: (method, reason, tookMs) => callTime.observe({ method, reason }, tookMs / 1_000),
    slowConsumer: () => slow.add({}),
    announced: (entries) => announcements.add({ entries }),
    announcementMissed: () => missed.add({}),
    degraded: (part) => degraded.add({ part }),
    watch({ unsentBytes, spacesWatched }) {
      metrics.watched({ name: 'gateway_unsent_bytes', help: 'Bytes that wait for devices.' }, unsentBytes);
      metrics.watched({ name: 'gateway_spaces_watched', help: 'Spaces with a session here.' }, spacesWatched);
    },
  };
}

function countersOf(metrics: Metrics) {
  return <Label extends string = never>(name: `${string}_total`, help: string, labels: Label[] = []) =>
    metrics.counter<Label>({ name: `gateway_${name}`, help, labels });
}

function messageMetrics(metrics: Metrics): Pick<GatewayMetrics, 'sent' | 'received'> {
  const counter = countersOf(metrics);
  const sent = counter('messages_sent_total', 'Messages to devices, by kind and priority.', [
    'kind',
    'priority',
  ]);
  const sentBytes = counter('sent_bytes_total', 'Bytes of messages to devices, by kind.', ['kind']);
  const received = counter('messages_received_total', 'Messages of devices, by kind.', ['kind']);
  const sentOf = countersFor<Priority>((priority, kind) => [
    sent.kept({ kind, priority }),
    sentBytes.kept({ kind }),
  ]);
  const receivedBytes = counter('received_bytes_total', 'Bytes of messages of devices, by kind.', ['kind']);
  const receivedOf = countersFor<'received'>((_, kind) => [
    received.kept({ kind }),
    receivedBytes.kept({ kind }),
  ]);
  return {
    sent(kind, priority, bytes) {
      const [messages, bytesOfThem] = sentOf(priority, kind);
      messages.add();
      bytesOfThem.add(bytes);
    },
    received(kind, bytes) {
      const [messages, bytesOfThem] = receivedOf('received', kind);
      messages.add();
      bytesOfThem.add(bytes);
    },
  };
}

type MessageCounters = readonly [messages: KeptCounter, bytes: KeptCounter];

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

function sessionMetrics(metrics: Metrics): Pick<GatewayMetrics, 'sessionOpened' | 'sessionClosed'> {
  const open = metrics.gauge<'transport'>({
    name: 'gateway_sessions_open',
    help: 'Sessions that are open.',
    labels: ['transport'],
  });
  return {
    sessionOpened: (transport) => open.add({ transport }),
    sessionClosed: (transport) => open.add({ transport }, -1),
  };
}

function artifactMetrics(metrics: Metrics): Pick<GatewayMetrics, 'artifactBytes'> {
  const bytes = metrics.counter<'way'>({
    name: 'gateway_artifact_bytes_total',
    help: 'Bytes of artifacts, from devices and to them.',
    labels: ['way'],
  });
  return { artifactBytes: (way, count) => bytes.add({ way }, count) };
}
