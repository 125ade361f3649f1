import type { Page } from '@syncline/proto';
import { creating, payloadOf } from '../changes';
import { serveFloor } from '../floor';
import { type FloorStream, openFloorStream } from '../floor-stream';
import { together } from '../numbers';
import { openMany } from '../open-many';
import { atMost, type Bench, type Figure, insist, type Row } from '../row';
import { fromWire, newClient, openSession, type Session, toWire } from '../session';
import { pause, until } from '../waiting';

const SESSIONS = 3_000;
const SPACES = 100;
/** They make both sides load what they need once, and do not count. */
const WARM_UP_SESSIONS = 300;
const PAYLOAD_BYTES = 214;
const ARRIVES_WITHIN_MS = 10_000;
const SETTLE_MS = 300;
const SETTLED_BYTES = 300_000;
const SETTLES_WITHIN_MS = 10_000;

/**
 * The memory is what a process still holds when all garbage is collected: between two collections, what it takes from
 * the system says more about when the last one was. Each repeat opens its share of the sessions beside those before,
 * on a gateway that was just started, so that nothing fits into room that other rows left.
 */
export const idle: Row = {
  name: 'idle',
  what: `${SESSIONS} sessions in ${SPACES} spaces are open, and nothing happens`,
  async measure(bench) {
    await startGatewayAnew(bench);
    const crowd = await newCrowd(bench);
    const holding = await newHolding();
    try {
      const share = SESSIONS / bench.repeats;
      const gatewayGrows = await growing(bench.stack.gatewayBytes, crowd.grow);
      const floorGrows = await growing(holding.heldBytes, holding.grow);
      const values: number[] = [];
      const floors: number[] = [];
      for (let repeat = 0; repeat < bench.repeats; repeat++) {
        values.push(await gatewayGrows(share));
        floors.push(await floorGrows(share));
      }
      await crowd.check();
      return [figure(values, floors)];
    } finally {
      crowd.close();
      await holding.close();
    }
  },
};

const figure = (values: readonly number[], floors: readonly number[]): Figure => ({
  name: 'idle',
  unit: 'kB a session',
  values,
  floors,
  goal: atMost(1.5),
  checked: 'the gateway counts all sessions as open, and a change at the end reaches all of its space',
});

/** Opens more each time, and tells by how many kB the memory grew for each of them. */
async function growing(
  heldBytes: () => Promise<number>,
  open: (count: number) => Promise<void>,
): Promise<(count: number) => Promise<number>> {
  await open(WARM_UP_SESSIONS);
  let before = await settled(heldBytes);
  return async (count) => {
    await open(count);
    const after = await settled(heldBytes);
    const grown = (after - before) / count / 1_000;
    before = after;
    return grown;
  };
}

/** What was begun when sessions opened, such as writing them down, comes to its end first. */
async function settled(heldBytes: () => Promise<number>): Promise<number> {
  let last = await heldBytes();
  const isSame = async (): Promise<boolean> => {
    await pause(SETTLE_MS);
    const before = last;
    last = await heldBytes();
    return Math.abs(last - before) < SETTLED_BYTES;
  };
  await until(isSame, SETTLES_WITHIN_MS, () => 'the memory in use did not come to rest');
  return last;
}

async function startGatewayAnew({ stack: { stack } }: Bench): Promise<void> {
  await stack.stop('gateway-1');
  await stack.start('gateway-1');
}

const GREETING = Buffer.from('hello');

/** A bare server that keeps streams open. */
async function newHolding() {
  const floor = await serveFloor('idle-streams', {});
  const { address } = floor;
  const streams: FloorStream[] = [];
  return {
    heldBytes: () => heldByFloor(address),
    grow: async (count: number): Promise<void> => {
      const open = () => openFloorStream({ address, path: '/floor/Hold', greeting: GREETING });
      streams.push(...(await openMany(count, open)));
    },
    close: async (): Promise<void> => {
      for (const stream of streams) stream.close();
      await floor.close();
    },
  };
}

function heldByFloor(address: string): Promise<number> {
  const client = newClient(address);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest('/floor/Memory', toWire, fromWire, GREETING, (error, answer) => {
      client.close();
      if (error === null) resolve(Number(answer?.toString()));
      else reject(error);
    });
  });
}

async function newCrowd({ stack }: Bench) {
  const spaces = await together(SPACES, () => stack.newSpace('idle'));
  const sessions: Session[] = [];
  const reached: number[] = [];
  let ended = 0;
  const join = (device: number): Promise<Session> => {
    const space = spaces[device % SPACES]!;
    return openSession({
      address: stack.gateway,
      token: stack.tokenFor(space),
      device: `device-${device}`,
      space,
      onPage: ({ entries }: Page) => void (reached[device] = (reached[device] ?? 0) + entries.length),
      onEnd: () => ended++,
    });
  };
  return {
    grow: async (count: number): Promise<void> => {
      const first = sessions.length;
      sessions.push(...(await openMany(count, (at) => join(first + at))));
    },
    check: async (): Promise<void> => {
      insist(ended === 0, `${ended} of ${sessions.length} sessions ended`);
      const open = await sessionsOpen(stack.stack.address('gateway-1').ops);
      insist(open === sessions.length, `the gateway counts ${open} of ${sessions.length} sessions`);
      await sessions[0]!.push([creating(1, 'record-1', payloadOf(PAYLOAD_BYTES, 1))]);
      const members = sessions.length / SPACES;
      const saw = (): number => reached.filter((entries) => entries === 1).length;
      await until(
        () => saw() === members,
        ARRIVES_WITHIN_MS,
        () => `a change reached ${saw()} of the ${members} sessions of its space`,
      );
    },
    close: () => sessions.forEach((session) => session.close()),
  };
}

async function sessionsOpen(ops: string): Promise<number> {
  const text = await (await fetch(`http://${ops}/metrics`)).text();
  return Number(/^syncline_gateway_sessions_open\{transport="grpc"\} (\d+)$/m.exec(text)?.[1]);
}
