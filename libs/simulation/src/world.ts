import { type AppNotice, defaultConfig, DEFAULT_CLIENT_LIMITS, type Input } from '@syncline/client';
import {
  type Access,
  CAPABILITIES,
  collectionName,
  type CollectionName,
  CORE_POLICIES,
  DEFAULT_LIMITS,
  deviceId,
  type Limits,
  policyRegistry,
  spaceId,
  type SpaceKey,
  spaceKey,
  tenantId,
  userId,
} from '@syncline/core';
import { declareCollection } from '@syncline/flows';
import {
  hmacCursorKeys,
  memoryRateLimits,
  memorySessionRegistry,
  memoryStore,
  memoryTokens,
  type MemoryTokens,
} from '@syncline/memory';
import type { RateLimits, SessionRegistry } from '@syncline/ports';
import { serverMessageThroughWire, throughWire } from '@syncline/wire';
import { unreliableBus } from './bus';
import { checkCopy } from './checks/copies';
import { checkOwnWrites } from './checks/own-writes';
import { type DeltaProcess, deltaProcess } from './delta-process';
import { type Device, startDevice } from './device-process';
import { declaredRules } from './fixtures';
import { type GatewayProcess, gatewayProcess } from './gateway-process';
import { type MergeProcess, mergeProcess } from './merge-process';
import { observedStore } from './observed-store';
import type { WorldPlan } from './plan';
import { remoteCall, startProcess, tolerateWeather, Unreachable } from './process';
import { type Random, seededRandom } from './random';
import { editKey, fail, newRecord, noteOutcomes, type WorldRecord } from './record';
import { type Scheduler, scheduler } from './scheduler';
import type { Store } from './stores';
import { openLink } from './wire-link';

export const TENANT = tenantId('world');

export type Service = 'gateway' | 'merge' | 'delta';

/** A whole installation with its devices, in one virtual time. */
export interface World {
  readonly plan: WorldPlan;
  readonly time: Scheduler;
  readonly random: Random;
  readonly record: WorldRecord;
  readonly store: Store;
  readonly tokens: MemoryTokens;
  readonly devices: readonly Device[];
  readonly gateways: (GatewayProcess | null)[];
  readonly merges: (MergeProcess | null)[];
  readonly deltas: (DeltaProcess | null)[];
  readonly weather: {
    lossRate: number;
    delayMsMax: number;
    busLossRate: number;
    busRepeatRate: number;
    busSilentUntilMs: number;
    tokenMsMax: number;
  };
  /** Collections that a device was at some time not allowed to read. */
  readonly hidden: readonly Set<string>[];
  readonly story: Story;
  redis: { sessions: SessionRegistry; rates: RateLimits };
}

export interface Story {
  tell(line: string): void;
  readonly lines: readonly string[];
}

export const spaceName = (space: number) => spaceId(`s${space}`);
export const spaceKeyOf = (space: number): SpaceKey => spaceKey(TENANT, spaceName(space));
export const deviceName = (device: number) => deviceId(`d${device}`);
export const userOf = (device: number) => userId(`u${device}`);

const ALL: Access = { role: 'editor', collections: new Map() };
const NARROWED: Access = { role: 'editor', collections: new Map([[collectionName('notes'), 'none']]) };
export const accessOf = (narrowed: boolean): Access => (narrowed ? NARROWED : ALL);

function limitsFor(plan: WorldPlan): Limits {
  return {
    ...DEFAULT_LIMITS,
    pageRecordsMax: plan.pageRecordsMax,
    offlineHorizonMs: plan.horizonMs,
    sendWindowBytesMax: 64 * 1024,
    historyPerRecordMax: 1_000,
    changesPerSecondMax: 200,
    sessionsPerDeviceMax: 8,
  };
}

export async function createWorld(plan: WorldPlan, telling: boolean): Promise<World> {
  const time = scheduler();
  const random = seededRandom(plan.seed).fork('world');
  const record = newRecord();
  const clock = { nowMs: () => time.nowMs() };
  const story = storyOf(time, telling);
  const store = observedStore(memoryStore(), record, (line) => story.tell(line));
  const { lossRate, delayMsMax, busLossRate, busRepeatRate } = plan;
  const world: World = {
    plan,
    time,
    random,
    record,
    store,
    tokens: memoryTokens(),
    devices: [],
    gateways: [],
    merges: [],
    deltas: [],
    weather: { lossRate, delayMsMax, busLossRate, busRepeatRate, busSilentUntilMs: 0, tokenMsMax: 150_000 },
    hidden: plan.devices.map(() => new Set<string>()),
    story,
    redis: { sessions: memorySessionRegistry({ clock }), rates: memoryRateLimits({ clock }) },
  };
  await furnish(world);
  const services = servicesOf(world);
  for (let i = 0; i < plan.gateways; i++) world.gateways.push(services.gateway(i));
  for (let i = 0; i < plan.merges; i++) world.merges.push(services.merge(i));
  for (let i = 0; i < plan.deltas; i++) world.deltas.push(services.delta(i));
  plan.devices.forEach((_, index) => (world.devices as Device[]).push(deviceOf(world, index)));
  return world;
}

