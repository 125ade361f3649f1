import type { AccessChange, AccessNews } from '@syncline/ports';
import { testServices } from '@syncline/port-contracts';
import { Client } from 'pg';
import { migrate } from './migrate';
import { openPostgres } from './pool';
import type { Sql } from './sql';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  readonly sql: Sql;
  /** Closes the connections and drops the database. */
  readonly close: () => Promise<void>;
}

const made = { count: 0 };

/** A database of its own, so that no other run is met. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const name = `test_${process.pid}_${++made.count}`;
  await onServer(async (client) => {
    // A run that was killed may have left one, and its process id be ours now.
    await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`create database ${name}`);
  });
  const url = new URL(testServices().postgresUrl);
  url.pathname = `/${name}`;
  const sql = openPostgres({ url: url.href });
  return {
    name,
    url: url.href,
    sql,
    close: async () => {
      await sql.close();
      await onServer((client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

export async function testDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase();
  await migrate(database.sql);
  return database;
}

async function onServer(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: testServices().postgresUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Told to whoever listens in this process. */
export function newsInProcess(): AccessNews {
  const listening = new Set<(change: AccessChange) => void>();
  return {
    async publish(change) {
      for (const listener of [...listening]) listener(change);
    },
    listen(listener) {
      listening.add(listener);
      return () => void listening.delete(listener);
    },
  };
}
