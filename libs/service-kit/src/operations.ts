import { type Address, addressText } from './addresses';
import type { KitLog } from './kit-log';
import type { Lifecycle } from './lifecycle';
import { type Loudness, opsServer, type OpsServerOptions } from './ops-server';
import { type Readiness, readiness, type ReadyPart } from './readiness';

export interface OperationsOptions {
  readonly address: Address;
  /** Without which the program cannot do its work. */
  readonly needs: readonly ReadyPart[];
  readonly metrics: OpsServerOptions['metrics'];
  readonly log: KitLog & { readonly loudness: Loudness };
  readonly parts: Lifecycle;
}

export interface Operations {
  readonly readiness: Readiness;
  /** Where it listens, the real port included. */
  readonly ops: string;
}

/** What operators look at, from early in the start until late in the end. */
export async function startOperations(options: OperationsOptions): Promise<Operations> {
  const { address, needs, metrics, log, parts } = options;
  const ready = parts.add('readiness', readiness({ parts: needs, log }));
  const server = parts.add('ops', opsServer({ address, readiness: ready, metrics, loudness: log.loudness }));
  return { readiness: ready, ops: addressText(await server.start()) };
}