async function furnish({ plan, store }: World): Promise<void> {
  const policies = policyRegistry(Object.values(CORE_POLICIES));
  const declare = declareCollection({ directory: store, policies });
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

/** How to start a process of each kind, again and again. */
export function servicesOf(world: World) {
  const { plan, time, store, weather } = world;
  const random = world.random.fork('services');
  const clock = { nowMs: () => time.nowMs() };
  const limits = limitsFor(plan);
  const policies = policyRegistry(Object.values(CORE_POLICIES));
  const announcements = busOf(world);
  const tolerate = tolerateWeather((what) => fail(world.record, 'fault', what));
  const shared = { store, announcements, clock, policies, limits, tolerate };
  const keys = hmacCursorKeys([{ id: 1, secret: new Uint8Array(32).fill(7) }]);
  let ids = 0;
  const chance = { id: () => `session-${++ids}`, fraction: () => random.fraction() };
  const start = (service: Service, index: number) => startProcess(`${service}${index}`, time, random, 8);
  const sharedCall = { time, random, weather: () => weather };

  return {
    merge: (index: number) => mergeProcess(start('merge', index), shared),
    delta: (index: number) => deltaProcess(start('delta', index), shared),
    gateway: (index: number): GatewayProcess =>
      gatewayProcess(start('gateway', index), {
        ...shared,
        chance,
        tokens: world.tokens,
        sessions: () => world.redis.sessions,
        rates: () => world.redis.rates,
        keys,
        push: async (from, push) => {
          const target = world.merges[hashOf(push.space) % world.merges.length] ?? null;
          const run = async () => {
            const result = await target!.push(push);
            if (result.kind === 'outcomes') noteOutcomes(world.record, push, result.outcomes);
            return result;
          };
          const result = await remoteCall(
            from,
            () => target?.process ?? null,
            sharedCall.time,
            random,
            sharedCall.weather,
            run,
          );
          return result;
        },
        read: async (from, space, reader, cursor) => {
          const alive = world.deltas.filter((delta) => delta !== null);
          if (alive.length === 0) throw new Unreachable('no delta service');
          const target = random.pick(alive);
          return remoteCall(
            from,
            () => target.process,
            sharedCall.time,
            random,
            sharedCall.weather,
            () => target.read(space, reader, cursor),
          );
        },
      }),
  };
}

const buses = new WeakMap<World, ReturnType<typeof unreliableBus>>();

function busOf(world: World): ReturnType<typeof unreliableBus> {
  let bus = buses.get(world);
  if (bus === undefined) {
    const { time, weather } = world;
    bus = unreliableBus(time, world.random.fork('bus'), () => ({
      lossRate: time.nowMs() < weather.busSilentUntilMs ? 1 : weather.busLossRate,
      repeatRate: weather.busRepeatRate,
      delayMsMax: weather.delayMsMax,
    }));
    buses.set(world, bus);
  }
  return bus;
}

function hashOf(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0;
  return hash;
}

function deviceOf(world: World, index: number): Device {
  const { plan, time, tokens } = world;
  const planned = plan.devices[index]!;
  const who = { device: deviceName(index), tenant: TENANT, user: userOf(index) };
  const random = world.random.fork(`device${index}`);
  const schemaVersions = new Map<CollectionName, number>([
    [collectionName('health'), planned.oldSchema ? 1 : 2],
  ]);
  const base = defaultConfig(who);
  const config = {
    ...base,
    capabilities: planned.capable ? CAPABILITIES : [],
    schemaVersions,
    limits: { ...DEFAULT_CLIENT_LIMITS, answerMsMax: 8_000, greetingMsMax: 8_000 },
  };
  let issued = 0;
  return startDevice(deviceName(index), planned.skewMs, {
    time,
    random,
    config,
    connect: (device, connection) => connect(world, device, connection),
    token() {
      const token = `token-${index}-${++issued}`;
      const expiresAtMs = time.nowMs() + random.between(5_000, world.weather.tokenMsMax);
      tokens.issue(token, { tenant: TENANT, user: userOf(index), expiresAtMs, grants: new Map() });
      return token;
    },
    observe: (device, notice) => observe(world, index, device, notice),
    stepped: (device, input) => stepped(world, index, device, input),
  });
}

/** A device finds some gateway, if there is one. */
function connect(world: World, device: Device, connection: number): void {
  const { time, random, weather } = world;
  time.after(random.between(1, weather.delayMsMax), () => {
    const alive = world.gateways.filter((gateway) => gateway !== null);
    if (alive.length === 0 || random.happens(weather.lossRate)) {
      device.input({ kind: 'connect-failed', connection });
      return;
    }
    const gateway = random.pick(alive);
    const link = openLink(time, random, () => weather, {
      onServer: (message) => session.receive(world.plan.encoded ? throughWire(message) : message),
      onDevice(sent) {
        const message = world.plan.encoded ? serverMessageThroughWire(sent) : sent;
        device.input({ kind: 'message', connection, message });
      },
      onRead: (bytes) => session.read(bytes),
      onServerCut: () => session.cut(),
      onDeviceCut: () => void device.input({ kind: 'disconnected', connection }),
    });
    const session = gateway.accept(link);
    gateway.process.onCrash(() => link.cut());
    device.onLink(connection, link);
    device.input({ kind: 'connected', connection });
  });
}

/** Whatever comes in, what a device holds is what the space held at its last checkpoint. */
function stepped(world: World, index: number, device: Device, input: Input): void {
  world.story.tell(`${device.name} ${inputText(input)}`);
  if (input.kind !== 'message' || (input.message.kind !== 'page' && input.message.kind !== 'outcomes'))
    return;
  const { space } = input.message;
  const key = spaceKey(TENANT, space);
  const held = device.engine().spaces.get(space);
  checkOwnWrites(world.record, key, device.name, device.engine(), space);
  if (held === undefined || held.mode === 'upload-only') return;
  checkCopy(
    world.record,
    key,
    device.name,
    held,
    held.version,
    world.plan.devices[index]!.scope,
    world.hidden[index]!,
  );
}

function observe(world: World, index: number, device: Device, notice: AppNotice): void {
  const { record, plan } = world;
  if (notice.kind === 'checkpoint') {
    record.checkpoints.devices++;
    const held = device.engine().spaces.get(notice.space)!;
    const key = spaceKey(TENANT, notice.space);
    checkOwnWrites(record, key, device.name, device.engine(), notice.space);
    checkCopy(
      record,
      key,
      device.name,
      held,
      notice.version,
      plan.devices[index]!.scope,
      world.hidden[index]!,
    );
  }
  if (notice.kind === 'digest-mismatch') {
    fail(
      record,
      '3',
      `${device.name} finds other digests than the server for ${notice.collections.join(', ')}`,
    );
  }
  if (notice.kind === 'answered') {
    const { change, status, version } = notice;
    const space = spaceKey(TENANT, notice.space);
    record.answers.push({ space, device: device.name, change, status, version });
    const edit = record.editOf.get(editKey(space, device.name, change.number));
    if (edit !== undefined) edit.told = { status, version };
  }
  if (notice.kind === 'renumbered') {
    const space = spaceKey(TENANT, notice.space);
    const moved = notice.numbers.map(({ from, to }) => {
      const key = editKey(space, device.name, from);
      const edit = record.editOf.get(key);
      record.editOf.delete(key);
      return { edit, to };
    });
    for (const { edit, to } of moved) {
      if (edit === undefined) continue;
      edit.number = to;
      record.editOf.set(editKey(space, device.name, to), edit);
    }
  }
  if (notice.kind !== 'records-changed') world.story.tell(`  ${device.name} tells ${noticeText(notice)}`);
}

function storyOf(time: Scheduler, telling: boolean): Story {
  const lines: string[] = [];
  const startMs = time.nowMs();
  return {
    lines,
    tell(line) {
      if (telling) lines.push(`${((time.nowMs() - startMs) / 1_000).toFixed(3).padStart(9)} s  ${line}`);
    },
  };
}

function inputText(input: Parameters<Device['input']>[0]): string {
  if (input.kind === 'message') return `gets ${briefly(input.message)}`;
  return briefly(input);
}

function noticeText(notice: AppNotice): string {
  return briefly(notice);
}

/** An object on one line, without payload bytes. */
export function briefly(value: object): string {
  const text = JSON.stringify(value, (name, field: unknown) => {
    if (field instanceof Uint8Array)
      return name === 'cursor' ? '…' : Buffer.from(field).toString('utf8').slice(0, 60);
    if (field instanceof Map) return field.size > 4 ? `${field.size} entries` : [...field];
    return field;
  });
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
