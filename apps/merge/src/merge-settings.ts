/** How many pushes share a transaction, and how many may wait for one. */
export interface MergeSettings {
  /** At once; a space is never in two of them. */
  readonly commitsMax: number;
  /** Of one commit. It holds at least one push, however large. */
  readonly batchChangesMax: number;
  readonly batchBytesMax: number;
  /** Beyond, a push is refused. */
  readonly waitingPushesMax: number;
  readonly waitingBytesMax: number;
  /** For pushes that could not be taken or not be committed. */
  readonly retryAfterMs: number;
  /** Of the records that wait to be announced; beyond, a commit is left to the repair. */
  readonly announcingBytesMax: number;
  /** That a space was announced is written down once within this time, not after every commit. */
  readonly markAnnouncedWithinMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_MERGE_SETTINGS: MergeSettings = {
  commitsMax: 2,
  batchChangesMax: 1_000,
  batchBytesMax: 4 * MIB,
  waitingPushesMax: 5_000,
  waitingBytesMax: 64 * MIB,
  retryAfterMs: 500,
  announcingBytesMax: 32 * MIB,
  markAnnouncedWithinMs: 250,
};

/** For whoever runs the service. */
export const MERGE_SENTENCES: Readonly<Record<keyof MergeSettings, string>> = {
  commitsMax: 'Commits at once; a space is never in two of them.',
  batchChangesMax: 'Changes in one commit; a single push may have more.',
  batchBytesMax: 'Bytes of changes in one commit; a single push may have more.',
  waitingPushesMax: 'Pushes that wait for a commit; beyond, a push is refused.',
  waitingBytesMax: 'Bytes of pushes that wait for a commit; beyond, a push is refused.',
  retryAfterMs: 'When a push that could not be taken should come again.',
  announcingBytesMax: 'Bytes of records that wait to be announced; beyond, they are announced by the repair.',
  markAnnouncedWithinMs: 'That commits were announced is written down this often.',
};
