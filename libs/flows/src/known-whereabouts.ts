import { type DeviceId, type Moments, reachedAtMs, reachedUpTo, type Version } from '@syncline/core';
import type { WhereaboutsAnswer } from '@syncline/ports';

/** What the answers of all gateways say together. Moments are in milliseconds, 0 for not yet or not known. */
export interface KnownWhereabouts {
  /** By any device but the author's. */
  readonly sentUpTo: Version;
  announcedAtMs(version: Version): number;
  of(device: DeviceId): DeviceWhereabouts;
}

export interface DeviceWhereabouts {
  readonly sentUpTo: Version;
  readonly sentAtMs: (version: Version) => number;
  readonly storedAtMs: (version: Version) => number;
}

export function knownWhereabouts(answers: readonly WhereaboutsAnswer[]): KnownWhereabouts {
  const announced = answers.flatMap((answer) => answer.announced ?? []);
  const trails = answers.flatMap(({ devices }) => devices);
  return {
    sentUpTo: Math.max(0, ...answers.map(({ sentUpTo }) => sentUpTo)),
    announcedAtMs: (version) => firstMs(announced, version),
    of(device) {
      const own = trails.filter((each) => each.device === device);
      const sent = own.map(({ trail }) => trail.sent);
      const stored = own.map(({ trail }) => trail.stored);
      return {
        sentUpTo: Math.max(0, ...sent.map(reachedUpTo)),
        sentAtMs: (version) => firstMs(sent, version),
        storedAtMs: (version) => firstMs(stored, version),
      };
    },
  };
}

/** A device may have been on several gateways, and the first of them counts. */
function firstMs(all: readonly Moments[], version: Version): number {
  const known = all.flatMap((moments) => reachedAtMs(moments, version) ?? []);
  return known.length === 0 ? 0 : Math.min(...known);
}
