import { collectionName, encodeUtf8, recordId } from '@syncline/core';
import { deviceName, spaceKeyOf, spaceName } from '../names';
import { fail } from '../record';
import type { World } from '../world';

const PAUSE_MS = 10_000;
const SPACE = 0;

/**
 * Promise 9: coming back costs what has changed in the meantime. Where nothing has, no record is read at all; else no
 * more records than there were versions.
 */
export async function checkCost(world: World): Promise<void> {
  const { record, time, store } = world;
  const device = world.devices[0]!;
  for (const edits of [0, 4]) {
    await time.runUntil(time.nowMs() + 3 * PAUSE_MS);
    // Not for as long as the shortest horizon, or it would have to start over.
    device.input({ kind: 'go-offline' });
    await time.runUntil(time.nowMs() + PAUSE_MS / 2);
    const { head } = (await store.state(spaceKeyOf(SPACE)))!;
    for (let value = 0; value < edits; value++) writeAnother(world, value);
    await time.runUntil(time.nowMs() + PAUSE_MS);
    const versions = (await store.state(spaceKeyOf(SPACE)))!.head - head;
    const before = rowsRead(world);
    device.input({ kind: 'go-online' });
    await time.runUntil(time.nowMs() + PAUSE_MS);
    const read = rowsRead(world) - before;
    if (read > versions) fail(record, '9', `coming back after ${versions} versions read ${read} records`);
  }
}

/** Whatever a store can be asked for rows by. */
function rowsRead({ record }: World): number {
  return ['changes', 'range', 'records'].reduce((sum, name) => sum + (record.reads.get(name)?.rows ?? 0), 0);
}

const TRIES = 3;

/**
 * In a calm world a change reaches those who watch without anything being read for them. A look at the heads may
 * come before the announcement, so one read proves nothing; three in a row do.
 */
export async function checkLive(world: World): Promise<void> {
  const { record, time, weather, store, plan } = world;
  weather.delayMsMax = 1;
  let always: Set<string> | null = null;
  for (let round = 0; round < TRIES; round++) {
    await time.runUntil(time.nowMs() + PAUSE_MS + 700 * round);
    const begun = record.readers.length;
    writeAnother(world, round);
    await time.runUntil(time.nowMs() + PAUSE_MS);
    const read = new Set(
      record.readers
        .slice(begun)
        .filter(({ space }) => space === spaceKeyOf(SPACE))
        .map(({ device }): string => device),
    );
    const before: Set<string> = always ?? read;
    always = new Set([...read].filter((device) => before.has(device)));
  }
  plan.devices.forEach(({ capable, scope, mode, spaces }, index) => {
    const plain = capable && scope === 'whole' && mode !== 'upload-only' && spaces.includes(SPACE);
    const name = deviceName(index);
    if (plain && always!.has(name)) fail(record, '9', `${name} reads each change that it could be told live`);
  });
  for (const { space, announced, head } of await store.unannounced(100))
    fail(record, '9', `${space} was announced up to ${announced} and stands at ${head}`);
}

/** Some other device that writes to the first space makes a record. */
function writeAnother({ plan, devices, time }: World, value: number): void {
  const index = plan.devices.findIndex(
    ({ spaces, mode }, at) => at > 0 && spaces.includes(SPACE) && mode === 'bidirectional',
  );
  const edit = {
    kind: 'create',
    collection: collectionName('notes'),
    id: recordId(`cost-${time.nowMs()}-${value}`),
    payload: encodeUtf8('{}'),
  } as const;
  devices[index]?.input({ kind: 'change', space: spaceName(SPACE), edits: [edit] });
}
