import { NEXT_EVENT, nextState, SYNC_EVENTS, SYNC_STATES, type SyncState, TRANSITIONS } from './sync-state';

const VALID: Record<SyncState, readonly SyncState[]> = {
  IDLE: ['CHECKING', 'QUEUED'],
  CHECKING: ['UPLOADING', 'DOWNLOADING', 'COMPLETE', 'ERROR'],
  UPLOADING: ['COMPLETE', 'ERROR', 'RESOLVING'],
  DOWNLOADING: ['COMPLETE', 'ERROR', 'RESOLVING'],
  RESOLVING: ['UPLOADING', 'COMPLETE', 'ERROR'],
  QUEUED: ['CHECKING', 'ERROR'],
  COMPLETE: ['IDLE'],
  ERROR: ['IDLE'],
};

const MEANS = {
  rest: 'IDLE',
  check: 'CHECKING',
  upload: 'UPLOADING',
  download: 'DOWNLOADING',
  resolve: 'RESOLVING',
  complete: 'COMPLETE',
  fail: 'ERROR',
  queue: 'QUEUED',
} as const;

const cells = SYNC_STATES.flatMap((state) => SYNC_EVENTS.map((event) => ({ state, event })));

test.each(cells)('in $state the event $event does what the document says', ({ state, event }) => {
  const wanted = MEANS[event];
  if (VALID[state].includes(wanted)) {
    expect(TRANSITIONS[state][event]).toBe(wanted);
    expect(nextState(state, event)).toBe(wanted);
  } else {
    expect(TRANSITIONS[state][event]).toBe('invalid');
    expect(() => nextState(state, event)).toThrow(RangeError);
  }
});

const RESTING = ['IDLE', 'CHECKING', 'UPLOADING', 'DOWNLOADING', 'QUEUED', 'ERROR'] as const;
const ways = SYNC_STATES.flatMap((from) => RESTING.map((to) => ({ from, to })));

test.each(ways)('from $from there is a valid way to $to', ({ from, to }) => {
  let state = from;
  let steps = 0;
  for (let event = NEXT_EVENT[state][to]; event !== null; event = NEXT_EVENT[state][to]) {
    state = nextState(state, event);
    expect(++steps).toBeLessThan(SYNC_STATES.length);
  }
  expect(state).toBe(to);
});
