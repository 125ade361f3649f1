import { deepStrictEqual } from 'node:assert/strict';
import type { AppNotice } from '@syncline/client';
import { type Device, grpcTransport, memoryDeviceStore, openDevice, plaintext } from '@syncline/client-node';
import {
  type ChangeNumber,
  collectionName,
  type CollectionName,
  type ConflictRef,
  CONFLICTS,
  decodeUtf8,
  WHOLE_SPACE,
} from '@syncline/core';
import { CRDT_ENGINES, OT_TYPES } from '@syncline/policies';
import { systemChance, systemClock, systemTimer } from '@syncline/memory';
import { call } from './calls';
import { type Decide, type Resolver, startResolver } from './resolver';
import type { Server } from './server';

/** A program of its own: it declares a collection, lets devices work on it, and checks all that it tells. */
export interface Story {
  readonly name: string;
  /** In one line, for the list. */
  readonly about: string;
  play(stage: Stage): Promise<void>;
}

/** What became of a change. */
export interface Answer {
  readonly status: string;
  /** Whoever has read this far has seen all of it. */
  readonly version: number;
  readonly conflict: ConflictRef | null;
}

/** What of an entry in the ledger the stories tell. */
export interface LedgerEntry {
  readonly kind: string;
  readonly policy: string;
  readonly resolution: string;
  readonly state: string;
  readonly why: string;
  readonly asked: readonly string[];
  readonly stored: { readonly json?: unknown; readonly deleted: boolean };
  readonly incoming: { readonly json?: unknown; readonly deleted: boolean };
}

/** What stories share: a server, a transcript, and ways to wait for facts. */
export interface Stage {
  readonly server: Server;
  readonly space: string;
  step(title: string): void;
  say(text: string): void;
  /** Says it and holds the story to it: what is there has to be what the story says. */
  expect(what: string, found: unknown, expected: unknown): void;
  /** `AdminService.PutCollection`, with rules in the form in which the protocol has them as JSON. */
  declare(rules: { readonly collection: string } & Readonly<Record<string, unknown>>): Promise<void>;
  call<Reply>(method: string, request: object): Promise<Reply>;
  /**
   * A device of the story's user that follows this collection and the ledger, connected and up to date; its application
   * reads and writes the collection in this schema version.
   */
  device(name: string, collection: string, schemaVersion?: number): Promise<Device>;
  /** A service of the tenant's own on this machine, which ends with the story at the latest. */
  resolver(decide: Decide): Promise<Resolver>;
  /** Until all that these devices did is answered and each has what the others have. */
  settled(...devices: readonly Device[]): Promise<void>;
  /** Until these devices have this version of the space. */
  reached(version: number, ...devices: readonly Device[]): Promise<void>;
  /** Until the conflict is decided, and these devices have what comes of it. */
  decided(conflict: ConflictRef | null, ...devices: readonly Device[]): Promise<void>;
  answerTo(device: Device, number: ChangeNumber | undefined): Promise<Answer>;
  /** Whether all these devices show this content; null for no such record. */
  shows(devices: readonly Device[], collection: string, id: string, expected: unknown): void;
  /** The same for a record of which several contents are kept. */
  siblings(devices: readonly Device[], collection: string, id: string, expected: readonly unknown[]): void;
  /** The entry as the device has it in its copy, with or without a connection. */
  ledger(device: Device, conflict: ConflictRef | null): LedgerEntry;
  /** So that what is done next is the later write. */
  aMoment(): Promise<void>;
}

const A_MOMENT_MS = 30;

export function stageOn(server: Server, story: string, write: (text: string) => void): Stage & Closing {
  const { space } = server;
  const opened: Closing[] = [];
  let steps = 0;
  const answers: Answers = new Map();
  return {
    server,
    space,
    ...telling(story, space, (text) => write(`   ${text}\n`)),
    ...waiting(space, answers),
    step: (title) => write(`\n${++steps}. ${title}\n`),
    call: (method, request) => call(server, method, request),
    async declare(rules) {
      await call(server, 'AdminService/PutCollection', { space, rules });
    },
    async device(name, collection, schemaVersion = 0) {
      const followed = collectionName(collection);
      const device = openOn(server, `${story}.${name}`, new Map([[followed, schemaVersion]]));
      opened.push(device);
      answers.set(device, listenTo(device));
      device.follow(space, { scope: { ...WHOLE_SPACE, collections: [followed, CONFLICTS] } });
      device.goOnline();
      await device.waitFor('the server', () => isQuiet(device, space));
      return device;
    },
    async resolver(decide) {
      const resolver = await startResolver(decide);
      opened.push(resolver);
      return resolver;
    },
    aMoment: () => new Promise<void>((resolve) => void systemTimer().after(A_MOMENT_MS, resolve)),
    close() {
      for (const each of opened) each.close();
    },
  };
}

