import {
  collectionName,
  type CollectionRules,
  decodeUtf8,
  encodeUtf8,
  type Kept,
  type RecordId,
  rulesBook,
  policyRegistry,
  type SpaceId,
  undeclaredRules,
} from '@syncline/core';
import { CRDT_ENGINES, OT_TYPES } from '@syncline/policies';
import { ALL_POLICIES } from '@syncline/policies/operations';
import { yjsEditor } from '@syncline/port-contracts';
import fc from 'fast-check';
import type { Edit } from './inputs';
import { ENGINE_CAPABILITIES, type EngineConfig } from './state';
import { TestDevice } from './testing/device';
import { FakeServer } from './testing/server';
import { spaceStatus, viewRecord } from './view';

const HOME = 'home' as SpaceId;
const A = 'a' as RecordId;
const [PAGES, TEXTS, CHOICES] = ['pages', 'texts', 'choices'].map(collectionName) as [never, never, never];
const dataTypes = { engines: CRDT_ENGINES, types: OT_TYPES };
const WITH_TYPES: Partial<EngineConfig> = {
  dataTypes,
  capabilities: [...ENGINE_CAPABILITIES, 'operations'],
};

const rulesFor = (collection: never, policy: string, rule: unknown): CollectionRules => ({
  ...undeclaredRules(collection),
  ...{ policy, rule, json: true },
});
const RULES = rulesBook(
  new Map([
    [PAGES, rulesFor(PAGES, 'crdt', null)],
    [TEXTS, rulesFor(TEXTS, 'operational-transform', { type: 'text' })],
    [CHOICES, rulesFor(CHOICES, 'multi-value', null)],
  ]),
  policyRegistry(ALL_POLICIES),
);

function online(name: string, server: FakeServer, config = WITH_TYPES): TestDevice {
  const device = new TestDevice(name, server, config);
  device.input({ kind: 'follow', space: HOME });
  device.input({ kind: 'go-online' });
  device.receiveAll();
  return device;
}

const change = (device: TestDevice, edit: Edit) => {
  device.nowMs++;
  return device.input({ kind: 'change', space: HOME, edits: [edit] });
};

const settle = (...devices: TestDevice[]) => {
  for (let round = 0; round < 20; round++) for (const device of devices) device.receiveAll();
};

/** All of them are connected again, and wait for nothing any more. */
function comeBack(...devices: TestDevice[]): void {
  for (const device of devices) {
    device.input({ kind: 'go-online' });
    device.input({ kind: 'sync-now' });
  }
  for (let round = 0; round < 5; round++) {
    settle(...devices);
    for (const device of devices) for (const timer of [...device.timers.keys()]) device.fire(timer);
  }
  settle(...devices);
}

const shown = (device: TestDevice, collection: never): unknown => {
  const record = viewRecord(device.state, HOME, collection, A);
  return record === null ? null : JSON.parse(decodeUtf8(record.payload));
};

const keptIn = (device: TestDevice, collection: never): Kept | undefined =>
  viewRecord(device.state, HOME, collection, A)?.kept;

const insert = (at: number, text: string): Edit => ({
  ...{ kind: 'operations', collection: TEXTS, id: A, type: 'text' },
  operations: encodeUtf8(JSON.stringify(at === 0 ? [text] : [at, text])),
});
const write = (collection: never, value: unknown, more: Partial<Edit> = {}): Edit =>
  ({
    ...{ kind: 'update', collection, id: A, payload: encodeUtf8(JSON.stringify(value)) },
    ...more,
  }) as Edit;

/** A document of an application on a device: it takes what the record holds, and pushes what it does itself. */
function document(device: TestDevice, client: number) {
  const editor = yjsEditor(client);
  const pull = () => {
    const kept = keptIn(device, PAGES);
    if (kept?.kind === 'data' && kept.state !== null) editor.take(kept.state);
  };
  return {
    pull,
    text: () => editor.text(),
    type(at: number, text: string) {
      pull();
      const operations = editor.insert(at, text);
      return change(device, { kind: 'operations', collection: PAGES, id: A, type: 'yjs', operations });
    },
  };
}

