import { type Checkpoint, type Entry, OutcomeStatus, type Page } from '@syncline/proto';
import { creating, payloadOf } from './changes';
import { newFleet, type Place } from './fleet';
import { type Load, newLoad, type Point } from './load';
import { sendByTheClock } from './open-loop';
import type { Bench } from './row';
import { openSession, type Session } from './session';
import { until } from './waiting';

const SPACES = 100;
const DEVICES_PER_SPACE = 10;
const WATCHERS = DEVICES_PER_SPACE - 1;
const PAYLOAD_BYTES = 214;
const PREFIX = 'change-';
/** Of one session, as the gateway lets them wait; what is due beyond is kept here, and its time runs. */
const UNANSWERED_MAX = 8;
/** Whoever is so late has shown that it is too much. */
const LAG_MS_MAX = 3_000;
const SETTLED_MS_MAX = 60_000;

/** A thousand devices in a hundred spaces, which write by the clock while each watches the nine others of its space. */
export interface Crowd {
  readonly spaces: readonly string[];
  /** Changes, from the beginning on. */
  readonly sent: number;
  /** Comes back when all that was sent is answered, and was seen by all others. */
  endure(perSecond: number, seconds: number): Promise<Point>;
  /** How many devices stand anywhere else than their spaces. */
  astray(heads: ReadonlyMap<string, number>): number;
  close(): void;
}

interface Member {
  readonly place: Place;
  readonly session: Session;
  /** Of its last change. */
  number: number;
  unanswered: number;
  /** Changes that wait for their turn. */
  readonly waiting: number[];
}

/** What all devices of the crowd have in common. */
interface Shared {
  sent: number;
  load: Load | null;
  failure: Error | null;
  /** Where each device stands. */
  readonly versions: number[];
}

export async function openCrowd(bench: Bench): Promise<Crowd> {
  const shared: Shared = { sent: 0, load: null, failure: null, versions: [] };
  const size = { spaces: SPACES, devicesPerSpace: DEVICES_PER_SPACE };
  const { spaces, members } = await newFleet(bench, 'crowd', size, (place) => join(bench, shared, place));
  return {
    spaces,
    get sent() {
      return shared.sent;
    },
    endure: (perSecond, seconds) => endure(shared, members, perSecond, seconds),
    astray: (heads) =>
      members.filter(({ place }) => shared.versions[place.at] !== heads.get(place.space)).length,
    close: () => members.forEach(({ session }) => session.close()),
  };
}

async function join({ stack }: Bench, shared: Shared, place: Place): Promise<Member> {
  const { at, space, device, token } = place;
  const staged: number[] = [];
  const opened: { session: Session | null } = { session: null };
  const session = await openSession({
    address: stack.gateway,
    token,
    device,
    space,
    onPage: ({ entries }: Page) => {
      for (const entry of entries)
        if (isOfOther(entry, device)) staged.push(Number(entry.id.slice(PREFIX.length)));
    },
    onCheckpoint({ version, cursor }: Checkpoint) {
      for (const change of staged.splice(0)) shared.load?.seen(change);
      shared.versions[at] = version;
      opened.session?.acknowledge(cursor);
    },
    onEnd: (why) => (shared.failure ??= why),
  });
  opened.session = session;
  return { place, session, number: 0, unanswered: 0, waiting: [] };
}

/** Its own come back as versions alone, or along with those of the others in a page that is the same for all. */
const isOfOther = ({ kind, device }: Entry, self: string): boolean =>
  kind?.$case === 'put' && device !== self;

async function endure(
  shared: Shared,
  members: readonly Member[],
  perSecond: number,
  seconds: number,
): Promise<Point> {
  const first = shared.sent;
  const count = Math.round(perSecond * seconds);
  const load = newLoad(first, count, WATCHERS);
  shared.load = load;
  const sent = await sendByTheClock({
    perSecond,
    count,
    send(at, dueMs) {
      const change = first + at;
      load.due(change, dueMs);
      shared.sent++;
      const member = members[change % members.length]!;
      if (member.unanswered < UNANSWERED_MAX) push(shared, load, member, change);
      else member.waiting.push(change);
    },
    isOver: () => shared.failure !== null || load.lagMs() > LAG_MS_MAX,
  });
  await settled(shared, load, sent);
  shared.load = null;
  return load.point(perSecond, sent, sent < count);
}

function push(shared: Shared, load: Load, member: Member, change: number): void {
  const { session, waiting } = member;
  member.unanswered++;
  const created = creating(++member.number, `${PREFIX}${change}`, payloadOf(PAYLOAD_BYTES, change));
  session.push([created]).then(
    ({ outcomes: [outcome] }) => {
      if (outcome?.status !== OutcomeStatus.APPLIED)
        shared.failure ??= new Error(`change ${change} was not applied`);
      load.answered(change);
      member.unanswered--;
      const next = waiting.shift();
      if (next !== undefined) push(shared, load, member, next);
    },
    (why: Error) => (shared.failure ??= why),
  );
}

function settled(shared: Shared, load: Load, sent: number): Promise<void> {
  const isDone = (): boolean => {
    if (shared.failure !== null) throw shared.failure;
    return load.answers === sent && load.sights === sent * WATCHERS;
  };
  const missing = (): string =>
    `${sent - load.answers} answers and ${sent * WATCHERS - load.sights} deliveries never came`;
  return until(isDone, SETTLED_MS_MAX, missing);
}
