import { creates, type Device, memoryDeviceStore, openDevice, patches } from '@syncline/client-node';
import { systemChance, systemClock, systemTimer } from '@syncline/memory';
import { COLLECTION } from '../changes';
import { countedTransport, type Told } from '../counted-transport';
import { times } from '../numbers';
import { type Bench, type Figure, type Goal, insist, most, type Row } from '../row';

// Ids and versions as long as they are in use.
const WRITER = '0b9a3c5e-7d1f-4a86-9c3e-5f2b8d6a1e40';
const OTHER = '5d0c7a52-14f6-4b0e-8a53-0a6b1f3b9c77';
const RECORD = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
const HEAD = 1_000_000;
const RECORD_BYTES = 2_048;

export const wire: Row = {
  name: 'wire',
  what: `a device's engine patches one field of a record of ${RECORD_BYTES} bytes, and syncs with nothing new`,
  async measure(bench) {
    const space = await bench.stack.newSpace('home');
    await bench.stack.query(`update spaces set head = $2, announced = $2 where space = $1`, [
      `demo/${space}`,
      HEAD,
    ]);
    const writer = await openCounted(bench, space, WRITER);
    const other = await openCounted(bench, space, OTHER);
    writer.device.change(space, creates(COLLECTION, RECORD, contentOf(RECORD_BYTES)));
    await bothAt(writer, other, HEAD + 1);
    const measured = await times(bench.repeats, async (repeat) => ({
      ...(await patchOnce(writer, other, HEAD + 2 + repeat)),
      ...(await syncEmpty(other, HEAD + 2 + repeat)),
    }));
    for (const { device } of [writer, other]) device.close();
    return figuresOf(measured);
  },
};

/** The one field that changes, and others around it. */
function contentOf(bytes: number): Record<string, unknown> {
  const content = { name: 'Living room', floor: 1, targetCelsius: 19, windowOpen: false, notes: '' };
  return { ...content, notes: 'n'.repeat(bytes - JSON.stringify(content).length) };
}

interface Counted {
  readonly device: Device;
  readonly space: string;
  /** Of all messages since the last `forget`. */
  bytes(by: Told['by'], kind?: string): number;
  count(by: Told['by'], kind: string): number;
  forget(): void;
}

async function openCounted({ stack }: Bench, space: string, id: string): Promise<Counted> {
  const told: Told[] = [];
  const device = openDevice({
    device: id,
    user: 'ada',
    transport: countedTransport(stack.gateway, (each) => told.push(each)),
    store: memoryDeviceStore(),
    token: () => Promise.resolve(stack.tokenFor(space)),
    clock: systemClock(),
    chance: systemChance(),
    timer: systemTimer(),
  });
  device.follow(space);
  device.goOnline();
  await device.waitFor('its first checkpoint', () => device.status(space)?.caughtUp);
  const of = (by: Told['by'], kind?: string): Told[] =>
    told.filter((each) => each.by === by && (kind === undefined || each.kind === kind));
  return {
    device,
    space,
    bytes: (by, kind) => of(by, kind).reduce((sum, { bytes }) => sum + bytes, 0),
    count: (by, kind) => of(by, kind).length,
    forget: () => void told.splice(0),
  };
}

/** Nothing is under way any more: all that there will be has been counted. */
async function bothAt(writer: Counted, other: Counted, version: number): Promise<void> {
  for (const { device, space } of [writer, other])
    await device.waitFor(`version ${version}`, () => {
      const { pending, settled, version: at } = device.status(space)!;
      return pending + settled === 0 && at === version;
    });
}

interface Patched {
  readonly push: number;
  readonly answer: number;
  readonly page: number;
}

async function patchOnce(writer: Counted, other: Counted, version: number): Promise<Patched> {
  const { device, space } = writer;
  writer.forget();
  other.forget();
  const targetCelsius = 20.5 + (version % 5);
  device.change(space, patches(COLLECTION, RECORD, { targetCelsius }));
  await bothAt(writer, other, version);
  const [own, theirs] = [writer, other].map((each) => each.device.get(space, COLLECTION, RECORD)?.payload);
  insist(own !== undefined && theirs !== undefined, 'the record is missing');
  insist(Buffer.compare(own, theirs) === 0, 'the devices hold different records');
  const content = JSON.parse(Buffer.from(theirs).toString()) as Record<string, unknown>;
  insist(content['targetCelsius'] === targetCelsius, 'the patch is not in the record');
  insist(
    writer.count('device', 'push') === 1 && other.count('server', 'page') === 1,
    'more was sent than once',
  );
  return {
    push: writer.bytes('device', 'push'),
    answer: writer.bytes('server', 'outcomes'),
    page: other.bytes('server', 'page'),
  };
}

interface Synced {
  readonly asked: number;
  readonly answered: number;
}

/** By a device that has not pushed, so that all it hears is about this. */
async function syncEmpty(other: Counted, version: number): Promise<Synced> {
  const { device, space } = other;
  other.forget();
  device.syncNow(space);
  await device.waitFor('the answer', () => other.count('server', 'checkpoint') === 1);
  insist(device.status(space)?.version === version, 'the space has moved');
  insist(other.count('server', 'page') === 0, 'an empty sync brought a page');
  return { asked: other.bytes('device'), answered: other.bytes('server') };
}

const CHECKED = 'both devices hold the same record with the new value, and each message was sent once';

function figuresOf(measured: readonly (Patched & Synced)[]): Figure[] {
  const figure = (
    name: string,
    of: (each: Patched & Synced) => number,
    goal: Goal | null,
    checked: string,
  ): Figure => ({ name, unit: 'bytes', values: measured.map(of), floors: null, goal, checked });
  return [
    figure('wire patch', ({ push }) => push, most(300), CHECKED),
    figure('wire patch answer', ({ answer }) => answer, null, CHECKED),
    figure('wire patch page', ({ page }) => page, null, CHECKED),
    figure(
      'wire empty',
      ({ asked, answered }) => asked + answered,
      most(200),
      'no page came, and the version stands',
    ),
  ];
}
