import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Real servers and services as processes, to be killed and started from here. They end with this process. */
export interface Stack {
  readonly postgresUrl: string;
  readonly natsUrl: string;
  readonly tokenSecret: string;
  /** Of our services: `gateway-1`, `merge-2` and so on. */
  readonly services: readonly string[];
  address(service: string): Addresses;
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  start(name: string): Promise<void>;
  /** In an orderly way: a service drains. */
  stop(name: string): Promise<void>;
  /** All that NATS or Redis kept is gone. */
  wipe(name: 'nats' | 'redis'): Promise<void>;
  /** Of a server or service; null where it does not run, or in a container. */
  pid(name: string): Promise<number | null>;
  /** What the services wrote to their logs, the newest lines last. */
  log(): readonly string[];
  close(): Promise<void>;
}

export interface Addresses {
  readonly grpc: string;
  readonly http?: string;
  readonly ops: string;
}

export interface StackOptions {
  readonly counts?: { readonly gateway: number; readonly merge: number; readonly delta: number };
  /** Settings of all services, or of the instances of one. */
  readonly env?: Partial<Record<'all' | 'gateway' | 'merge' | 'delta', Readonly<Record<string, string>>>>;
  /** Nobody is too fast for the gateways. */
  readonly forLoad?: boolean;
}

interface Ready {
  readonly ready: true;
  readonly urls: { readonly postgres: string; readonly nats: string };
  readonly tokenSecret: string;
  readonly addresses: Readonly<Record<string, Addresses>>;
}

interface Done {
  readonly id: number;
  readonly pid?: number | null;
  readonly error?: string;
}

const CONTROL = 'tools/stack/control.mjs';
const LOG_LINES_MAX = 20_000;

const PAIRS = { gateway: 2, merge: 2, delta: 2 };

export async function startStack({
  counts = PAIRS,
  env = {},
  forLoad = false,
}: StackOptions = {}): Promise<Stack> {
  const root = rootFolder(__dirname);
  const child = spawn(
    process.execPath,
    [path.join(root, CONTROL), JSON.stringify({ counts, env, forLoad })],
    {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line);
    if (log.length > LOG_LINES_MAX) log.shift();
  });
  const orders = newOrders(child);
  const ready = await orders.ready.catch((error: Error) => {
    throw new Error(`${error.message}\n${log.slice(-60).join('\n')}`);
  });
  const order = async (name: string, what: string, more: object = {}): Promise<void> => {
    await orders.give({ do: what, name, ...more });
  };
  return {
    postgresUrl: ready.urls.postgres,
    natsUrl: ready.urls.nats,
    tokenSecret: ready.tokenSecret,
    services: Object.keys(ready.addresses),
    address: (service) => ready.addresses[service]!,
    kill: (name, signal = 'SIGKILL') => order(name, 'kill', { signal }),
    start: (name) => order(name, 'start'),
    stop: (name) => order(name, 'stop'),
    wipe: (name) => order(name, 'wipe'),
    pid: async (name) => (await orders.give({ do: 'pid', name })).pid ?? null,
    log: () => log,
    close: () => orders.end(),
  };
}

/** The same from source and from a bundle, which lies in a folder of the workspace. */
export function rootFolder(from: string): string {
  if (existsSync(path.join(from, CONTROL))) return from;
  const above = path.dirname(from);
  if (above === from) throw new Error(`${CONTROL} is in no folder above`);
  return rootFolder(above);
}

function newOrders(child: ChildProcess) {
  const open = new Map<number, (done: Done) => void>();
  let count = 0;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<Ready>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const said = JSON.parse(line) as Ready | Done;
      if ('ready' in said) resolve(said);
      else open.get(said.id)?.(said);
    });
    child.once('exit', (code) => {
      reject(new Error(`the stack did not start: its control ended with ${code}`));
      for (const [id, tell] of open) tell({ id, error: 'the control of the stack has ended' });
    });
  });
  return {
    ready,
    give(command: object): Promise<Done> {
      const id = ++count;
      return new Promise((resolve, reject) => {
        open.set(id, (done) => {
          open.delete(id);
          if (done.error === undefined) resolve(done);
          else reject(new Error(done.error));
        });
        child.stdin!.write(`${JSON.stringify({ id, ...command })}\n`);
      });
    },
    async end(): Promise<void> {
      child.stdin!.end();
      await ended;
    },
  };
}
