import type { Space } from '@syncline/client';
import type { SpaceKey } from '@syncline/core';
import { fail, type WorldRecord } from '../record';

/**
 * The vector clock of a checkpoint names, for each device, the last of its changes that took effect by then, or a later
 * one that was decided by then. A batch counts from its first version on. What wrote nothing may be known before the
 * version that follows, and live updates pass over it.
 */
export function checkVector(record: WorldRecord, space: SpaceKey, device: string, held: Space): void {
  const least = new Map<string, number>();
  const most = new Map<string, number>();
  for (const { space: where, device: by, number, from, wrote } of record.decisions) {
    if (where !== space) continue;
    if (from < held.version && wrote.length > 0) least.set(by, Math.max(least.get(by) ?? 0, number));
    if (from <= held.version) most.set(by, Math.max(most.get(by) ?? 0, number));
  }
  for (const by of new Set([...least.keys(), ...held.vector.keys()])) {
    const known = held.vector.get(by as never) ?? 0;
    const [from, to] = [least.get(by) ?? 0, most.get(by) ?? 0];
    if (known >= from && known <= to) continue;
    const due = from === to ? `${from}` : `${from} to ${to}`;
    fail(record, '3', `${device} at ${held.version} counts ${known} changes of ${by}, where ${due} are due`);
  }
}
