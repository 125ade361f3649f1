import type {
  AuditStore,
  ConflictLedger,
  DeltaStore,
  DeviceStore,
  Directory,
  MergeStore,
  SyncLog,
  UpkeepStore,
} from '@syncline/ports';
import type { Process } from './process';

export type Store = MergeStore &
  DeltaStore &
  DeviceStore &
  UpkeepStore &
  AuditStore &
  Pick<ConflictLedger, 'conflicts'> &
  Pick<SyncLog, 'forgetSyncs'> &
  Directory;

/** The store as one process reaches it: every call takes time, and a crash in the middle leaves nothing half done. */
export function storeFor(process: Process, store: Store): Store {
  const passed = throughProcess(process, store);
  return {
    ...passed,
    transact: (spaces, work) =>
      process.call(() => store.transact(spaces, (transaction) => work(throughProcess(process, transaction)))),
    onAccessChange: (listener) => store.onAccessChange(listener),
  };
}

type Methods = Record<string, (...args: never[]) => unknown>;

/** Each method of a port, called on behalf of a process. */
export function throughProcess<Port extends object>(process: Process, port: Port): Port {
  const wrapped: Methods = {};
  for (const [name, method] of Object.entries(port as Methods)) {
    wrapped[name] = (...args) => process.call(() => Promise.resolve(method(...args)));
  }
  return wrapped as Port;
}
