import { type Quota, spaceId, spaceKey, type SpaceKey, tenantId, type TenantId } from '@syncline/core';
import type {
  AuditStore,
  ConflictLedger,
  DeltaStore,
  DeviceStore,
  Directory,
  HistoryStore,
  MergeStore,
  PastStore,
  ReceiptStore,
  SyncLog,
  UpkeepStore,
} from '@syncline/ports';
import { deviceOn, type MergeGiven, type TestDevice } from './merge-fixtures';

export type Store = MergeStore &
  DeltaStore &
  DeviceStore &
  UpkeepStore &
  HistoryStore &
  PastStore &
  SyncLog &
  AuditStore &
  ConflictLedger &
  ReceiptStore &
  Directory;

/** What every suite asks of the adapter that it tests. */
export interface UnderTest {
  /** Leads every name that the suite makes up, so that runs on a shared service do not meet: of a-z, 0-9, "-". */
  readonly prefix: string;
  close(): Promise<void>;
}

export interface StoreUnderTest extends UnderTest {
  readonly store: Store;
}

export type MakeStore = () => Promise<StoreUnderTest>;

/** Made before a suite's tests and closed after them; read only inside of tests. */
export function madeForSuite<Made extends UnderTest>(make: () => Promise<Made>): () => Made {
  const suite: { made?: Made } = {};
  beforeAll(async () => {
    suite.made = await make();
  });
  afterAll(async () => {
    await suite.made?.close();
  });
  return () => suite.made!;
}

/** Names that no other test of the suite has. */
export function namesFor(made: () => UnderTest) {
  const used = { count: 0 };
  const tenant = (): TenantId => tenantId(`${made().prefix}-${++used.count}`);
  return {
    tenant,
    space: (): SpaceKey => spaceKey(tenant(), spaceId('main')),
    word: (): string => `${made().prefix}-${++used.count}`,
  };
}

export interface StoreWorld {
  readonly store: Store;
  readonly tenant: () => TenantId;
  /** The key of a space that does not exist. */
  nowhere(): SpaceKey;
  /** A new space. */
  space(quota?: Quota | null): Promise<SpaceKey>;
  device(space: SpaceKey, id: string, given?: MergeGiven): TestDevice;
}

/** Call it in a `describe`; use what it returns in tests. */
export function storeWorld(make: MakeStore): StoreWorld {
  const made = madeForSuite(make);
  const names = namesFor(made);
  return {
    get store() {
      return made().store;
    },
    tenant: names.tenant,
    nowhere: names.space,
    async space(quota = null) {
      const space = names.space();
      await made().store.createSpace(space, quota);
      return space;
    },
    device: (space, id, given) => deviceOn(made().store, space, id, given),
  };
}
