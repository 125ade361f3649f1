import { copyRecord, type Edit as EngineEdit, type RecordRef, viewRecord } from '@syncline/client';
import {
  type CollectionName,
  collectionName,
  covers,
  decodeUtf8,
  decodeLedger,
  isMovable,
  type RecordId,
  recordId,
  recordKey,
  type Scope,
  type SpaceId,
  undeclaredRules,
} from '@syncline/core';
import { declareCollection } from '@syncline/flows';
import { memoryRateLimits, memorySessionRegistry } from '@syncline/memory';
import type { Device } from './device-process';
import { patchFor, payloadFor, POLICIES, scopeFor } from './fixtures';
import { type Action, COLLECTIONS, type EditPlan, KEEPING, type WorldCollection } from './plan';
import { isKeeping, keepingEdit, type Made } from './keeping-edits';
import { PEOPLE, personEdit } from './people';
import { decideAsPerson } from './persons';
import { type Edit, editKey, type Written } from './record';
import { spaceKeyOf, spaceName, TENANT, userOf } from './names';
import { accessOf, type World } from './world';

/** Carries out one planned action. */
export function act(world: World, action: Action): void {
  world.story.tell(`ACTION ${JSON.stringify(action)}`);
  const device = 'device' in action ? world.devices[action.device]! : null;
  switch (action.kind) {
    case 'edit':
      return makeEdits(world, device!, action.space, action.edits);
    case 'offline':
      return void device!.input({ kind: 'go-offline' });
    case 'online':
      return void device!.input({ kind: 'go-online' });
    case 'cut':
      return device!.cut();
    case 'crash-device':
      return device!.crash(world.random.below(4));
    case 'stall':
      return device!.stall(true);
    case 'unstall':
      return device!.stall(false);
    case 'expire-token':
      return expireToken(world, action.device);
    case 'skew':
      return device!.setSkew(action.skewMs);
    case 'crash':
      return crashService(world, action);
    case 'drain':
      return world.gateways[action.index % world.gateways.length]?.drain();
    case 'silence-bus':
      world.weather.busSilentUntilMs = world.time.nowMs() + action.forMs;
      return;
    case 'flush-redis': {
      const clock = { nowMs: () => world.time.nowMs() };
      world.redis = { sessions: memorySessionRegistry({ clock }), rates: memoryRateLimits({ clock }) };
      return;
    }
    case 'declare':
      return redeclare(world, action.space, action.policy);
    case 'new-epoch':
      return void world.store.newEpoch(spaceKeyOf(action.space));
    case 'narrow':
    case 'widen':
      return setAccess(world, action.device, action.space, action.kind === 'narrow');
    case 'follow':
      return void follow(world, action);
    case 'leave':
    case 'join':
      if (action.kind === 'leave') hideAll(world, action.device);
      return void world.store.setAccess(
        spaceKeyOf(action.space),
        userOf(action.device),
        action.kind === 'leave' ? null : accessOf(false),
      );
    case 'decide':
      return void decideAsPerson(world, action);
    case 'resolve':
      return resolveOpen(world, device!, action.space);
    case 'retry-failed': {
      const failed = device!.engine().spaces.get(spaceName(action.space))?.failed.keys().next().value;
      if (failed !== undefined) retry(world, device!, action.space, failed);
      return;
    }
  }
}

/** The device comes to hold a token that has just ended. */
export function expireToken(world: World, device: number): void {
  const token = `ended-${device}`;
  world.tokens.issue(token, {
    tenant: TENANT,
    user: userOf(device),
    expiresAtMs: world.time.nowMs(),
    grants: new Map(),
  });
  world.devices[device]!.input({ kind: 'token', token });
}

function crashService(world: World, action: Action & { kind: 'crash' }): void {
  const running = { gateway: world.gateways, merge: world.merges, delta: world.deltas }[action.service];
  const index = action.index % running.length;
  const victim = running[index];
  if (victim === null || victim === undefined) return;
  victim.process.crash();
  running[index] = null;
  world.time.after(action.downMs, () => restart(world, action.service, index));
}

export function restart(world: World, service: 'gateway' | 'merge' | 'delta', index: number): void {
  const start = world.services;
  if (service === 'gateway') world.gateways[index] ??= start.gateway(index);
  else if (service === 'merge') world.merges[index] ??= start.merge(index);
  else world.deltas[index] ??= start.delta(index);
}

function redeclare(world: World, space: number, policy: string): void {
  const declare = declareCollection({ directory: world.store, policies: POLICIES });
  void declare(spaceKeyOf(space), { ...undeclaredRules(collectionName('shifting')), json: true, policy });
}

