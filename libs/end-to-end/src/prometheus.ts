import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const PROGRAM = 'tools/services/prometheus.mjs';

/** A value of an instant query with its labels. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface LoadedRule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A real Prometheus, which scrapes every second and knows the rules of the installation. It ends with this process. */
export interface Prometheus {
  /** Rejects with what Prometheus says where it does not understand the expression, or where that gives no vector. */
  query(expression: string): Promise<readonly Sample[]>;
  rules(): Promise<readonly LoadedRule[]>;
  /** Of all series that it has. */
  names(): Promise<readonly string[]>;
  /** Labels of the exemplars behind an expression, of the last minutes. */
  exemplars(expression: string): Promise<readonly Readonly<Record<string, string>>[]>;
  close(): Promise<void>;
}

export async function startPrometheus(
  root: string,
  scraped: { readonly targets: Readonly<Record<string, readonly string[]>>; readonly rules: string },
): Promise<Prometheus> {
  const child = spawn('node', [PROGRAM, 'start', JSON.stringify(scraped)], { cwd: root });
  const url = await firstLine(child);
  const ask = async <Data>(path: string): Promise<Data> => {
    const response = await fetch(`${url}/api/v1/${path}`);
    const { status, error, data } = (await response.json()) as Answer<Data>;
    if (status !== 'success') throw new Error(`${decodeURIComponent(path)}: ${error}`);
    return data;
  };
  return {
    async query(expression) {
      const found = await ask<Found>(`query?query=${encodeURIComponent(expression)}`);
      if (found.resultType !== 'vector') throw new Error(`${expression} gives a ${found.resultType}`);
      return found.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    rules: async () => {
      const { groups } = await ask<{ groups: { rules: LoadedRule[] }[] }>('rules');
      return groups.flatMap(({ rules }) => rules);
    },
    names: () => ask('label/__name__/values'),
    async exemplars(expression) {
      const query = `query_exemplars?query=${encodeURIComponent(expression)}&start=0&end=9999999999`;
      const found = await ask<{ exemplars: { labels: Record<string, string> }[] }[]>(query);
      return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await ended;
    },
  };
}

/** Runs promtool; gives its exit code and what it said. */
export async function promtool(
  root: string,
  ...args: string[]
): Promise<{ code: number | null; said: string }> {
  const child = spawn('node', [PROGRAM, 'promtool', ...args], { cwd: root });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

interface Answer<Data> {
  readonly status: string;
  readonly error?: string;
  readonly data: Data;
}

interface Found {
  readonly resultType: string;
  readonly result: readonly { metric: Record<string, string>; value: readonly [number, string] }[];
}

function firstLine(child: ChildProcess): Promise<string> {
  let complained = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complained += text));
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`Prometheus ended with ${code}: ${complained}`)));
  });
}