describe('updates of an engine', () => {
  test('are shown at once, on top of what others do, and come to the same everywhere', () => {
    const server = new FakeServer(HOME, RULES);
    const [a, b] = [online('a', server), online('b', server)];
    const [left, right] = [document(a, 1), document(b, 2)];
    left.type(0, 'hello');
    settle(a, b);
    expect(shown(b, PAGES)).toEqual({ body: 'hello' });
    a.cut();
    left.type(5, ' world');
    right.type(0, 'oh, ');
    settle(b);
    expect(shown(a, PAGES)).toEqual({ body: 'hello world' });
    comeBack(a, b);
    for (const device of [a, b]) expect(shown(device, PAGES)).toEqual({ body: 'oh, hello world' });
    expect(spaceStatus(a.state, HOME)).toMatchObject({ pending: 0, mismatches: 0 });
  });

  test('come alone to a device that follows them, and as the whole record to one that cannot', () => {
    const server = new FakeServer(HOME, RULES);
    const [a, b, c] = [online('a', server), online('b', server), online('c', server, {})];
    const left = document(a, 1);
    left.type(0, 'a text of some length, which is not sent again '.repeat(4));
    settle(a, b, c);
    left.type(0, '!');
    const next = (device: TestDevice) => device.session!.outbox.find(({ kind }) => kind === 'page');
    expect(next(b)).toMatchObject({ entries: [{ kind: 'operations', type: 'yjs' }] });
    settle(a, b, c);
    for (const device of [b, c]) expect(shown(device, PAGES)).toEqual(shown(a, PAGES));
    expect(keptIn(c, PAGES)).toEqual(keptIn(b, PAGES));
  });

  test('are refused on the device where they cannot be taken', () => {
    const server = new FakeServer(HOME, RULES);
    const [a, c] = [online('a', server), online('c', server, {})];
    const edit: Edit = {
      kind: 'operations',
      collection: PAGES,
      id: A,
      type: 'yjs',
      operations: encodeUtf8('x'),
    };
    expect(change(a, edit).refused).toMatchObject({ reason: 'INVALID_OPERATIONS', edit: 0 });
    expect(change(c, edit).refused).toMatchObject({ reason: 'UNKNOWN_DATA_TYPE' });
    expect(change(a, insert(0, 'x')).refused).toMatchObject({ reason: 'RECORD_NOT_FOUND' });
  });
});

describe('operations that are transformed', () => {
  test('are shown as the device made them until the server has placed them', () => {
    const server = new FakeServer(HOME, RULES);
    const [a, b] = [online('a', server), online('b', server)];
    change(a, write(TEXTS, 'hello', { kind: 'create' }));
    settle(a, b);
    b.cut();
    change(b, insert(5, ' world'));
    change(b, insert(11, '!'));
    change(a, insert(0, 'oh, '));
    settle(a);
    expect(shown(b, TEXTS)).toBe('hello world!');
    comeBack(a, b);
    for (const device of [a, b]) expect(shown(device, TEXTS)).toBe('oh, hello world!');
  });

  test('that are too much for one push go out in parts', () => {
    const server = new FakeServer(HOME, RULES);
    const a = online('a', server);
    change(a, write(TEXTS, 'x'.repeat(900_000), { kind: 'create' }));
    settle(a);
    a.cut();
    for (let at = 0; at < 30; at++) change(a, insert(at, 'y'));
    comeBack(a);
    expect(shown(a, TEXTS)).toBe('y'.repeat(30) + 'x'.repeat(900_000));
    const [record] = server.live();
    expect(JSON.parse(decodeUtf8(record!.payload))).toBe(shown(a, TEXTS));
    expect(spaceStatus(a.state, HOME)).toMatchObject({ pending: 0, failed: 0, mismatches: 0 });
  });

  test('are shown so also between their answer and its checkpoint', () => {
    const server = new FakeServer(HOME, RULES);
    const [a, b] = [online('a', server), online('b', server)];
    change(a, write(TEXTS, 'hello', { kind: 'create' }));
    settle(a, b);
    change(a, insert(0, 'oh, '));
    change(b, insert(5, ' world'));
    const looks = new Set([shown(b, TEXTS)]);
    while (b.receive()) looks.add(shown(b, TEXTS));
    expect([...looks]).toEqual(['hello world', 'oh, hello world']);
  });

  test('survive the death of the process', () => {
    const server = new FakeServer(HOME, RULES);
    const a = online('a', server);
    change(a, write(TEXTS, 'hello', { kind: 'create' }));
    settle(a);
    a.cut();
    change(a, insert(5, '!'));
    a.crash();
    expect(shown(a, TEXTS)).toBe('hello!');
  });
});