interface Closing {
  close(): void;
}

type Answers = Map<Device, Map<ChangeNumber, Answer>>;

function waiting(
  space: string,
  answers: Answers,
): Pick<Stage, 'settled' | 'reached' | 'decided' | 'answerTo'> {
  const reached = async (version: number, ...devices: readonly Device[]): Promise<void> => {
    for (const device of devices)
      await device.waitFor(
        `version ${version}`,
        () => isQuiet(device, space) && versionOf(device, space) >= version,
      );
  };
  return {
    reached,
    async settled(...devices) {
      for (const device of devices) await device.waitFor('its answers', () => isQuiet(device, space));
      const answered = devices.flatMap((device) => [...answers.get(device)!.values()]);
      await reached(Math.max(0, ...answered.map(({ version }) => version)), ...devices);
    },
    async decided(conflict, ...devices) {
      for (const device of devices)
        await device.waitFor('the decision', () => {
          const record = device.get(space, CONFLICTS, conflict?.id ?? '');
          return record !== null && entryOf(record.payload).state === 'resolved';
        });
    },
    answerTo: (device, number) => device.waitFor('an answer', () => answers.get(device)?.get(number ?? 0)),
  };
}

type Telling = Pick<Stage, 'say' | 'expect' | 'shows' | 'siblings' | 'ledger'>;

function telling(story: string, space: string, say: (text: string) => void): Telling {
  const expect = (what: string, found: unknown, expected: unknown): void => {
    const shown = typeof found === 'string' ? found : JSON.stringify(found);
    say(`${what} ${found === null ? 'nothing' : shown}`);
    deepStrictEqual(found, expected, `${story}: ${what} is not as told`);
  };
  const nameOf = ({ id }: Device): string => id.replace(/^.*\./, '').padEnd(7);
  return {
    say,
    expect,
    shows(devices, collection, id, expected) {
      for (const device of devices) {
        const record = device.get(space, collection, id);
        expect(`${nameOf(device)} shows`, contentOf(record?.payload ?? null), expected);
      }
    },
    siblings(devices, collection, id, expected) {
      for (const device of devices) {
        const kept = device.get(space, collection, id)?.kept;
        const siblings = kept?.kind === 'siblings' ? kept.siblings : [];
        const found = siblings.map(({ payload }) => contentOf(payload));
        expect(`${nameOf(device)} keeps`, found, expected);
      }
    },
    ledger(device, conflict) {
      const record = device.get(space, CONFLICTS, conflict?.id ?? '');
      if (record === null) throw new Error(`${story}: ${device.id} does not have the conflict`);
      const entry = entryOf(record.payload);
      say(`ledger  ${entry.kind}: ${entry.policy} took "${entry.resolution}" (${entry.state})`);
      say(`        stored    ${sideOf(entry.stored)}`);
      say(`        incoming  ${sideOf(entry.incoming)}`);
      say(`        ${entry.why}`);
      return entry;
    },
  };
}

function openOn(
  { grpc, token }: Server,
  id: string,
  schemaVersions: ReadonlyMap<CollectionName, number>,
): Device {
  return openDevice({
    device: id,
    user: 'demo',
    transport: grpcTransport({ addresses: [grpc], credentials: plaintext(), timer: systemTimer() }),
    store: memoryDeviceStore(),
    token: async () => token,
    clock: systemClock(),
    chance: systemChance(),
    timer: systemTimer(),
    config: { dataTypes: { engines: CRDT_ENGINES, types: OT_TYPES }, schemaVersions },
  });
}

function listenTo(device: Device): Map<ChangeNumber, Answer> {
  const heard = new Map<ChangeNumber, Answer>();
  device.listen((notice: AppNotice) => {
    if (notice.kind === 'answered') {
      const { status, version } = notice;
      heard.set(notice.change.number, { status, version, conflict: null });
    } else if (notice.kind === 'conflict') {
      const { status, conflict, change } = notice;
      const version = heard.get(change.number)?.version ?? 0;
      heard.set(change.number, { status, version, conflict });
    }
  });
  return heard;
}

const versionOf = (device: Device, space: string): number => device.status(space)?.version ?? 0;

/** All that was done here has its answer, and nothing is on its way. */
function isQuiet(device: Device, space: string): boolean {
  const status = device.status(space);
  return status !== null && status.pending === 0 && status.settled === 0 && status.caughtUp;
}

const contentOf = (payload: Uint8Array | null): unknown =>
  payload === null ? null : JSON.parse(decodeUtf8(payload));

const entryOf = (payload: Uint8Array): LedgerEntry => contentOf(payload) as LedgerEntry;

const sideOf = ({ json, deleted }: LedgerEntry['stored']): string =>
  deleted ? '(deleted)' : JSON.stringify(json);
