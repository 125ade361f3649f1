import { DEFAULT_LIMITS, type PushResult, type Limits } from '@syncline/core';
import { hmacCursorKeys } from '@syncline/memory';
import type { SpacePush } from '@syncline/flows';
import { type DeltaProcess, deltaProcess } from './delta-process';
import { POLICIES } from './fixtures';
import { type GatewayProcess, gatewayProcess } from './gateway-process';
import { type MergeProcess, mergeProcess } from './merge-process';
import type { WorldPlan } from './plan';
import { type Process, remoteCall, startProcess, tolerateWeather, Unreachable } from './process';
import { uncounted } from './observed-store';
import { resolverProcess } from './resolver-process';
import { fail, noteOutcomes } from './record';
import type { Ground } from './world';

export type Service = 'gateway' | 'merge' | 'delta';

/** How to start a process of each kind, again and again. */
export interface Services {
  gateway(index: number): GatewayProcess;
  merge(index: number): MergeProcess;
  delta(index: number): DeltaProcess;
  resolver(index: number): void;
  /** Over the network to the merge service that has the space. */
  push(from: Process, push: SpacePush): Promise<PushResult>;
}

export function servicesOf(world: Ground): Services {
  const { plan, time, store, weather, record, announcements } = world;
  const random = world.random.fork('services');
  const clock = { nowMs: () => time.nowMs() };
  const limits = limitsFor(plan);
  const tolerate = tolerateWeather((what) => fail(record, 'fault', what));
  const shared = { store, announcements, clock, policies: POLICIES, limits, tolerate };
  const keys = hmacCursorKeys([{ id: 1, secret: new Uint8Array(32).fill(7) }]);
  let ids = 0;
  const chance = { id: () => `session-${++ids}`, fraction: () => random.fraction() };
  const start = (service: Service, index: number) => startProcess(`${service}${index}`, time, random, 8);
  const network = { time, random, weather: () => weather };

  const push = (from: Process, made: SpacePush): Promise<PushResult> => {
    const target = world.merges[hashOf(made.space) % world.merges.length] ?? null;
    const run = async () => {
      const result = await target!.push(made);
      // What the service writes for a person is numbered where it is decided.
      if (result.kind === 'outcomes' && made.push.byService !== true)
        noteOutcomes(record, made, result.outcomes);
      return result;
    };
    return remoteCall(from, () => target?.process ?? null, network, run);
  };

  return {
    push,
    resolver(index) {
      const desk = startProcess(`resolver${index}`, time, random, 200);
      const { bare } = world;
      resolverProcess(desk, {
        ...{ deltas: bare, conflicts: bare, clock, random, tolerate },
        push: (made) => push(desk, made),
        failureRate: () => (weather.lossRate === 0 ? 0 : 0.5),
        answered: (question, asked) => void record.resolverAnswers.push({ question, asked }),
      });
    },
    merge: (index) => mergeProcess(start('merge', index), shared),
    delta: (index) =>
      deltaProcess(start('delta', index), { ...shared, upkeepStore: uncounted(store, world.bare) }),
    gateway: (index) =>
      gatewayProcess(start('gateway', index), {
        ...shared,
        chance,
        tokens: world.tokens,
        sessions: () => world.redis.sessions,
        rates: () => world.redis.rates,
        keys,
        saidTooLate: (what) => fail(record, '8', what),
        push,
        read: async (from, space, reader, cursor) => {
          const alive = world.deltas.filter((delta) => delta !== null);
          if (alive.length === 0) throw new Unreachable('no delta service');
          const target = random.pick(alive);
          record.readers.push({ space, device: reader.device });
          return remoteCall(
            from,
            () => target.process,
            network,
            () => target.read(space, reader, cursor),
          );
        },
      }),
  };
}

function hashOf(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0;
  return hash;
}

export function limitsFor(plan: WorldPlan): Limits {
  return {
    ...DEFAULT_LIMITS,
    pageRecordsMax: plan.pageRecordsMax,
    offlineHorizonMs: plan.horizonMs,
    recordBytesMax: plan.recordBytesMax,
    sendWindowBytesMax: 64 * 1024,
    historyPerRecordMax: 1_000,
    changesPerSecondMax: 200,
    sessionsPerDeviceMax: 8,
  };
}
