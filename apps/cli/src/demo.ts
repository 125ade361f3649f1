import type { AppNotice } from '@syncline/client';
import {
  creates,
  deletes,
  type Device,
  grpcTransport,
  memoryDeviceStore,
  openDevice,
  plaintext,
  updates,
} from '@syncline/client-node';
import { collectionName, CONFLICTS, decodeUtf8, recordId, type Refusal, WHOLE_SPACE } from '@syncline/core';
import { systemChance, systemClock, systemTimer } from '@syncline/memory';
import { findServer, type LocalServer, NoServer } from './local-server';
import type { Terminal } from './terminal';

const DATA_FOLDER = './syncline-data';
const CONNECT_MS_MAX = 10_000;
/** By which the phone's edit is the later one. */
const A_MOMENT_MS = 50;
const ID = 'shopping';

type Conflict = Extract<AppNotice, { kind: 'conflict' }>;

/** One side of the story, and what it was told of conflicts. */
interface Side {
  readonly name: string;
  readonly device: Device;
  readonly conflicts: Conflict[];
  readonly refusals: Refusal[];
}

interface Stage {
  readonly terminal: Terminal;
  readonly space: string;
  readonly notes: string;
  readonly laptop: Side;
  readonly phone: Side;
}

/** Two devices of one user and one record. Names are new in each run, so that runs do not meet. */
export async function demo(terminal: Terminal, [folder = DATA_FOLDER]: readonly string[]): Promise<number> {
  const server = findServer(folder);
  const run = `demo-${systemChance()
    .id()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 6)}`;
  const laptop = openSide(server, run, 'laptop');
  const phone = openSide(server, run, 'phone');
  const stage = { terminal, space: server.space, notes: run, laptop, phone };
  try {
    await meet(stage, server);
    await editLive(stage);
    await editApart(stage);
    await comeBack(stage);
    await goOn(stage);
    await tidy(stage);
    return 0;
  } finally {
    laptop.device.close();
    phone.device.close();
  }
}

function openSide(server: LocalServer, run: string, name: string): Side {
  const conflicts: Conflict[] = [];
  const refusals: Refusal[] = [];
  const device = openDevice({
    device: `${name}-${run}`,
    user: server.user,
    transport: grpcTransport({ addresses: [server.grpc], credentials: plaintext(), timer: systemTimer() }),
    store: memoryDeviceStore(),
    token: async () => server.token,
    clock: systemClock(),
    chance: systemChance(),
    timer: systemTimer(),
    onNotice(notice) {
      if (notice.kind === 'conflict') conflicts.push(notice);
      if (notice.kind === 'refusal') refusals.push(notice.refusal);
    },
  });
  device.follow(server.space, {
    scope: { ...WHOLE_SPACE, collections: [collectionName(run), CONFLICTS] },
  });
  return { name, device, conflicts, refusals };
}

async function meet({ terminal, space, notes, laptop, phone }: Stage, server: LocalServer): Promise<void> {
  terminal.step(`Two devices of ${server.user} connect to ${server.grpc} and follow the space "${space}"`);
  for (const { device, name, refusals } of [laptop, phone]) {
    device.goOnline();
    const met = await device.waitFor(
      'the server',
      () =>
        device.connection() === 'waiting' || device.connection() === 'stopped' || hasCaughtUp(device, space),
      CONNECT_MS_MAX,
    );
    if (met && !hasCaughtUp(device, space)) throw new NoServer(whyNot(refusals.at(-1), server));
    terminal.line(
      `${name.padEnd(6)}  is up to date: ${device.list(space, notes).length} records in "${notes}"`,
    );
  }
}

const whyNot = (refusal: Refusal | undefined, { grpc }: LocalServer): string =>
  refusal === undefined
    ? `Nothing answers at ${grpc}. Is \`npm start\` still running?`
    : `The server turns the demo away: ${refusal.message} (${refusal.reason})`;

const hasCaughtUp = (device: Device, space: string): boolean => device.status(space)?.caughtUp === true;

function titleOf({ device }: Side, { space, notes }: Stage): string | null {
  const record = device.get(space, notes, ID);
  if (record === null) return null;
  return (JSON.parse(decodeUtf8(record.payload)) as { title: string }).title;
}

const shows = (side: Side, stage: Stage, title: string | null): Promise<boolean> =>
  side.device.waitFor(
    `"${title}"`,
    () => titleOf(side, stage) === title && isQuiet(side.device, stage.space),
  );

