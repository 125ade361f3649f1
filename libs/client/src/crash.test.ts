import {
  type CollectionName,
  CONFLICTS,
  decodeUtf8,
  encodeUtf8,
  type RecordId,
  recordKey,
  type RecordKey,
  type SpaceId,
} from '@syncline/core';
import fc from 'fast-check';
import type { Edit } from './inputs';
import { changedContent, NO_DATA_TYPES } from './content';
import { createEngine, type EngineState } from './state';
import { step } from './engine';
import { TestDevice } from './testing/device';
import { FakeServer } from './testing/server';
import { spaceStatus, viewAll, viewRecord } from './view';

const HOME = 'home' as SpaceId;
const IDS = ['r1', 'r2', 'r3', 'r4'] as const;
const NAMES = ['a', 'b', 'c'] as const;
const ROOMS = 'rooms' as CollectionName;

type Act =
  | { do: 'edit'; who: number; edits: Edit[] }
  | { do: 'receive'; who: number; messages: number }
  | { do: 'cut' | 'crash' | 'retry' | 'sync'; who: number }
  | { do: 'kill'; who: number; effects: number }
  | { do: 'mode'; who: number; mode: 'bidirectional' | 'upload-only' | 'download-only' }
  | { do: 'raise-floor' };

const id = fc.constantFrom(...IDS) as fc.Arbitrary<RecordId>;
const payload = fc.nat(9).map((n) => encodeUtf8(`{"n":${n}}`));
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('create' as const, 'update' as const),
    collection: fc.constant(ROOMS),
    id,
    payload,
  }),
  fc.record({
    kind: fc.constant('patch' as const),
    collection: fc.constant(ROOMS),
    id,
    patch: fc.record({
      set: fc
        .tuple(fc.constantFrom('n', 'm', 'k'), fc.nat(9))
        .map(([name, n]) => encodeUtf8(`{"${name}":${n}}`)),
      remove: fc.constantFrom([], ['m']),
    }),
  }),
  fc.record({ kind: fc.constant('delete' as const), collection: fc.constant(ROOMS), id }),
);
const who = fc.nat(NAMES.length - 1);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      who,
      edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('receive' as const),
      who,
      messages: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'crash' as const, 'retry' as const), who }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sync' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), who, effects: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('raise-floor' as const) }) },
);

function start(server: FakeServer, device: TestDevice): TestDevice {
  device.input({ kind: 'follow', space: HOME });
  device.input({ kind: 'go-online' });
  return device;
}

function perform(server: FakeServer, devices: readonly TestDevice[], one: Act): void {
  if (one.do === 'raise-floor') {
    server.truth.state = { ...server.truth.state, floor: server.truth.state.head };
    return;
  }
  const device = devices[one.who]!;
  device.nowMs++;
  server.nowMs++;
  switch (one.do) {
    case 'edit':
      device.input({ kind: 'change', space: HOME, edits: one.edits });
      return;
    case 'receive':
      for (let i = 0; i < one.messages; i++) device.receive();
      return;
    case 'cut':
      return device.cut();
    case 'crash':
      device.crash();
      device.input({ kind: 'go-online' });
      return;
    case 'retry':
      if (device.timers.has('retry')) device.fire('retry');
      return;
    case 'sync':
      device.input({ kind: 'sync-now' });
      return;
    case 'kill':
      return device.killAfter(one.effects);
    case 'mode':
      device.input({ kind: 'set-mode', space: HOME, mode: one.mode });
      return;
  }
}

const seen = (state: EngineState): Map<RecordKey, string> =>
  new Map(
    viewAll(state, HOME).map(({ collection, id: name, payload: bytes }) => [
      recordKey(collection, name),
      decodeUtf8(bytes),
    ]),
  );

const sorted = (map: Map<RecordKey, string>) => [...map].sort(([left], [right]) => (left < right ? -1 : 1));

/** All that must outlive the process. */
function lasting(state: EngineState) {
  const {
    link: _link,
    syncState: _state,
    restarts: _restarts,
    mismatches: _count,
    refusals: _refusals,
    ...space
  } = state.spaces.get(HOME)!;
  return { clock: state.clock, view: sorted(seen(state)), space };
}

