import { openOffice, sign, type Stack, startStack } from '@syncline/end-to-end';
import { systemClock } from '@syncline/memory';
import { Client } from 'pg';
import { memoryTeller } from './held-memory';

/** The services on real servers, with rates that no load here reaches: what is measured is work, not manners. */
export interface BenchStack {
  readonly stack: Stack;
  /** Of a user who owns the space. */
  readonly tokenFor: (space: string) => string;
  readonly gateway: string;
  readonly postgresUrl: string;
  /** A fresh one under a name that no row used before. */
  newSpace(about: string): Promise<string>;
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** What the gateway holds in memory once all garbage is collected. */
  readonly gatewayBytes: () => Promise<number>;
  close(): Promise<void>;
}

export interface BenchStackOptions {
  readonly gateways?: number;
  /** Of all services. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startBenchStack({
  gateways = 1,
  env = {},
}: BenchStackOptions = {}): Promise<BenchStack> {
  const memory = await memoryTeller();
  const stack = await startStack({
    counts: { gateway: gateways, merge: 1, delta: 1 },
    // Of several, none would know which of them is asked.
    env: { all: env, gateway: gateways === 1 ? memory.env : {} },
    forLoad: true,
  });
  const database = new Client({ connectionString: stack.postgresUrl });
  await database.connect();
  const office = openOffice(stack);
  let spaces = 0;
  return {
    stack,
    tokenFor: (space) => sign(stack.tokenSecret, systemClock(), { sub: 'ada', spaces: { [space]: 'owner' } }),
    gateway: stack.address('gateway-1').grpc,
    postgresUrl: stack.postgresUrl,
    async newSpace(about) {
      const space = `${about}-${++spaces}`;
      await office.createSpace(space);
      return space;
    },
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const { rows } = await database.query(text, [...values]);
      return rows as Row[];
    },
    gatewayBytes: memory.heldBytes,
    async close() {
      await database.end();
      await stack.close();
    },
  };
}