/** All that was done here has its answer. */
const isQuiet = (device: Device, space: string): boolean => {
  const status = device.status(space);
  return status !== null && status.pending === 0 && status.settled === 0 && status.caughtUp;
};

function show(stage: Stage): void {
  for (const side of [stage.laptop, stage.phone])
    stage.terminal.line(`${side.name.padEnd(6)}  shows "${titleOf(side, stage)}"`);
}

async function editLive(stage: Stage): Promise<void> {
  const { terminal, laptop, phone, space, notes } = stage;
  terminal.step('The laptop writes; the phone sees it at once');
  const clock = systemClock();
  const startedMs = clock.nowMs();
  laptop.device.change(space, creates(notes, ID, { title: 'milk' }));
  await shows(phone, stage, 'milk');
  const tookMs = Math.max(0, clock.nowMs() - startedMs);
  await shows(laptop, stage, 'milk');
  terminal.line(`from the edit on the laptop to the phone's screen: ${tookMs} ms`);
  show(stage);
}

async function editApart(stage: Stage): Promise<void> {
  const { terminal, laptop, phone, space, notes } = stage;
  terminal.step('Both go offline and change the same record');
  laptop.device.goOffline();
  phone.device.goOffline();
  laptop.device.change(space, updates(notes, ID, { title: 'milk and bread' }));
  await new Promise<void>((resolve) => void systemTimer().after(A_MOMENT_MS, resolve));
  phone.device.change(space, updates(notes, ID, { title: 'oat milk' }));
  show(stage);
  for (const { name, device } of [laptop, phone])
    terminal.line(`${name.padEnd(6)}  has ${device.pending(space).length} change waiting`);
}

async function comeBack(stage: Stage): Promise<void> {
  const { terminal, laptop, phone, space } = stage;
  terminal.step('The phone comes back first, then the laptop: its change meets one that it had not seen');
  phone.device.goOnline();
  await shows(phone, stage, 'oat milk');
  laptop.device.goOnline();
  const met = await laptop.device.waitFor('the conflict', () => laptop.conflicts.at(-1));
  const { conflict, status } = met;
  terminal.line(`the server tells the laptop: ${conflict?.kind}, its change is ${status}`);
  const entries = [laptop, phone].map(({ device }) =>
    device.waitFor('the entry in the ledger', () => {
      const entry = device.get(space, CONFLICTS, recordId(conflict?.id ?? ''));
      return isQuiet(device, space) ? entry : null;
    }),
  );
  const [seen, seenToo] = await Promise.all(entries);
  const { stored, incoming, policy, why, state } = JSON.parse(decodeUtf8(seen!.payload)) as LedgerEntry;
  terminal.line();
  terminal.line(`ledger  ${conflict?.id}`);
  terminal.line(`        the phone wrote   ${JSON.stringify(stored.json)}`);
  terminal.line(`        the laptop wrote  ${JSON.stringify(incoming.json)}`);
  terminal.line(`        ${policy}: ${why} (${state})`);
  terminal.line(`        ${sameOn(seen!.payload, seenToo!.payload)}`);
  terminal.line();
  show(stage);
}

interface LedgerEntry {
  readonly stored: { readonly json?: unknown };
  readonly incoming: { readonly json?: unknown };
  readonly policy: string;
  readonly why: string;
  readonly state: string;
}

const sameOn = (one: Uint8Array, other: Uint8Array): string =>
  Buffer.compare(one, other) === 0
    ? 'both devices hold this entry and can read it offline'
    : 'the devices hold different entries, which must not be';

async function goOn(stage: Stage): Promise<void> {
  const { terminal, laptop, phone, space, notes } = stage;
  terminal.step('And on it goes, live');
  phone.device.change(space, updates(notes, ID, { title: 'oat milk and bread' }));
  await Promise.all([shows(laptop, stage, 'oat milk and bread'), shows(phone, stage, 'oat milk and bread')]);
  show(stage);
}

async function tidy(stage: Stage): Promise<void> {
  const { terminal, laptop, phone, space, notes } = stage;
  terminal.step('Tidying up: the laptop deletes the record, and it is gone on the phone');
  laptop.device.change(space, deletes(notes, ID));
  await Promise.all([shows(laptop, stage, null), shows(phone, stage, null)]);
  const versions = [laptop, phone].map(({ device }) => device.status(space)?.version);
  terminal.line(`both devices stand at version ${versions.join(' and ')} of the space`);
}