describe('several contents', () => {
  test('are all there to choose from, and an edit replaces those that it names', () => {
    const server = new FakeServer(HOME, RULES);
    const [a, b, c] = [online('a', server), online('b', server), online('c', server)];
    change(a, write(CHOICES, 'first', { kind: 'create' }));
    settle(a, b, c);
    for (const device of [a, b, c]) change(device, write(CHOICES, `by ${device.id}`));
    settle(a, b, c);
    const contents = (device: TestDevice) => {
      const kept = keptIn(device, CHOICES);
      return kept?.kind === 'siblings'
        ? kept.siblings.map(({ payload }) => decodeUtf8(payload!)).sort()
        : [decodeUtf8(viewRecord(device.state, HOME, CHOICES, A)!.payload)];
    };
    for (const device of [a, b, c]) expect(contents(device)).toEqual(['"by a"', '"by b"', '"by c"']);
    const kept = keptIn(a, CHOICES);
    const seen = kept?.kind === 'siblings' ? kept.siblings.filter(({ device }) => device !== b.id) : [];
    change(a, write(CHOICES, 'two in one', { seen }));
    settle(a, b, c);
    for (const device of [a, b, c]) expect(contents(device)).toEqual(['"by b"', '"two in one"']);
    change(c, write(CHOICES, 'all in one'));
    settle(a, b, c);
    for (const device of [a, b, c]) expect(contents(device)).toEqual(['"all in one"']);
  });
});

test('devices that do whatever they like, and hear of each other whenever, come to the same', () => {
  const acts = fc.array(
    fc.record({
      who: fc.nat(2),
      what: fc.constantFrom('page', 'text', 'choice', 'hear', 'hear all', 'hear all', 'leave', 'die'),
      at: fc.nat(30),
      word: fc.constantFrom('x', 'yy', 'é😀'),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(acts, (script) => {
      const server = new FakeServer(HOME, RULES);
      const devices = ['a', 'b', 'c'].map((name) => online(name, server, name === 'c' ? {} : WITH_TYPES));
      change(devices[0]!, write(TEXTS, 'text', { kind: 'create' }));
      change(devices[0]!, write(CHOICES, 'choice', { kind: 'create' }));
      settle(...devices);
      const pages = devices.map((device, at) => document(device, at + 1));
      for (const { who, what, at, word } of script) {
        const device = devices[who]!;
        const content = what === 'text' ? (shown(device, TEXTS) as string | null) : null;
        if (what === 'page' && who < 2) pages[who]!.type(at, word);
        else if (content !== null && who < 2) change(device, insert(at % ([...content].length + 1), word));
        else if (what === 'choice') change(device, write(CHOICES, `${word}${at}`));
        else if (what === 'hear') device.receive();
        else if (what === 'hear all') device.receiveAll();
        else if (what === 'leave' && device.session !== null) device.cut();
        else if (what === 'die') device.crash();
      }
      comeBack(...devices);
      const truth = (collection: never) => {
        const record = server.live().find((each) => each.collection === collection);
        return record === undefined ? null : [decodeUtf8(record.payload), record.kept];
      };
      for (const collection of [PAGES, TEXTS, CHOICES]) {
        for (const device of devices) {
          const record = viewRecord(device.state, HOME, collection, A);
          expect(record === null ? null : [decodeUtf8(record.payload), withoutVersions(record.kept)]).toEqual(
            truth(collection)?.map((each) => (typeof each === 'string' ? each : withoutVersions(each))) ??
              null,
          );
          expect(spaceStatus(device.state, HOME)).toMatchObject({ pending: 0, failed: 0, mismatches: 0 });
        }
      }
      for (const page of pages) page.pull();
      expect(new Set(pages.map((page) => page.text())).size).toBe(1);
    }),
    { numRuns: 150 },
  );
});

function withoutVersions(kept: Kept | undefined): unknown {
  if (kept?.kind !== 'siblings') return kept;
  return kept.siblings.map(({ version: _version, ...sibling }) => sibling);
}