export function setAccess(world: World, device: number, space: number, narrowed: boolean): void {
  if (narrowed) world.hidden[device]!.add('notes');
  void world.store.setAccess(spaceKeyOf(space), userOf(device), accessOf(narrowed));
}

/** Nothing may be read any more, and then all at once again. */
function hideAll(world: World, device: number): void {
  for (const collection of [...COLLECTIONS, ...KEEPING, 'sys.conflicts'])
    world.hidden[device]!.add(collection);
}

/** False where the device is down. */
export function follow(world: World, { device, space, scope, mode }: Action & { kind: 'follow' }): boolean {
  const name = spaceName(space);
  const terms = world.terms[device]!;
  const before = terms.get(name);
  terms.set(name, { scope, shown: false });
  const result = world.devices[device]!.input({ kind: 'follow', space: name, scope: scopeFor(scope), mode });
  if (result !== null) {
    world.record.moved.add(world.devices[device]!.name);
    return true;
  }
  // It goes on as before.
  if (before === undefined) terms.delete(name);
  else terms.set(name, before);
  return false;
}

function makeEdits(world: World, device: Device, space: number, planned: readonly EditPlan[]): void {
  const made = planned.map((plan) => editOf(world, device, space, plan)).filter((edit) => edit !== null);
  // One record twice in one command would be made on a view that the first has not changed yet.
  const once = [
    ...new Map(made.map((edit) => [`${edit.engine.collection}/${edit.engine.id}`, edit])).values(),
  ];
  if (once.length > 0) command(world, device, space, once);
}

/** The copy shows a record as of its checkpoint; where only answers keep the copy, as of the answer. */
function seenVersion(device: Device, space: SpaceId, { collection, id }: RecordRef): number {
  const held = device.engine().spaces.get(space);
  if (held === undefined) return 0;
  return Math.max(held.version, copyRecord(held.copy, collection, id)?.version ?? 0);
}

function command(world: World, device: Device, space: number, edits: readonly Made[]): void {
  const name = spaceName(space);
  const seen = edits.map(({ engine }) => seenVersion(device, name, engine));
  const viewed = edits.map(({ engine }) => viewOf(device, name, engine));
  const saw = edits.map(({ engine }) => replacedBy(world, device, space, engine));
  const result = device.input({ kind: 'change', space: name, edits: edits.map(({ engine }) => engine) });
  if (result === null || result.refused !== null) return;
  const group = world.record.edits.length;
  result.numbers.forEach((number, index) => {
    const { engine, increment, letters = null } = edits[index]!;
    note(world, {
      device: device.name,
      space: spaceKeyOf(space),
      number,
      group,
      viewed: viewed[index]!,
      collection: engine.collection,
      id: engine.id,
      kind: engine.kind,
      payload: 'payload' in engine ? engine.payload : null,
      increment,
      saw: saw[index]!,
      letters,
      seenVersion: seen[index]!,
      answered: null,
      told: null,
      retried: false,
    });
  });
}

function note({ record }: World, edit: Edit): void {
  record.edits.push(edit);
  record.editOf.set(editKey(edit.space, edit.device, edit.number), edit);
}

function viewOf(device: Device, space: SpaceId, { collection, id }: RecordRef): Uint8Array | null {
  return viewRecord(device.engine(), space, collection, id)?.payload ?? null;
}

/** The contents that an edit replaces: those that it names, or all that are shown. */
function replacedBy(
  { record }: World,
  device: Device,
  space: number,
  { collection, id, seen = [] }: EngineEdit,
): readonly Written[] {
  const dots = seen.length > 0 ? seen : shownBy(device, spaceName(space), collection, id);
  return dots.map(
    (dot) =>
      record.editOf.get(editKey(spaceKeyOf(space), dot.device, dot.number)) ?? `${dot.device} ${dot.number}`,
  );
}

function shownBy(
  device: Device,
  space: SpaceId,
  collection: CollectionName,
  id: RecordId,
): readonly { readonly device: string; readonly number: number }[] {
  const held = device.engine().spaces.get(space);
  const view = viewRecord(device.engine(), space, collection, id);
  if (held === undefined) return [];
  if (view?.kept?.kind === 'siblings') return view.kept.siblings;
  const own = held.overlays.get(recordKey(collection, id))?.last?.number;
  // What it has deleted itself, it knows of as well.
  if (view === null) return own === undefined ? [] : [{ device: device.name, number: own }];
  return [{ device: view.device, number: own ?? copyRecord(held.copy, collection, id)!.number }];
}

