import { type Outcome, OutcomeStatus } from '@syncline/proto';
import { creating, payloadOf } from './changes';
import { newFleet } from './fleet';
import { median, percentile } from './numbers';
import { openMany } from './open-many';
import { roamingDevice, type RoamingDevice } from './roaming-device';
import { type Bench, insist } from './row';
import { pageReads } from './service-facts';
import { openSession, type Session } from './session';
import { nowMs } from './stopwatch';
import { headsOf } from './store-facts';
import { until } from './waiting';

export const STORM_SIZE = { spaces: 100, devicesPerSpace: 10 };
export const BEHIND = 100;
const PAYLOAD_BYTES = 214;
const CURRENT_MS_MAX = 120_000;

/** The devices know this gateway alone; what they miss is written through the other one. */
const THEIRS = 'gateway-1';
const OTHER = 'gateway-2';

export interface StormWorld {
  readonly bench: Bench;
  readonly spaces: readonly string[];
  readonly devices: readonly RoamingDevice[];
  readonly writers: readonly Session[];
}

export interface Storm {
  /** From the moment at which the gateway listened again until the last device was current. */
  readonly seconds: number;
  readonly secondsSinceKill: number;
  readonly currentSecondsP50: number;
  readonly currentSecondsP99: number;
  /** Of the attempts that made devices current; the rest of the time they waited before they tried again. */
  readonly attemptMsP50: number;
  readonly attemptMsMax: number;
  readonly attemptsPerDevice: number;
  readonly readsPerSpace: number;
  readonly errors: readonly string[];
}

/** A resolver of names for each of a thousand connections would be a good part of the load. */
const withoutLookup = (address: string): string => `ipv4:${address}`;

export async function newStormWorld(bench: Bench): Promise<StormWorld> {
  const { stack } = bench;
  const { spaces, members: devices } = await newFleet(bench, 'storm', STORM_SIZE, async (place) => {
    const device = roamingDevice(withoutLookup(stack.gateway), place);
    await allAt(0, [device]);
    return device;
  });
  const address = withoutLookup(stack.stack.address(OTHER).grpc);
  const writers = await openMany(spaces.length, (at) => {
    const space = spaces[at]!;
    const token = stack.tokenFor(space);
    return openSession({ address, token, device: `writer-${at}`, space, uploadOnly: true });
  });
  return { bench, spaces, devices, writers };
}

/** Nobody reads between the kill and the new start, so each device lacks all that is written meanwhile. */
export async function blow(world: StormWorld, before: number): Promise<Storm> {
  const { bench, spaces, devices, writers } = world;
  const { stack } = bench.stack;
  const readsBefore = await pageReads(bench.stack);
  const dialsBefore = sum(devices.map(({ dials }) => dials));
  const errorsBefore = devices.map(({ errors }) => errors.length);
  const killedMs = nowMs();
  await stack.kill(THEIRS);
  const head = before + BEHIND;
  await Promise.all(writers.map((writer) => write(writer, before)));
  await stack.start(THEIRS);
  const listeningMs = nowMs();
  await allAt(head, devices);
  const currentMs = devices.map(({ reachedMs }) => reachedMs - listeningMs);
  const attemptMs = devices.map(({ reachedMs, dialledMs }) => reachedMs - dialledMs);
  const lastMs = Math.max(...currentMs);
  const storm: Storm = {
    seconds: lastMs / 1_000,
    secondsSinceKill: (lastMs + listeningMs - killedMs) / 1_000,
    currentSecondsP50: median(currentMs) / 1_000,
    currentSecondsP99: percentile(currentMs, 0.99) / 1_000,
    attemptMsP50: median(attemptMs),
    attemptMsMax: Math.max(...attemptMs),
    attemptsPerDevice: (sum(devices.map(({ dials }) => dials)) - dialsBefore) / devices.length,
    readsPerSpace: ((await pageReads(bench.stack)) - readsBefore) / spaces.length,
    errors: devices.flatMap(({ errors }, nth) => errors.slice(errorsBefore[nth])),
  };
  await insistOnAll(world, head);
  return storm;
}

async function allAt(head: number, devices: readonly RoamingDevice[]): Promise<void> {
  const late = [...devices];
  const areCurrent = (): boolean => {
    while (late.length > 0 && late.at(-1)!.version >= head) late.pop();
    return late.length === 0;
  };
  const missing = (): string =>
    `${late.filter(({ version }) => version < head).length} devices are not current`;
  await until(areCurrent, CURRENT_MS_MAX, missing);
}

async function write(writer: Session, before: number): Promise<void> {
  const numbers = Array.from({ length: BEHIND }, (_, at) => before + at + 1);
  const { outcomes } = await writer.push(
    numbers.map((number) => creating(number, `record-${number}`, payloadOf(PAYLOAD_BYTES, number))),
  );
  insist(outcomes.length === BEHIND && outcomes.every(isApplied), 'a change was not applied');
}

const isApplied = ({ status }: Outcome): boolean => status === OutcomeStatus.APPLIED;

async function insistOnAll({ bench, spaces, devices }: StormWorld, head: number): Promise<void> {
  const heads = await headsOf(bench.stack, spaces);
  for (const device of devices) {
    const { place, version } = device;
    insist(version === heads.get(place.space), `${place.device} stands at ${version}, not at the head`);
    const records = device.insistOnCopy();
    insist(records === head, `${place.device} holds ${records} records of ${head}`);
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