/** The rule of the view, said as plainly as can be. */
function naiveView(state: EngineState): Map<RecordKey, string> {
  const space = state.spaces.get(HOME)!;
  const view = new Map<RecordKey, Uint8Array>();
  for (const [collection, records] of space.copy.collections)
    for (const [name, { image }] of records) view.set(recordKey(collection, name), image.payload);
  const pending = [...space.pending.values()].filter(({ change }) => change.number > space.coveredUpTo);
  for (const { change } of [...space.settled.values(), ...pending]) {
    const key = recordKey(change.collection, change.id);
    const payload = view.get(key);
    const now = changedContent(payload === undefined ? null : { payload }, change, NO_DATA_TYPES);
    if (now === null) view.delete(key);
    else if (now !== undefined) view.set(key, now.payload);
  }
  return new Map([...view].map(([key, bytes]) => [key, decodeUtf8(bytes)]));
}

function reload(device: TestDevice): EngineState {
  const state = createEngine(device.config);
  step(state, { kind: 'restored', stored: device.store.load() }, { nowMs: device.nowMs, chance: 0 });
  return state;
}

function heal(server: FakeServer, devices: readonly TestDevice[]): void {
  for (const device of devices) {
    device.crash();
    device.input({ kind: 'set-mode', space: HOME, mode: 'bidirectional' });
    device.input({ kind: 'go-online' });
  }
  const quiet = () =>
    devices.every((device) => device.session?.outbox.length === 0 && device.timers.size === 0);
  for (let round = 0; round < 100; round++) {
    for (const device of devices) {
      device.receiveAll();
      for (const timer of [...device.timers.keys()]) if (!timer.startsWith('answer')) device.fire(timer);
    }
    if (quiet()) return;
  }
  throw new Error('the devices do not come to rest');
}

test('whatever is cut, killed or restored, nothing is lost, nothing happens twice, and all come to the same', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const server = new FakeServer(HOME);
      const devices = NAMES.map((name) => start(server, new TestDevice(name, server)));
      for (const one of acts) {
        perform(server, devices, one);
        for (const device of devices) {
          expect(sorted(seen(device.state))).toEqual(sorted(naiveView(device.state)));
          if (device.alive) expect(lasting(reload(device))).toEqual(lasting(device.state));
        }
      }
      heal(server, devices);
      const truth = new Map(
        server.live().map((record) => [recordKey(record.collection, record.id), decodeUtf8(record.payload)]),
      );
      for (const device of devices) {
        expect(sorted(seen(device.state))).toEqual(sorted(truth));
        expect(spaceStatus(device.state, HOME)).toMatchObject({
          pending: 0,
          settled: 0,
          staged: 0,
          mismatches: 0,
        });
        expect(spaceStatus(device.state, HOME)!.counter).toBe(server.truth.lastNumbers.get(device.id) ?? 0);
        expect(device.noticesOf('renumbered')).toEqual([]);
        expect(device.noticesOf('started-over').filter(({ why }) => why !== 'CURSOR_TOO_OLD')).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test('modes may change at any time as well', () => {
  const mode = fc.record({
    do: fc.constant('mode' as const),
    who,
    mode: fc.constantFrom('bidirectional' as const, 'upload-only' as const, 'download-only' as const),
  });
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: act }, { weight: 1, arbitrary: mode }), { maxLength: 60 }),
      (acts) => {
        const server = new FakeServer(HOME);
        const devices = NAMES.map((name) => start(server, new TestDevice(name, server)));
        for (const one of acts) {
          perform(server, devices, one);
          for (const device of devices) {
            expect(sorted(seen(device.state))).toEqual(sorted(naiveView(device.state)));
            if (device.alive) expect(lasting(reload(device))).toEqual(lasting(device.state));
          }
        }
        heal(server, devices);
        const truth = new Map(
          server
            .live()
            .map((record) => [recordKey(record.collection, record.id), decodeUtf8(record.payload)]),
        );
        for (const device of devices) {
          expect(sorted(seen(device.state))).toEqual(sorted(truth));
          expect(spaceStatus(device.state, HOME)).toMatchObject({
            pending: 0,
            settled: 0,
            staged: 0,
            mismatches: 0,
          });
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('every conflict is told to the device whose change met it', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const server = new FakeServer(HOME);
      const devices = NAMES.map((name) => start(server, new TestDevice(name, server)));
      for (const one of acts) if (one.do !== 'kill' && one.do !== 'crash') perform(server, devices, one);
      heal(server, devices);
      const told = devices.flatMap((device) =>
        device.noticesOf('conflict').map(({ conflict }) => conflict!.id),
      );
      const ledger = server.live().filter(({ collection }) => collection === CONFLICTS);
      expect(new Set(told)).toEqual(new Set(ledger.map((record) => record.id)));
      for (const device of devices)
        for (const record of ledger)
          expect(viewRecord(device.state, HOME, CONFLICTS, record.id)).not.toBeNull();
    }),
    { numRuns: 100 },
  );
});
