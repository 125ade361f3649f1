import { type Access, collectionName, type SpaceId } from '@syncline/core';
import { declareCollection } from '@syncline/flows';
import {
  memoryRateLimits,
  memorySessionRegistry,
  memoryStore,
  type MemoryStore,
  memoryTokens,
  type MemoryTokens,
} from '@syncline/memory';
import type { Announcements, RateLimits, SessionRegistry } from '@syncline/ports';
import { unreliableBus } from './bus';
import type { DeltaProcess } from './delta-process';
import type { Device } from './device-process';
import { deviceOf } from './devices';
import { declaredRules, POLICIES } from './fixtures';
import type { GatewayProcess } from './gateway-process';
import type { MergeProcess } from './merge-process';
import { deviceName, spaceKeyOf, userOf } from './names';
import { observedStore } from './observed-store';
import type { ScopePlan, WorldPlan } from './plan';
import { type Random, seededRandom } from './random';
import { newRecord, type WorldRecord } from './record';
import { type Scheduler, scheduler } from './scheduler';
import { type Services, servicesOf } from './services';
import type { Store } from './stores';
import { type Story, storyOf } from './story';

/** A whole installation with its devices, in one virtual time. */
export interface World extends Ground {
  readonly services: Services;
}

export interface Terms {
  readonly scope: ScopePlan;
  shown: boolean;
}

/** A world without its services: what they stand on. */
export interface Ground {
  readonly plan: WorldPlan;
  readonly time: Scheduler;
  readonly random: Random;
  readonly record: WorldRecord;
  readonly store: Store;
  /** What is under it, for those whose reads cost no device anything. */
  readonly bare: MemoryStore;
  readonly tokens: MemoryTokens;
  readonly devices: readonly Device[];
  readonly gateways: (GatewayProcess | null)[];
  readonly merges: (MergeProcess | null)[];
  readonly deltas: (DeltaProcess | null)[];
  readonly weather: {
    lossRate: number;
    /** Chance that a call reaches the other side twice. */
    repeatRate: number;
    delayMsMax: number;
    busLossRate: number;
    busRepeatRate: number;
    busSilentUntilMs: number;
    tokenMsMax: number;
  };
  /** By device: spaces that it follows on other terms than planned; `shown` once a checkpoint came under them. */
  readonly terms: readonly Map<SpaceId, Terms>[];
  /** Collections that a device was at some time not allowed to read. */
  readonly hidden: readonly Set<string>[];
  readonly story: Story;
  readonly announcements: Announcements;
  redis: { sessions: SessionRegistry; rates: RateLimits };
}

/** They ask the same questions, which does no harm. */
const RESOLVERS = 2;

const ALL: Access = { role: 'editor', collections: new Map() };
const NARROWED: Access = { role: 'editor', collections: new Map([[collectionName('notes'), 'none']]) };
export const accessOf = (narrowed: boolean): Access => (narrowed ? NARROWED : ALL);

export async function createWorld(plan: WorldPlan, telling: boolean): Promise<World> {
  const time = scheduler();
  const random = seededRandom(plan.seed).fork('world');
  const record = newRecord();
  const clock = { nowMs: () => time.nowMs() };
  const story = storyOf(time, telling);
  const bare = memoryStore(clock);
  const store = observedStore(bare, record, (line) => story.tell(line), clock, plan.horizonMs);
  const { lossRate, delayMsMax, busLossRate, busRepeatRate } = plan;
  const weather = {
    lossRate,
    repeatRate: lossRate,
    delayMsMax,
    busLossRate,
    busRepeatRate,
    busSilentUntilMs: 0,
    tokenMsMax: 150_000,
  };
  const announcements = unreliableBus(time, random.fork('bus'), () => ({
    lossRate: time.nowMs() < weather.busSilentUntilMs ? 1 : weather.busLossRate,
    repeatRate: weather.busRepeatRate,
    delayMsMax: weather.delayMsMax,
  }));
  const ground: Ground = {
    plan,
    time,
    random,
    record,
    store,
    bare,
    tokens: memoryTokens(),
    devices: [],
    gateways: [],
    merges: [],
    deltas: [],
    weather,
    announcements,
    terms: plan.devices.map(() => new Map<SpaceId, Terms>()),
    hidden: plan.devices.map(() => new Set<string>()),
    story,
    redis: { sessions: memorySessionRegistry({ clock }), rates: memoryRateLimits({ clock }) },
  };
  await furnish(ground);
  const services = servicesOf(ground);
  const world: World = Object.assign(ground, { services });
  for (let i = 0; i < plan.gateways; i++) world.gateways.push(services.gateway(i));
  for (let i = 0; i < plan.merges; i++) world.merges.push(services.merge(i));
  for (let i = 0; i < plan.deltas; i++) world.deltas.push(services.delta(i));
  for (let i = 0; i < RESOLVERS; i++) services.resolver(i);
  plan.devices.forEach((_, index) => (world.devices as Device[]).push(deviceOf(world, index)));
  plan.devices.forEach(({ oldSchema }, index) => {
    if (oldSchema) record.oldSchemas.add(deviceName(index));
  });
  return world;
}

async function furnish({ plan, store }: Ground): Promise<void> {
  const declare = declareCollection({ directory: store, policies: POLICIES });
  for (let space = 0; space < plan.spaces; space++) {
    await store.createSpace(spaceKeyOf(space), null);
    for (const rules of declaredRules()) {
      const answer = await declare(spaceKeyOf(space), rules);
      if (!answer.ok) throw new Error(`${rules.collection}: ${JSON.stringify(answer.refusal.violations)}`);
    }
    for (let device = 0; device < plan.devices.length; device++) {
      await store.setAccess(spaceKeyOf(space), userOf(device), accessOf(false));
    }
  }
}
