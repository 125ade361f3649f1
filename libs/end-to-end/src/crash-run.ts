import { systemClock, systemTimer } from '@syncline/memory';
import { openOffice } from './office';
import { type Member, newMember } from './pool';
import { type Random, seeded } from './random';
import { faultsAtRest, rest } from './rest';
import { type Stack, startStack } from './stack';
import { BUSY_RULES, startTally, type Tally, tallyOf, work } from './writers';

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly say?: (line: string) => void;
  /** After so many kills everything comes to rest and is compared. */
  readonly checkEvery?: number;
}

export interface CrashVerdict {
  readonly faults: readonly string[];
  readonly acknowledged: number;
  /** Everything that was killed at least once. */
  readonly killed: readonly string[];
}

const SPACE = 'home';
const MEMBERS = 4;
const PENDING_KILL_MS_MAX = 300;
const DOWN_MS_MAX = 1_000;
const RECOVERED_MS_MAX = 60_000;
const TWO_AT_ONCE = 0.25;

const VICTIMS = ['gateway', 'gateway', 'merge', 'merge', 'delta', 'nats', 'redis', 'postgres', 'device'];

interface Run {
  readonly stack: Stack;
  readonly members: readonly Member[];
  readonly random: Random;
  readonly edits: Random;
  readonly tally: Tally;
  readonly killed: Set<string>;
}

/** Kills whatever there is to kill while devices write and read, and compares everything when it has come to rest. */
export async function runCrashes({
  kills,
  seed,
  say = () => undefined,
  checkEvery = 10,
}: CrashOptions): Promise<CrashVerdict> {
  const stack = await startStack();
  const members = Array.from({ length: MEMBERS }, (_, index) =>
    newMember(stack, `device-${index + 1}`, {
      gateways: index % 2 === 0 ? ['gateway-1', 'gateway-2'] : ['gateway-2', 'gateway-1'],
      onDisk: index < 2,
    }),
  );
  const run: Run = {
    stack,
    members,
    // One row of choices each: how fast the edits go must not change who is killed.
    random: seeded(seed),
    edits: seeded(seed + 1),
    tally: { total: 0 },
    killed: new Set(),
  };
  try {
    await begin(run);
    const faults: string[] = [];
    for (let done = 0; done < kills && faults.length === 0;) {
      const round = Math.min(checkEvery, kills - done);
      faults.push(...(await killRound(run, done, round, say)));
      done += round;
    }
    return { faults, acknowledged: acknowledgedBy(members), killed: [...run.killed] };
  } catch (failure) {
    const told = (failure as Error).message;
    return {
      faults: [`${told}\n${stack.log().slice(-40).join('\n')}`],
      acknowledged: acknowledgedBy(members),
      killed: [...run.killed],
    };
  } finally {
    for (const member of members) member.end();
    await stack.close();
  }
}

async function begin({ stack, members }: Run): Promise<void> {
  const office = openOffice(stack);
  await office.createSpace(SPACE);
  for (const rules of BUSY_RULES) await office.declare(SPACE, rules);
  for (const member of members) {
    member.device().follow(SPACE);
    member.device().goOnline();
  }
  await rest(members, SPACE);
  startTally(members[0]!, SPACE);
  await Promise.all(
    members.map((member) =>
      member.device().waitFor('the tally', () => member.device().get(SPACE, 'tallies', 't')),
    ),
  );
}

/** Some kills under load, and then the look at everything. */
async function killRound(
  run: Run,
  before: number,
  kills: number,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const { stack, members, edits, tally } = run;
  const load = work(members, SPACE, edits, tally);
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const told = await killSome(run);
      say(`${String(before + kill).padStart(4)}  ${told}  ${acknowledgedBy(members)} acknowledged`);
    }
  } finally {
    await load.stop();
  }
  const faults = [...(await faultsAtRest(stack, SPACE, members)), ...tallyFaults(run)];
  const { version } = members[0]!.device().status(SPACE)!;
  say(faults.length === 0 ? `      all agree at version ${version}` : `      ${faults.length} faults`);
  return faults;
}

function tallyFaults({ members, tally }: Run): readonly string[] {
  return members
    .filter((member) => tallyOf(member, SPACE) !== tally.total)
    .map((member) => `${member.name}: counts ${tallyOf(member, SPACE)}, ${tally.total} were counted up`);
}

async function killSome({ stack, members, random, killed }: Run): Promise<string> {
  const clock = systemClock();
  const victims = victimsOf(stack, random);
  for (const victim of victims) killed.add(victim);
  await pause(random.between(0, PENDING_KILL_MS_MAX));
  const inFlight = members.reduce((sum, member) => sum + member.device().pending(SPACE).length, 0);
  const startedMs = clock.nowMs();
  const processes = victims.filter((victim) => victim !== 'device');
  if (processes.length < victims.length) random.pick(members).crash();
  await Promise.all(processes.map((victim) => stack.kill(victim)));
  if (processes.length > 0) await pause(random.between(0, DOWN_MS_MAX));
  await Promise.all(processes.map((victim) => stack.start(victim)));
  await recovered(members);
  const tookMs = clock.nowMs() - startedMs;
  const waiting = String(inFlight).padStart(3);
  return `kill -9 ${victims.join(' and ').padEnd(22)} ${waiting} changes waiting, all go on after ${String(tookMs).padStart(5)} ms`;
}

/** Mostly one; two at once leave nobody to fall back on. */
function victimsOf(stack: Stack, random: Random): readonly string[] {
  const count = random.fraction() < TWO_AT_ONCE ? 2 : 1;
  const kinds = Array.from({ length: count }, () => random.pick(VICTIMS));
  const named = kinds.map((kind) => {
    const instances = stack.services.filter((name) => name.startsWith(kind));
    return instances.length === 0 ? kind : random.pick(instances);
  });
  return [...new Set(named)];
}

/** Each device has got an answer to something that it did after this moment. */
async function recovered(members: readonly Member[]): Promise<void> {
  await Promise.all(
    members.map((member) => {
      const device = member.device();
      const made = device.status(SPACE)?.counter ?? 0;
      return device.waitFor(
        'an answer after the crash',
        () => {
          const [oldest] = device.pending(SPACE);
          const counter = device.status(SPACE)?.counter ?? 0;
          return oldest === undefined ? counter > made : oldest.number > made;
        },
        RECOVERED_MS_MAX,
      );
    }),
  );
}

const acknowledgedBy = (members: readonly Member[]): number =>
  members.reduce((sum, { answers }) => sum + answers.size, 0);

const pause = (ms: number): Promise<void> => new Promise((resolve) => void systemTimer().after(ms, resolve));