function editOf(world: World, device: Device, space: number, plan: EditPlan): Made | null {
  const collection = plan.collection as WorldCollection;
  const name = collectionName(collection);
  const id: RecordId = recordId(`r${plan.record}`);
  const view = viewRecord(device.engine(), spaceName(space), name, id);
  const { capable, oldSchema } = world.plan.devices[world.devices.indexOf(device)]!;
  if (collection === PEOPLE) return personEdit(id, view, plan, oldSchema);
  if (isKeeping(collection)) {
    return keepingEdit(world.record, { collection, id, capable, view }, plan);
  }
  // Who cannot see a tally cannot add to it.
  const changed = world.terms[world.devices.indexOf(device)]?.get(spaceName(space));
  if (collection === 'tallies' && changed?.shown === false) return null;
  if (collection === 'tallies' && !seesTallies(device.engine().spaces.get(spaceName(space))?.scope, id))
    return null;
  const increment = collection === 'tallies' ? (plan.value % 9) + 1 : 0;
  const tally = collection === 'tallies' ? tallyOf(view?.payload) + increment : 0;
  const act = plan.act === 'delete' && collection === 'tallies' ? 'put' : plan.act;
  if (view === null) {
    if (act !== 'put') return null;
    return {
      engine: { kind: 'create', collection: name, id, payload: payloadFor(collection, plan.value, tally) },
      increment,
    };
  }
  if (act === 'delete') return { engine: { kind: 'delete', collection: name, id }, increment: 0 };
  if (act === 'patch' && collection !== 'vault') {
    return {
      engine: { kind: 'patch', collection: name, id, patch: patchFor(collection, plan.value, tally) },
      increment,
    };
  }
  return {
    engine: { kind: 'update', collection: name, id, payload: payloadFor(collection, plan.value, tally) },
    increment,
  };
}

function seesTallies(scope: Scope | undefined, id: RecordId): boolean {
  return scope !== undefined && covers(scope, collectionName('tallies'), id) && !isMovable(scope);
}

function tallyOf(payload: Uint8Array | undefined): number {
  if (payload === undefined) return 0;
  return (JSON.parse(decodeUtf8(payload)) as { count: number }).count;
}

/** Settles the first open conflict that the device can see, by an ordinary change that names it. */
function resolveOpen(world: World, device: Device, space: number): void {
  const ledger = device
    .engine()
    .spaces.get(spaceName(space))
    ?.copy.collections.get(collectionName('sys.conflicts'));
  for (const [conflict, { image }] of ledger ?? []) {
    const entry = decodeLedger(image.payload);
    if (entry === null || entry.state !== 'open') continue;
    const view = viewRecord(device.engine(), spaceName(space), entry.collection, entry.id);
    if (view === null || entry.collection === 'tallies') continue;
    const edit = {
      kind: 'update',
      collection: entry.collection,
      id: entry.id,
      payload: view.payload,
      // Those of other records it must not settle.
      resolves: [conflict, ...[...ledger!.keys()].filter((other) => other !== conflict).slice(0, 3)],
    } as const;
    command(world, device, space, [{ engine: edit, increment: 0 }]);
    return;
  }
}

function retry(world: World, device: Device, space: number, failed: number): void {
  const name = spaceName(space);
  const change = device.engine().spaces.get(name)?.failed.get(failed)?.change;
  const seen = change === undefined ? 0 : seenVersion(device, name, change);
  const viewed = change === undefined ? null : viewOf(device, name, change);
  const saw = change === undefined ? [] : replacedBy(world, device, space, change);
  const result = device.input({ kind: 'retry-failed', space: name, failed });
  const number = result?.numbers[0];
  if (result === null || result.refused !== null || number === undefined || change === undefined) return;
  const failedEdit = world.record.edits.findLast(
    (edit) =>
      edit.space === spaceKeyOf(space) && edit.device === device.name && edit.number === change.number,
  );
  if (failedEdit !== undefined) failedEdit.retried = true;
  note(world, {
    device: device.name,
    space: spaceKeyOf(space),
    number,
    group: world.record.edits.length,
    viewed,
    collection: change.collection,
    id: change.id,
    kind: change.kind,
    payload: 'payload' in change ? change.payload : null,
    increment: 0,
    saw,
    // Where they come to lie now, nobody can tell.
    letters: null,
    seenVersion: seen,
    answered: null,
    told: null,
    retried: false,
  });
}
