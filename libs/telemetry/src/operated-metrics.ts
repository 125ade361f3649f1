import type { Metrics } from './metrics';

/** How the connections to Postgres are used. */
export interface PoolUse {
  /** Whether what was asked last reached it. */
  readonly reached: boolean;
  readonly open: number;
  readonly idle: number;
  readonly openMax: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
}

export interface WatchedServers {
  readonly postgres: () => PoolUse;
  /** Of the other servers, by name, whether the connection is up. */
  readonly others: Readonly<Record<string, () => boolean>>;
}

/** What every service tells of itself, whatever it does: what it stands on, and what it holds others to. */
export interface OperatedMetrics {
  watchServers(servers: WatchedServers): void;
  /** By names that say the unit, such as `message_bytes_max`. */
  limitsInForce(limits: Iterable<readonly [name: string, value: number]>): void;
}

export function operatedMetrics(metrics: Metrics): OperatedMetrics {
  const up = metrics.watched<'server'>({
    name: 'server_up',
    help: 'Whether Postgres, NATS or Redis can be reached from here: 1 or 0. Of Postgres as of what was asked last',
    labels: ['server'],
  });
  const connections = metrics.watched<'state'>({
    name: 'postgres_connections',
    help: 'Connections to Postgres, used and idle',
    labels: ['state'],
  });
  const connectionsMax = metrics.watched({
    name: 'postgres_connections_max',
    help: 'Connections to Postgres that may be open',
  });
  const waiting = metrics.watched({
    name: 'postgres_calls_waiting',
    help: 'Calls that wait for a connection to Postgres',
  });
  const limit = metrics.gauge<'limit'>({
    name: 'limit',
    help: 'Limits in force, each in the unit that its name tells',
    labels: ['limit'],
  });
  return {
    watchServers({ postgres, others }) {
      up.by(() => [
        { labels: { server: 'postgres' }, value: Number(postgres().reached) },
        ...Object.entries(others).map(([server, isUp]) => ({ labels: { server }, value: Number(isUp()) })),
      ]);
      connections.by(() => {
        const { open, idle } = postgres();
        return [
          { labels: { state: 'used' }, value: open - idle },
          { labels: { state: 'idle' }, value: idle },
        ];
      });
      connectionsMax.by(() => postgres().openMax);
      waiting.by(() => postgres().waiting);
    },
    limitsInForce(limits) {
      for (const [name, value] of limits) limit.set({ limit: name }, value);
    },
  };
}
