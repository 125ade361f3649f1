import {
  type AppNotice,
  DEFAULT_CLIENT_LIMITS,
  defaultConfig,
  type Input,
  type Space,
} from '@syncline/client';
import {
  type Capability,
  SERVED_CAPABILITIES,
  collectionName,
  type CollectionName,
  type SpaceId,
  spaceKey,
} from '@syncline/core';
import { CRDT_ENGINES, OT_TYPES } from '@syncline/policies';
import { serverMessageThroughWire, throughWire } from '@syncline/wire';
import { checkCopy } from './checks/copies';
import { GROUP_JUDGED_MAX } from './checks/decided';
import { checkOwnWrites } from './checks/own-writes';
import { checkVector } from './checks/vectors';
import { type Device, startDevice } from './device-process';
import { deviceName, TENANT, userOf } from './names';
import { NEW_SHAPE, OLD_SHAPE, PEOPLE } from './people';
import type { DevicePlan } from './plan';
import { editKey, fail } from './record';
import { briefly } from './story';
import { openLink } from './wire-link';
import type { World } from './world';

export function deviceOf(world: World, index: number): Device {
  const { plan, time, tokens } = world;
  const planned = plan.devices[index]!;
  const who = { device: deviceName(index), tenant: TENANT, user: userOf(index) };
  const random = world.random.fork(`device${index}`);
  const schemaVersions = new Map<CollectionName, number>([
    [collectionName('health'), planned.oldSchema ? 1 : 2],
    [collectionName(PEOPLE), planned.oldSchema ? OLD_SHAPE : NEW_SHAPE],
  ]);
  const base = defaultConfig(who);
  const config = {
    ...base,
    capabilities: capabilitiesOf(planned),
    dataTypes: planned.capable ? { engines: CRDT_ENGINES, types: OT_TYPES } : base.dataTypes,
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
    wrong: (promise, what) => fail(world.record, promise, what),
    observe: (device, notice) => observe(world, index, device, notice),
    stepped: (device, input) => stepped(world, index, device, input),
  });
}

/** One that knows data types may yet get nothing but whole records of them. */
function capabilitiesOf({ capable, takesOperations }: DevicePlan): readonly Capability[] {
  if (!capable) return [];
  return takesOperations ? SERVED_CAPABILITIES : SERVED_CAPABILITIES.filter((name) => name !== 'operations');
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
  // Who was started over for a change of access may not have heard of it; who only uploaded for a while held nothing.
  const follows = world.hidden[index]!.size === 0 && world.terms[index]!.size === 0;
  if (follows) checkReset(world, device, input);
  noteOnline(world, device);
  if (input.kind !== 'message' || (input.message.kind !== 'page' && input.message.kind !== 'outcomes'))
    return;
  const { space } = input.message;
  checkOwnWrites(world.record, spaceKey(TENANT, space), device.name, device.engine(), space);
  const held = device.engine().spaces.get(space);
  if (held !== undefined) checkHeld(world, index, device, held);
}

function checkHeld(world: World, index: number, device: Device, held: Space): void {
  const { record, terms, hidden, plan } = world;
  const changed = terms[index]!.get(held.id);
  if (held.mode === 'upload-only' || changed?.shown === false) return;
  const scope = changed?.scope ?? plan.devices[index]!.scope;
  checkCopy(record, spaceKey(TENANT, held.id), device.name, held, held.version, scope, hidden[index]!);
}

const LAST_SEEN_MS = 8_000;

/** Promise 7: only who was away for longer than the horizon is told that it was away for too long. */
function checkReset({ record, plan, time }: World, device: Device, input: Input): void {
  if (input.kind !== 'message' || input.message.kind !== 'reset') return;
  const { space, refusal } = input.message;
  const seen = record.online.get(`${space}\n${device.name}`);
  if (refusal.reason !== 'CURSOR_TOO_OLD' || seen === undefined) return;
  const awayMs = seen.now ? 0 : time.nowMs() - seen.atMs;
  if (awayMs + LAST_SEEN_MS > plan.horizonMs) return;
  fail(record, '7', `${device.name} has to start over in ${space} after ${awayMs} ms away`);
}

function noteOnline({ record, time }: World, device: Device): void {
  const { spaces, connection } = device.engine();
  for (const { id, link, mode } of spaces.values()) {
    const key = `${id}\n${device.name}`;
    const online = connection.status === 'open' && link.phase === 'subscribed' && link.caughtUp;
    const before = record.online.get(key);
    if (online && mode !== 'upload-only' && mode !== 'check-only')
      record.online.set(key, { now: true, atMs: time.nowMs() });
    else if (before?.now === true) record.online.set(key, { now: false, atMs: time.nowMs() });
  }
}

function observe(world: World, index: number, device: Device, notice: AppNotice): void {
  const { record } = world;
  if (notice.kind === 'checkpoint') reached(world, index, device, notice.space);
  if (notice.kind === 'digest-mismatch') {
    const names = notice.collections.join(', ');
    fail(record, '3', `${device.name} finds other digests than the server for ${names}`);
  }
  if (notice.kind === 'answered') {
    const { change, status, version } = notice;
    const space = spaceKey(TENANT, notice.space);
    record.answers.push({ space, device: device.name, change, status, version });
    const edit = record.editOf.get(editKey(space, device.name, change.number));
    if (edit !== undefined) edit.told = { status, version };
  }
  if (notice.kind === 'pace') {
    const { changesRemaining, pushChangesMax } = notice.pace;
    if (Math.min(changesRemaining, pushChangesMax) < GROUP_JUDGED_MAX) record.hurried.add(device.name);
  }
  if (notice.kind === 'renumbered') renumbered(world, device, notice);
  if (notice.kind !== 'records-changed') world.story.tell(`  ${device.name} tells ${briefly(notice)}`);
}

function reached(world: World, index: number, device: Device, space: SpaceId): void {
  const { record, terms } = world;
  record.checkpoints.devices++;
  const held = device.engine().spaces.get(space)!;
  const changed = terms[index]!.get(space);
  if (changed !== undefined) changed.shown = true;
  const key = spaceKey(TENANT, space);
  checkOwnWrites(record, key, device.name, device.engine(), space);
  checkHeld(world, index, device, held);
  checkVector(record, key, device.name, held);
}

function renumbered({ record }: World, device: Device, notice: AppNotice & { kind: 'renumbered' }): void {
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

function inputText(input: Input): string {
  return input.kind === 'message' ? `gets ${briefly(input.message)}` : briefly(input);
}
