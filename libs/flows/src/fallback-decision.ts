import {
  CORE_POLICIES,
  type DeviceId,
  type FallbackPolicy,
  type HlcTime,
  type Policy,
  type Side,
} from '@syncline/core';
import type { Contents } from './conflict-told';
import type { Met } from './decide-in-ledger';

/** Whose time is not known any more counts as later than any change, as it does when a change meets it. */
const UNKNOWN = { time: Number.MAX_SAFE_INTEGER as HlcTime, device: '' as DeviceId, number: 0 } as const;

/** What the policy says that a collection declares for when its resolver does not answer. */
export function fallbackDecision(
  name: FallbackPolicy,
  { entry, stands }: Met,
  incoming: NonNullable<Contents['incoming']> | null,
): { readonly take: 'stored' | 'incoming'; readonly why: string } {
  const policy: Policy = CORE_POLICIES[name];
  const rule = policy.parseRule(null);
  const { time, device, number } = entry.incoming;
  const sides = {
    stored: sideOf(stands ?? UNKNOWN, stands?.payload ?? null),
    incoming: sideOf(
      { time: time ?? UNKNOWN.time, device: device ?? UNKNOWN.device, number: number ?? UNKNOWN.number },
      incoming,
    ),
  };
  const kind = entry.kind === 'SCHEMA' ? 'UPDATE_UPDATE' : entry.kind;
  const { take, why } = policy.resolve({ kind, base: null, ...sides, rule: rule.ok ? rule.rule : null });
  return { take: take === 'incoming' ? 'incoming' : 'stored', why };
}

function sideOf(
  { time, device, number }: Pick<Side, 'time' | 'device' | 'number'>,
  payload: Uint8Array | null,
): Side {
  return { time, device, number, deleted: payload === null, payload, meta: null };
}
