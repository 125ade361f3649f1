/** What a device is doing about one space, in words that an application can show. */
export const SYNC_STATES = [
  'IDLE',
  'CHECKING',
  'UPLOADING',
  'DOWNLOADING',
  'RESOLVING',
  'COMPLETE',
  'ERROR',
  'QUEUED',
] as const;
export type SyncState = (typeof SYNC_STATES)[number];

/** Each event leads to one state, from wherever it is allowed. */
export const SYNC_EVENTS = [
  'rest',
  'check',
  'upload',
  'download',
  'resolve',
  'complete',
  'fail',
  'queue',
] as const;
export type SyncEvent = (typeof SYNC_EVENTS)[number];

type Row = Record<SyncEvent, SyncState | 'invalid'>;

const NOWHERE = {
  rest: 'invalid',
  check: 'invalid',
  upload: 'invalid',
  download: 'invalid',
  resolve: 'invalid',
  complete: 'invalid',
  fail: 'invalid',
  queue: 'invalid',
} as const satisfies Row;

/** Every cell is said: whatever a row does not name is invalid by the row it starts from. */
export const TRANSITIONS: Record<SyncState, Row> = {
  IDLE: { ...NOWHERE, check: 'CHECKING', queue: 'QUEUED' },
  CHECKING: {
    ...NOWHERE,
    upload: 'UPLOADING',
    download: 'DOWNLOADING',
    complete: 'COMPLETE',
    fail: 'ERROR',
  },
  UPLOADING: { ...NOWHERE, complete: 'COMPLETE', fail: 'ERROR', resolve: 'RESOLVING' },
  DOWNLOADING: { ...NOWHERE, complete: 'COMPLETE', fail: 'ERROR', resolve: 'RESOLVING' },
  RESOLVING: { ...NOWHERE, upload: 'UPLOADING', complete: 'COMPLETE', fail: 'ERROR' },
  QUEUED: { ...NOWHERE, check: 'CHECKING', fail: 'ERROR' },
  COMPLETE: { ...NOWHERE, rest: 'IDLE' },
  ERROR: { ...NOWHERE, rest: 'IDLE' },
};

/** States in which a space can stay; the others are passed through. */
export type RestingState = Exclude<SyncState, 'RESOLVING' | 'COMPLETE'>;

/** The next event on the way to where the facts say a space should be; null once it is there. */
export const NEXT_EVENT: Record<SyncState, Record<RestingState, SyncEvent | null>> = {
  IDLE: {
    IDLE: null,
    CHECKING: 'check',
    UPLOADING: 'check',
    DOWNLOADING: 'check',
    ERROR: 'check',
    QUEUED: 'queue',
  },
  CHECKING: {
    IDLE: 'complete',
    CHECKING: null,
    UPLOADING: 'upload',
    DOWNLOADING: 'download',
    ERROR: 'fail',
    QUEUED: 'fail',
  },
  UPLOADING: {
    IDLE: 'complete',
    CHECKING: 'complete',
    UPLOADING: null,
    DOWNLOADING: 'complete',
    ERROR: 'fail',
    QUEUED: 'fail',
  },
  DOWNLOADING: {
    IDLE: 'complete',
    // A download is only left for a check when it has to begin anew.
    CHECKING: 'fail',
    UPLOADING: 'resolve',
    DOWNLOADING: null,
    ERROR: 'fail',
    QUEUED: 'fail',
  },
  RESOLVING: {
    IDLE: 'complete',
    CHECKING: 'complete',
    UPLOADING: 'upload',
    DOWNLOADING: 'complete',
    ERROR: 'fail',
    QUEUED: 'fail',
  },
  QUEUED: {
    IDLE: 'fail',
    CHECKING: 'check',
    UPLOADING: 'check',
    DOWNLOADING: 'check',
    ERROR: 'fail',
    QUEUED: null,
  },
  COMPLETE: {
    IDLE: 'rest',
    CHECKING: 'rest',
    UPLOADING: 'rest',
    DOWNLOADING: 'rest',
    ERROR: 'rest',
    QUEUED: 'rest',
  },
  ERROR: {
    IDLE: 'rest',
    CHECKING: 'rest',
    UPLOADING: 'rest',
    DOWNLOADING: 'rest',
    ERROR: null,
    QUEUED: 'rest',
  },
};

/** Throws on a transition that is not valid: only a fault of the engine can ask for one. */
export function nextState(from: SyncState, event: SyncEvent): SyncState {
  const to = TRANSITIONS[from][event];
  if (to === 'invalid') throw new RangeError(`sync state ${from} does not take the event ${event}`);
  return to;
}
